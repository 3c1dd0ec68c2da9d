import type { Person } from "../components/directory/model";
import type { Organisation, RosterEntry } from "./organisation";
import { isHostName, KUBERNETES_NAME, PLAIN_TEXT } from "./forms";
import { plainLetters } from "./letters";
import { didYouMean, nearest, type Problem } from "./problem";

const PEOPLE_FILE = "the stack's people.ts";

const GROUPS_FILE = "the stack's groups.ts";

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
  const { staffDomain, staffGroup, adminGroup, roles } = organisation;
  const problems: Problem[] = [];
  const wrong = (key: string, value: string, expected: string, mend: string) =>
    problems.push({ key, value, expected, mend });
  const groupNames = organisation.groups.map((group) => group.name);
  const people = organisation.people.map((entry) => readPerson(entry, organisation, groupNames, problems));

  if (!isHostName(staffDomain)) {
    wrong(
      "staffDomain",
      staffDomain,
      "a domain in lower case, e.g. plana.solutions",
      "correct it in the stack's index.ts",
    );
  }
  // A group's name stands in Kubernetes names, in claims, and in rules of the consumers.
  for (const name of groupNames.filter((one) => !KUBERNETES_NAME.test(one))) {
    wrong(
      `groups: ${name}`,
      name,
      "a name of lower-case letters, digits and dashes, at most 63 characters",
      `correct it in ${GROUPS_FILE}`,
    );
  }
  const named = [
    ...Object.entries(roles).flatMap(([role, groups]) =>
      groups.map((group) => [`roles: ${role}`, group] as const),
    ),
    ...[staffGroup, adminGroup].map((group) => ["groups", group] as const),
  ];
  for (const [key, group] of named)
    if (!groupNames.includes(group)) problems.push(unknownGroup(key, group, groupNames, GROUPS_FILE));
  // The cluster-wide binding has its name, and would meet the one that every cluster has.
  if (adminGroup === "cluster-admin" || adminGroup.startsWith("system:")) {
    wrong(
      "adminGroup",
      adminGroup,
      "another name than cluster-admin and system:…, which Kubernetes has for bindings of its own",
      `rename the group in ${GROUPS_FILE} and index.ts`,
    );
  }
  problems.push(...checkParents(organisation, groupNames));
  for (const name of duplicates(groupNames))
    wrong(`groups: ${name}`, name, "one group of that name", "remove one");
  // Two people with one address would be one user; Google would link either to the other's account.
  for (const email of duplicates(people.map((person) => person.email))) {
    const names = people.filter((person) => person.email === email).map((person) => person.name);
    wrong(
      `people: ${names.join(" and ")}`,
      email,
      "an address of their own for each person",
      `give one of them an \`email\` in ${PEOPLE_FILE}`,
    );
  }
  for (const id of duplicates(organisation.people.flatMap(({ existingId }) => existingId ?? []))) {
    const mend = `correct it in ${PEOPLE_FILE}`;
    wrong("people: existingId", String(id), "an id of its own for each person", mend);
  }
  return { people, problems };
}

/** A parent must be a group of the program, and none may come back to itself. */
function checkParents({ groups }: Organisation, groupNames: readonly string[]): Problem[] {
  const parents = new Map(groups.map((group) => [group.name, group.parents ?? []]));
  return groups.flatMap(({ name, parents: own = [] }) => {
    const key = `groups: ${name}`;
    const above = new Set(own);
    for (const group of above) for (const parent of parents.get(group) ?? []) above.add(parent);
    if (above.has(name)) {
      const expected = "parents that are not below the group itself";
      return [{ key, value: own.join(", "), expected, mend: `correct it in ${GROUPS_FILE}` }];
    }
    return own
      .filter((parent) => !groupNames.includes(parent))
      .map((parent) => unknownGroup(key, parent, groupNames, GROUPS_FILE));
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
  const wrong = (value: string, expected: string, mend: string) =>
    problems.push({ key, value, expected, mend: `${mend} in ${PEOPLE_FILE}` });
  if (![entry.first, entry.last, name].every((text) => PLAIN_TEXT.test(text))) {
    const expected = "a first and a last name, and a name to show, of visible characters on one line";
    wrong(name, expected, "correct them");
  }
  const [username = "", domain, ...rest] = email.split("@");
  if (domain !== organisation.staffDomain || rest.length > 0) {
    wrong(email, `an address at ${organisation.staffDomain}: only staff log in here`, "correct `email`");
  } else if (!/^[a-z0-9]+(?:[.'-][a-z0-9]+)*$/.test(username)) {
    wrong(email, "an address of plain lower-case letters, digits, dots and dashes", "give `email`");
  } else if (username === "akadmin" || username.startsWith("ak-")) {
    const expected = "another name than akadmin and ak-…: Authentik's own accounts are called so";
    wrong(email, expected, "give another `email`");
  } else if (username.length > 64 || email.length > 254) {
    const expected = "an address of at most 64 characters before the @, and 254 in all";
    wrong(email, expected, "give a shorter `email`");
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
