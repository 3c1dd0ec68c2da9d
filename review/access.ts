import type { Application, Opening } from "./applications";
import type { Person } from "./directory";

/** Whether a person may enter: `maybe` where an expression decides at the login. */
export type Entry = "no" | "maybe" | "yes";

export interface Access {
  readonly entry: Entry;
  /** What lets the person through; empty where nobody is kept out. */
  readonly through: readonly Opening[];
}

const NONE: Access = { entry: "no", through: [] };

/**
 * Whether a person may enter an application, as Authentik's policy engine decides.
 *
 * @param openByDefault what the server does with an application without a binding.
 */
export function accessOf(person: Person, application: Application, openByDefault: boolean): Access {
  const { openings, engine, mode, served } = application;
  // Without an outpost there is nowhere to log in to.
  if (!person.active || (mode === "proxy" && !served)) return NONE;
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

function lets({ kind, key, negate }: Opening, person: Person): boolean {
  const matches = kind === "group" ? person.memberOf.has(key) : person.key === key;
  return matches !== negate;
}

/** `plana-staff`, `everyone but contractors`. */
export function openingText({ kind, name, negate }: Opening): string {
  const what = kind === "group" ? name : `${kind} ${name}`;
  return negate ? `everyone but ${what}` : what;
}
