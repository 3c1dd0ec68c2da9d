import { compare } from "../model/applications";
import type { Group, Person } from "../model/directory";
import type { Finding, Rule } from "./finding";
import { pairs, type Pair, type Picture } from "../model/picture";
import { names, say, words, type Text } from "../../shell/words";

/** More than so many of a kind are told in one sentence. */
const EACH = 5;

/** Of many things of one kind: a sentence for each, or one for all. */
export function each<T>(
  rule: Rule,
  things: readonly T[],
  nameOf: (thing: T) => string,
  one: (thing: T) => Text,
  all: (listed: Text) => Text,
): Finding[] {
  if (things.length === 0) return [];
  if (things.length <= EACH) return things.map((thing) => ({ rule, text: one(thing) }));
  return [{ rule, text: all(names(things.map(nameOf).sort(compare))) }];
}

/** People and groups that come, go, or are something else than they were. */
export function peopleFindings(before: Picture, after: Picture, people: readonly Pair<Person>[]): Finding[] {
  const groups = pairs(before.directory.groups.values(), after.directory.groups.values(), ({ name }) => name);
  return [...groupFindings(groups), ...personFindings(before, after, people, groups)];
}

function groupFindings(groups: readonly Pair<Group>[]): Finding[] {
  const nameOf = new Map(
    groups.flatMap(({ before, after }) =>
      [before, after].flatMap((one) => (one ? [[one.key, one.name] as const] : [])),
    ),
  );
  const findings: Finding[] = [];
  const added = groups.flatMap(({ before, after }) => (before || !after ? [] : [after]));
  const administered = groups.some(({ before }) => before?.superuser);
  findings.push(
    ...each(
      "group-added",
      added,
      ({ name }) => name,
      ({ name }) => say`Adds group ${name}.`,
      (listed) => say`Adds the groups ${listed}.`,
    ),
  );
  for (const { before, after } of groups) {
    if (before && after && before.name !== after.name) {
      findings.push({
        rule: "group-renamed",
        text: say`Renames group ${before.name} to ${after.name}: applications and the cluster know groups by name.`,
      });
    }
    const parents = (after?.parents ?? []).filter((key) => before && !before.parents.includes(key));
    if (after && parents.length > 0) {
      const above = names(parents.map((key) => nameOf.get(key) ?? key).sort(compare));
      findings.push({
        rule: "group-parent",
        text: say`Whoever is in group ${after.name} comes to be in ${above}, too.`,
      });
    }
    const left = (before?.parents ?? []).filter((key) => after && !after.parents.includes(key));
    if (after && left.length > 0) {
      const above = names(left.map((key) => nameOf.get(key) ?? key).sort(compare));
      findings.push({
        rule: "group-parent",
        text: say`Whoever is in group ${after.name} is no longer in ${above} by that.`,
      });
    }
    if (after && !after.superuser && before?.superuser)
      findings.push({ rule: "role", text: say`Group ${after.name} no longer administers Authentik.` });
    // The first group that administers is no news: there has to be one.
    if (after?.superuser && !before?.superuser && (before !== undefined || administered)) {
      findings.push({ rule: "superuser", text: say`Group ${after.name} comes to administer Authentik.` });
    }
  }
  return findings;
}

