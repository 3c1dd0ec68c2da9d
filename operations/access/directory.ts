import { accessOf, withParents, type Access, type Door, type Opening } from "../../identity/access";

/** A person, with keys that mean something only within one directory. */
export interface Person {
  readonly key: string;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly active: boolean;
  /** Keys of the groups the person is in by itself. */
  readonly groups: readonly string[];
}

export interface Group {
  readonly key: string;
  readonly name: string;
  readonly superuser: boolean;
  readonly parents: readonly string[];
}

export interface Application extends Door {
  readonly key: string;
  readonly slug: string;
  readonly name: string;
}

/** A binding, as both the server and the engine's state tell it. */
export interface Binding {
  /** Key of what it is bound to. */
  readonly target: string;
  readonly kind: Opening["kind"];
  readonly key: string;
  readonly negate: boolean;
  /** Name of a policy; the others are looked up. */
  readonly policy?: string;
}

/** Who there is, and what opens what. */
export interface Parts {
  readonly people: readonly Person[];
  readonly groups: readonly Group[];
  readonly applications: readonly Omit<Application, "openings">[];
  readonly bindings: readonly Binding[];
  /** What becomes of an application without a binding. */
  readonly openByDefault: boolean;
}

/** Who may enter what, of the server or of the program. */
export class Directory {
  readonly people: readonly Person[];
  readonly applications: readonly Application[];
  private readonly groups: ReadonlyMap<string, Group>;

  constructor(private readonly parts: Parts) {
    this.people = sorted(parts.people, ({ username }) => username);
    this.groups = new Map(parts.groups.map((group) => [group.key, group]));
    const nameOf = ({ kind, key, policy }: Binding) =>
      (kind === "group"
        ? this.groups.get(key)?.name
        : kind === "person"
          ? this.people.find((person) => person.key === key)?.username
          : policy) ?? key;
    this.applications = sorted(
      parts.applications.map((application) => ({
        ...application,
        openings: sorted(
          parts.bindings
            .filter(({ target }) => target === application.key)
            .map((binding): Opening => ({ ...binding, name: nameOf(binding) })),
          ({ name }) => name,
        ),
      })),
      ({ slug }) => slug,
    );
  }

  /** Names of the groups of a person, through parents, too. */
  groupsOf(person: Person): string[] {
    return [...this.membership(person)].map((key) => this.groups.get(key)?.name ?? key).sort();
  }

  /** Whether a person administers Authentik. */
  administers(person: Person): boolean {
    return person.active && [...this.membership(person)].some((key) => this.groups.get(key)?.superuser);
  }

  access(person: Person, application: Application): Access {
    const entrant = { key: person.key, active: person.active, memberOf: this.membership(person) };
    return accessOf(entrant, application, this.parts.openByDefault);
  }

  private membership({ groups }: Person): ReadonlySet<string> {
    return withParents(groups, (group) => this.groups.get(group)?.parents ?? []);
  }
}

/** The same order on every machine. */
export function sorted<T>(all: readonly T[], by: (one: T) => string): T[] {
  return [...all].sort((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0));
}

/** `plana-staff`, `everyone but contractors`, `nothing: it is open to everybody`. */
export function throughText({ through }: Access): string {
  if (through.length === 0) return "no binding: it is open to everybody";
  return through
    .map(({ kind, name, negate }) => {
      const what = kind === "group" ? name : kind === "person" ? "a binding of their own" : `policy ${name}`;
      return negate ? `everyone but ${name}` : what;
    })
    .join(", ");
}
