import { accessOf, openingText, type Access, type Entry } from "./model/access";
import { compare, type Application, type ReturnUri } from "./model/applications";
import type { Person, Role } from "./model/directory";
import type { Door } from "./model/doors";
import { secondFactorText, type Strength } from "./model/second-factor";
import { pairs, type Pair, type Picture } from "./model/picture";

/** Whether something was there before and is there after. */
export type Presence = "same" | "added" | "removed";

/** What happens to a person's entry into an application; `rerouted`: still in, through something else. */
export type AccessChange = "gained" | "lost" | "same" | "rerouted";

/** A person and an application that the person may enter, or could before. */
export interface Cell {
  /** Slug. */
  readonly application: string;
  readonly entry: Entry;
  readonly change: AccessChange;
  /** Groups, people or policies that let the person in; of a lost entry those that did. */
  readonly through: readonly string[];
}

export interface PersonRow {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly active: boolean;
  readonly presence: Presence;
  /** Names of all groups, which is what the claim `groups` tells. */
  readonly groups: readonly string[];
  /** Of those, the ones that are new; and the ones that are left. */
  readonly joins: readonly string[];
  readonly leaves: readonly string[];
  readonly roles: readonly Role[];
  /** Names of the doors that the person may use. */
  readonly doors: readonly string[];
  readonly access: readonly Cell[];
}

export interface GroupRow {
  readonly name: string;
  readonly presence: Presence;
  readonly superuser: boolean;
  readonly parents: readonly string[];
}

export interface ApplicationRow {
  readonly slug: string;
  readonly name: string;
  readonly presence: Presence;
  readonly mode: Application["mode"];
  /** Nobody is bound: open to everyone, or to nobody where the server says so. */
  readonly unbound: boolean;
  readonly engine: Application["engine"];
  readonly openings: readonly {
    readonly name: string;
    readonly kind: string;
    readonly change: "gained" | "lost" | "same";
  }[];
  readonly claims: readonly string[];
  readonly redirectUris: readonly ReturnUri[];
  readonly publicPaths: readonly string[];
  /** People who may enter. */
  readonly people: number;
}

export interface DoorRow {
  readonly name: string;
  readonly presence: Presence;
  readonly strength: Strength;
  readonly secondFactor: string;
  readonly locks: readonly string[];
  readonly domains: readonly string[];
  /** People who may use it. */
  readonly people: number;
}

export interface ObjectCounts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly same: number;
  /** Of those that stay: no longer protected from being deleted. */
  readonly unprotected: number;
}

/** Every person, with what they may enter and could before. */
export function peopleRows(
  before: Picture,
  after: Picture,
  people: readonly Pair<Person>[],
  applications: readonly Pair<Application>[],
): PersonRow[] {
  const columns = [...applications].sort((a, b) => compare(slugOf(a), slugOf(b)));
  // A group that was renamed, or made anew under its name, is the same way in.
  const groups = pairs(before.directory.groups.values(), after.directory.groups.values(), ({ name }) => name);
  const now = new Map(
    groups.flatMap((pair) => (pair.before && pair.after ? [[pair.before.key, pair.after.key]] : [])),
  );
  const rows = people.map(({ before: old, after: fresh }): PersonRow[] => {
    const person = fresh ?? old;
    if (!person) return [];
    const directory = fresh ? after.directory : before.directory;
    return [
      {
        username: person.username,
        name: person.name,
        email: person.email,
        active: fresh?.active ?? false,
        presence: presenceOf(old, fresh),
        groups: [...person.memberOf].map((key) => directory.groups.get(key)?.name ?? key).sort(compare),
        ...movement(old, fresh, before, after, now),
        roles: person.roles,
        doors: fresh?.active ? after.doors.filter((door) => admits(door, fresh)).map(({ name }) => name) : [],
        access: columns.flatMap((pair): Cell[] => {
          const was = old && pair.before ? accessOf(old, pair.before, before.settings.openByDefault) : NO;
          const is = fresh && pair.after ? accessOf(fresh, pair.after, after.settings.openByDefault) : NO;
          return cellOf(slugOf(pair), was, is, now);
        }),
      },
    ];
  });
  return rows.flat().sort((a, b) => compare(a.username, b.username));
}

function movement(
  old: Person | undefined,
  fresh: Person | undefined,
  before: Picture,
  after: Picture,
  now: ReadonlyMap<string, string>,
): Pick<PersonRow, "joins" | "leaves"> {
  const was = new Set([...(old?.memberOf ?? [])].map((key) => now.get(key) ?? key));
  const is = fresh?.memberOf ?? new Set<string>();
  const nameOfGroup = (key: string) =>
    after.directory.groups.get(key)?.name ?? before.directory.groups.get(key)?.name ?? key;
  const told = (keys: Iterable<string>, other: ReadonlySet<string>) =>
    [...keys]
      .filter((key) => !other.has(key))
      .map(nameOfGroup)
      .sort(compare);
  return { joins: told(is, was), leaves: told(was, is) };
}