function personFindings(
  before: Picture,
  after: Picture,
  people: readonly Pair<Person>[],
  groups: readonly Pair<Group>[],
): Finding[] {
  const findings: Finding[] = [];
  const added: Person[] = [];
  const disabled: Person[] = [];
  const enabled: Person[] = [];
  const renamed: { old: Person; fresh: Person }[] = [];
  const moved: { person: Person; text: Text }[] = [];
  const now = new Map(
    groups.flatMap(({ before: old, after: fresh }) => (old && fresh ? [[old.key, fresh.key]] : [])),
  );
  const groupName = (key: string) =>
    after.directory.groups.get(key)?.name ?? before.directory.groups.get(key)?.name ?? key;
  const username = ({ username: name }: Person) => name;
  for (const { before: old, after: fresh } of people) {
    if (!fresh) continue;
    if (!old) {
      added.push(fresh);
      continue;
    }
    if (old.active && !fresh.active) disabled.push(fresh);
    if (!old.active && fresh.active) enabled.push(fresh);
    if (old.username !== fresh.username || old.email !== fresh.email) renamed.push({ old, fresh });
    const was = new Set(old.groups.map((key) => now.get(key) ?? key));
    const joins = fresh.groups.filter((key) => !was.has(key)).map(groupName);
    const leaves = [...was].filter((key) => !fresh.groups.includes(key)).map(groupName);
    if (fresh.active && old.active && joins.length + leaves.length > 0) {
      const text = say`${fresh.username} ${movement(joins.sort(compare), leaves.sort(compare))}.`;
      moved.push({ person: fresh, text });
    }
  }
  if (before.directory.people.size > 0) findings.push(...strangeGroups(people, after));
  const inGroups = (person: Person) =>
    person.groups.length > 0 ? say` to ${names(person.groups.map(groupName).sort(compare))}` : [];
  findings.push(
    ...each(
      "person-added",
      added,
      username,
      (person) => say`Adds ${person.username}${inGroups(person)}.`,
      (listed) => say`Adds ${listed}.`,
    ),
    ...each(
      "person-disabled",
      disabled,
      username,
      (person) => say`Disables ${person.username}.`,
      (listed) => say`Disables ${listed}.`,
    ),
    ...each(
      "person-enabled",
      enabled,
      username,
      (person) => say`Enables ${person.username} again.`,
      (listed) => say`Enables ${listed} again.`,
    ),
    ...each(
      "person-moved",
      moved,
      ({ person }) => person.username,
      ({ text }) => text,
      (listed) => say`Moves ${listed} between groups.`,
    ),
    ...each(
      "person-renamed",
      renamed,
      ({ fresh }) => fresh.username,
      ({ old, fresh }) =>
        old.username === fresh.username
          ? say`Changes the address of ${old.username} to ${fresh.email}.`
          : say`Renames ${old.username} to ${fresh.username} (${fresh.email}).`,
      (listed) => say`Changes the names or addresses of ${listed}.`,
    ),
    ...roleFindings(people),
    ...domainFindings(people),
  );
  return findings;
}

/** A group that the program does not manage may open anything, as the administrators' one that Authentik ships does. */
function strangeGroups(people: readonly Pair<Person>[], after: Picture): Finding[] {
  const { groups } = after.directory;
  return people.flatMap(({ before: old, after: fresh }): Finding[] => {
    const strange = [...(fresh?.memberOf ?? [])].filter((key) => !groups.has(key) && !old?.memberOf.has(key));
    if (!fresh || strange.length === 0) return [];
    const text = say`${fresh.username} comes into a group that the program does not manage: ${names(strange.sort(compare))}. Read it.`;
    return [{ rule: "unread", text }];
  });
}

/** An address of another domain than any before: the address decides which Google account is linked. */
function domainFindings(people: readonly Pair<Person>[]): Finding[] {
  const domainOf = ({ email }: Person) => email.split("@").at(-1)?.toLowerCase() ?? "";
  const known = new Set(people.flatMap(({ before }) => (before ? [domainOf(before)] : [])));
  if (known.size === 0) return [];
  return each(
    "domain",
    people.flatMap(({ after }) => (after && !known.has(domainOf(after)) ? [after] : [])),
    ({ username }) => username,
    ({ username, email }) => say`The address of ${username} is of another domain than all before: ${email}.`,
    (listed) => say`The addresses of ${listed} are of another domain than all before.`,
  );
}

function movement(joins: readonly string[], leaves: readonly string[]): Text {
  const joining = joins.length > 0 ? say`joins ${names(joins)}` : [];
  const leaving = leaves.length > 0 ? say`leaves ${names(leaves)}` : [];
  return joining.length > 0 && leaving.length > 0 ? say`${joining} and ${leaving}` : [...joining, ...leaving];
}

const ROLES = [
  ["admin", "May now administer Authentik", "May no longer administer Authentik"],
  ["finance", "Comes to finance", "Leaves finance"],
  ["impersonator", "May now log in to customer tenants", "May no longer log in to customer tenants"],
] as const;

function roleFindings(people: readonly Pair<Person>[]): Finding[] {
  return ROLES.flatMap(([role, comes, goes]) => {
    const has = (person: Person | undefined) => person?.active === true && person.roles.includes(role);
    const gains = people.flatMap(({ before, after }) =>
      after && has(after) && !has(before) ? [after.username] : [],
    );
    const loses = people.flatMap(({ before, after }) =>
      before && has(before) && !has(after) ? [before.username] : [],
    );
    const told = (sentence: string, who: string[]): Finding[] =>
      who.length > 0 ? [{ rule: "role", text: say`${words(sentence)}: ${names(who.sort(compare))}.` }] : [];
    return [...told(comes, gains), ...told(goes, loses)];
  });
}
