import type { Person } from "../components/directory/model";
import type { Organisation, RosterEntry } from "./organisation";
import { isHostName, KUBERNETES_NAME, PLAIN_TEXT } from "./forms";
import { plainLetters } from "./letters";
import { didYouMean, nearest, type Problem } from "./problem";

const PEOPLE_FILE = "the stack's people.ts";

/** `first.last` in lower case and plain letters, as far as there is a rule for the letters (`plainLetters`). */
export function localPart(entry: Pick<RosterEntry, "first" | "last">): string {
  return plainLetters(`${entry.first}.${entry.last}`)
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/\.?\s+/g, "-");
}

/** The address of a person: the staff rule, unless the roster gives one. */
export function emailOf(entry: RosterEntry, staffDomain: string): string {
  return entry.email ?? `${localPart(entry)}@${staffDomain}`;
}

/** The people of an organisation, and everything that is wrong with the roster. */
export function readRoster(organisation: Organisation): { people: Person[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const groupNames = organisation.groups.map((group) => group.name);
  const people = organisation.people.map((entry) => readPerson(entry, organisation, groupNames, problems));

  if (!isHostName(organisation.staffDomain)) {
    problems.push({
      key: "staffDomain",
      value: organisation.staffDomain,
      expected: "a domain in lower case, e.g. plana.solutions",
      mend: "correct it in the stack's index.ts",
    });
  }
  // A group's name stands in Kubernetes names, in claims, and in rules of the consumers.
  for (const name of groupNames.filter((one) => !KUBERNETES_NAME.test(one))) {
    problems.push({
      key: `groups: ${name}`,
      value: name,
      expected: "a name of lower-case letters, digits and dashes, at most 63 characters",
      mend: "correct it in the stack's groups.ts",
    });
  }
  for (const [role, groups] of Object.entries(organisation.roles)) {
    for (const group of groups) {
      if (!groupNames.includes(group)) {
        problems.push(unknownGroup(`roles: ${role}`, group, groupNames, "the stack's groups.ts"));
      }
    }
  }
  for (const special of [organisation.staffGroup, organisation.adminGroup]) {
    if (!groupNames.includes(special)) {
      problems.push(unknownGroup("groups", special, groupNames, "the stack's groups.ts"));
    }
  }
  // The cluster-wide binding has its name, and would meet the one that every cluster has.
  if (organisation.adminGroup === "cluster-admin" || organisation.adminGroup.startsWith("system:")) {
    problems.push({
      key: "adminGroup",
      value: organisation.adminGroup,
      expected: "another name than cluster-admin and system:…, which Kubernetes has for bindings of its own",
      mend: "rename the group in the stack's groups.ts and index.ts",
    });
  }
  problems.push(...checkParents(organisation, groupNames));
  for (const name of duplicates(groupNames)) {
    problems.push({
      key: `groups: ${name}`,
      value: name,
      expected: "one group of that name",
      mend: "remove one",
    });
  }
  // Two people with one address would be one user; Google would link either to the other's account.
  for (const email of duplicates(people.map((person) => person.email))) {
    const names = people.filter((person) => person.email === email).map((person) => person.name);
    problems.push({
      key: `people: ${names.join(" and ")}`,
      value: email,
      expected: "an address of their own for each person",
      mend: `give one of them an \`email\` in ${PEOPLE_FILE}`,
    });
  }
  for (const id of duplicates(organisation.people.flatMap(({ existingId }) => existingId ?? []))) {
    problems.push({
      key: "people: existingId",
      value: String(id),
      expected: "an id of its own for each person",
      mend: `correct it in ${PEOPLE_FILE}`,
    });
  }
  return { people, problems };
}

/** A parent must be a group of the program, and none may come back to itself. */
function checkParents({ groups }: Organisation, groupNames: readonly string[]): Problem[] {
  const file = "the stack's groups.ts";
  const parents = new Map(groups.map((group) => [group.name, group.parents ?? []]));
  return groups.flatMap(({ name, parents: own = [] }) => {
    const key = `groups: ${name}`;
    const above = new Set(own);
    for (const group of above) for (const parent of parents.get(group) ?? []) above.add(parent);
    if (above.has(name)) {
      const expected = "parents that are not below the group itself";
      return [{ key, value: own.join(", "), expected, mend: `correct it in ${file}` }];
    }
    return own
      .filter((parent) => !groupNames.includes(parent))
      .map((parent) => unknownGroup(key, parent, groupNames, file));
  });
}

function readPerson(
  entry: RosterEntry,
  organisation: Organisation,
  groupNames: readonly string[],
  problems: Problem[],
): Person {
  const email = emailOf(entry, organisation.staffDomain);
  const name = entry.displayName ?? `${entry.first} ${entry.last}`;
  const key = `people: ${name}`;
  if (![entry.first, entry.last, name].every((text) => PLAIN_TEXT.test(text))) {
    problems.push({
      key,
      value: name,
      expected: "a first and a last name, and a name to show, of visible characters on one line",
      mend: `correct them in ${PEOPLE_FILE}`,
    });
  }
  const [username = "", domain, ...rest] = email.split("@");
  if (domain !== organisation.staffDomain || rest.length > 0) {
    problems.push({
      key,
      value: email,
      expected: `an address at ${organisation.staffDomain}: only staff log in here`,
      mend: `correct \`email\` in ${PEOPLE_FILE}`,
    });
  } else if (!/^[a-z0-9]+(?:[.'-][a-z0-9]+)*$/.test(username)) {
    problems.push({
      key,
      value: email,
      expected: "an address of plain lower-case letters, digits, dots and dashes",
      mend: `give \`email\` in ${PEOPLE_FILE}`,
    });
  } else if (username === "akadmin" || username.startsWith("ak-")) {
    problems.push({
      key,
      value: email,
      expected: "another name than akadmin and ak-…: Authentik's own accounts are called so",
      mend: `give another \`email\` in ${PEOPLE_FILE}`,
    });
  } else if (username.length > 64 || email.length > 254) {
    problems.push({
      key,
      value: email,
      expected: "an address of at most 64 characters before the @, and 254 in all",
      mend: `give a shorter \`email\` in ${PEOPLE_FILE}`,
    });
  }
  const groups = new Set([organisation.staffGroup]);
  for (const role of entry.roles ?? []) {
    const granted = Object.hasOwn(organisation.roles, role) ? organisation.roles[role] : undefined;
    if (!granted) {
      const guess = nearest(role, Object.keys(organisation.roles));
      problems.push({
        key,
        value: role,
        expected: `a role of groups.ts${didYouMean(guess)}`,
        mend: `correct \`roles\` in ${PEOPLE_FILE}, or define the role`,
      });
    }
    for (const group of granted ?? []) groups.add(group);
  }
  for (const group of entry.groups ?? []) {
    if (!groupNames.includes(group)) problems.push(unknownGroup(key, group, groupNames, PEOPLE_FILE));
    groups.add(group);
  }
  const active = !entry.leaving;
  // In the order in which the groups are defined, so that reordering roles is no difference.
  const ordered = groupNames.filter((group) => groups.has(group));
  return { username, name, email, groups: active ? ordered : [], active, attributes: entry.attributes };
}

function unknownGroup(key: string, group: string, groupNames: readonly string[], file: string): Problem {
  const guess = nearest(group, groupNames);
  return {
    key,
    value: group,
    expected: `one of the groups ${groupNames.join(", ")}${didYouMean(guess)}`,
    mend: `correct it in ${file}, or define the group in groups.ts`,
  };
}

/** Values that stand more than once, each named once. */
export function duplicates<T>(values: readonly T[]): T[] {
  const seen = new Set<T>();
  const again = values.filter((value) => {
    const known = seen.has(value);
    seen.add(value);
    return known;
  });
  return [...new Set(again)];
}