const NO: Access = { entry: "no", through: [] };
const ENTRIES: readonly Entry[] = ["no", "maybe", "yes"];

function cellOf(application: string, was: Access, is: Access, now: ReadonlyMap<string, string>): Cell[] {
  if (was.entry === "no" && is.entry === "no") return [];
  const step = ENTRIES.indexOf(is.entry) - ENTRIES.indexOf(was.entry);
  const shown = is.entry === "no" ? was : is;
  const keys = (access: Access, rename: (key: string) => string) =>
    access.through
      .map(({ key, negate }) => `${negate} ${rename(key)}`)
      .sort(compare)
      .join("\n");
  const rerouted = step === 0 && keys(was, (key) => now.get(key) ?? key) !== keys(is, (key) => key);
  return [
    {
      application,
      entry: is.entry,
      change: step > 0 ? "gained" : step < 0 ? "lost" : rerouted ? "rerouted" : "same",
      through: shown.through.map(openingText).sort(compare),
    },
  ];
}

function admits(door: Door, person: Person): boolean {
  return (
    door.domains.length === 0 || door.domains.includes(person.email.split("@").at(-1)?.toLowerCase() ?? "")
  );
}

function presenceOf(before: unknown, after: unknown): Presence {
  return before === undefined ? "added" : after === undefined ? "removed" : "same";
}

function slugOf({ before, after }: Pair<Application>): string {
  return after?.slug ?? before?.slug ?? "";
}

/** Every group. */
export function groupRows(before: Picture, after: Picture): GroupRow[] {
  return pairs(before.directory.groups.values(), after.directory.groups.values(), ({ name }) => name)
    .flatMap(({ before: old, after: now }) => {
      const group = now ?? old;
      if (!group) return [];
      const { groups } = (now ? after : before).directory;
      const parents = group.parents.map((key) => groups.get(key)?.name ?? key).sort(compare);
      return [{ name: group.name, presence: presenceOf(old, now), superuser: group.superuser, parents }];
    })
    .sort((a, b) => compare(a.name, b.name));
}

/** Every application, with who it is open to. */
export function applicationRows(
  applications: readonly Pair<Application>[],
  people: readonly PersonRow[],
): ApplicationRow[] {
  const entering = new Map<string, number>();
  for (const { access } of people)
    for (const { application, entry } of access)
      if (entry !== "no") entering.set(application, (entering.get(application) ?? 0) + 1);
  return applications
    .flatMap(({ before, after }): ApplicationRow[] => {
      const one = after ?? before;
      if (!one) return [];
      const was = new Set((before?.openings ?? []).map(openingText));
      const is = new Set((after?.openings ?? []).map(openingText));
      const openings = new Map(
        [...(after?.openings ?? []), ...(before?.openings ?? [])].map((opening) => [
          openingText(opening),
          opening,
        ]),
      );
      return [
        {
          slug: one.slug,
          name: one.name,
          presence: presenceOf(before, after),
          mode: one.mode,
          unbound: after?.openings.length === 0,
          engine: one.engine,
          openings: [...openings]
            .map(([name, { kind }]) => ({
              name,
              kind,
              change: was.has(name)
                ? is.has(name)
                  ? ("same" as const)
                  : ("lost" as const)
                : ("gained" as const),
            }))
            .sort((a, b) => compare(a.name, b.name)),
          claims: one.claims,
          redirectUris: one.redirectUris,
          publicPaths: one.publicPaths,
          people: entering.get(one.slug) ?? 0,
        },
      ];
    })
    .sort((a, b) => compare(a.slug, b.slug));
}

/** Every way to log in. */
export function doorRows(before: Picture, after: Picture, people: readonly PersonRow[]): DoorRow[] {
  const using = new Map<string, number>();
  for (const { doors } of people) for (const name of doors) using.set(name, (using.get(name) ?? 0) + 1);
  return pairs(before.doors, after.doors, ({ name }) => name).flatMap(({ before: old, after: now }) => {
    const door = now ?? old;
    if (!door) return [];
    return [
      {
        name: door.name,
        presence: presenceOf(old, now),
        strength: door.secondFactor.strength,
        secondFactor: secondFactorText(door.secondFactor),
        locks: door.locks.map(({ text }) => text),
        domains: door.domains,
        people: using.get(door.name) ?? 0,
      },
    ];
  });
}
