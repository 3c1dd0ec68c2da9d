/** Whether a person may enter: `maybe` where an expression decides at the login. */
export type Entry = "no" | "maybe" | "yes";

/** What a binding lets through. */
export interface Opening {
  readonly kind: "group" | "person" | "policy";
  /** Key of the group, the person or the policy. */
  readonly key: string;
  /** Name of the group, username, or name of the policy. */
  readonly name: string;
  /** Lets through everybody else. */
  readonly negate: boolean;
}

/** Who wants to enter. */
export interface Entrant {
  readonly key: string;
  readonly active: boolean;
  /** Keys of all groups the person is in, through parents, too. */
  readonly memberOf: ReadonlySet<string>;
}

/** What is entered. */
export interface Door {
  /** Whether one opening is enough, or all must let a person through. */
  readonly engine: "any" | "all";
  /** Enabled bindings. Without any, the server's default decides. */
  readonly openings: readonly Opening[];
}

export interface Access {
  readonly entry: Entry;
  /** What lets the person through; empty where nobody is kept out. */
  readonly through: readonly Opening[];
}

const NONE: Access = { entry: "no", through: [] };

/**
 * Whether a person may enter an application, as Authentik's policy engine decides; being an administrator makes no
 * difference to it.
 *
 * @param openByDefault what the server does with an application without a binding.
 */
export function accessOf(person: Entrant, { engine, openings }: Door, openByDefault: boolean): Access {
  if (!person.active) return NONE;
  if (openings.length === 0) return openByDefault ? { entry: "yes", through: [] } : NONE;
  const policies = openings.filter(({ kind }) => kind === "policy");
  const known = openings.filter(({ kind }) => kind !== "policy");
  const passing = known.filter((opening) => lets(opening, person));
  if (engine === "all") {
    if (passing.length < known.length) return NONE;
    return { entry: policies.length > 0 ? "maybe" : "yes", through: [...passing, ...policies] };
  }
  if (passing.length > 0) return { entry: "yes", through: passing };
  return policies.length > 0 ? { entry: "maybe", through: policies } : NONE;
}

function lets({ kind, key, negate }: Opening, person: Entrant): boolean {
  return (kind === "group" ? person.memberOf.has(key) : person.key === key) !== negate;
}

/** All groups that a member of these is in, through parents, too; a circle among parents ends where it began. */
export function withParents(
  groups: readonly string[],
  parentsOf: (group: string) => readonly string[],
): ReadonlySet<string> {
  const all = new Set<string>();
  const left = [...groups];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (all.has(next)) continue;
    all.add(next);
    left.push(...parentsOf(next));
  }
  return all;
}
