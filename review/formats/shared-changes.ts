import type { Cell, PersonRow } from "../rows";
import { names, say, type Text } from "../../shell/words";

/** Applications that are entered in the same way. */
export interface Way {
  readonly applications: string[];
  /** Empty: nobody is kept out. */
  readonly through: readonly string[];
  /** A policy decides at the login. */
  readonly maybe: boolean;
  /** It is no way any more; or less of one than before. */
  readonly gone: boolean;
  readonly less: boolean;
}

/** People whose access changes in the same way. */
export interface SharedChange {
  readonly people: string[];
  readonly gained: readonly Way[];
  readonly lost: readonly Way[];
}

/** Who gains and loses what; people of the same lot are told once. */
export function sharedChanges(people: readonly PersonRow[]): SharedChange[] {
  const byChange = new Map<string, SharedChange>();
  for (const { username, access } of people) {
    const gained = waysOf(access.filter(({ change }) => change === "gained"));
    const lost = waysOf(access.filter(({ change }) => change === "lost"));
    if (gained.length + lost.length === 0) continue;
    const key = JSON.stringify([gained, lost]);
    const known = byChange.get(key);
    if (known) known.people.push(username);
    else byChange.set(key, { people: [username], gained, lost });
  }
  return [...byChange.values()];
}

/** Applications by the way in. */
export function waysOf(cells: readonly Cell[]): Way[] {
  const byWay = new Map<string, Way>();
  for (const { application, through, entry, change } of cells) {
    const gone = entry === "no";
    const key = JSON.stringify(gone ? [] : [entry, through]);
    const known = byWay.get(key);
    if (known) {
      known.applications.push(application);
      continue;
    }
    const less = change === "lost" && !gone;
    byWay.set(key, { applications: [application], through, maybe: entry === "maybe", gone, less });
  }
  return [...byWay.values()];
}

/** What is said of a way after its applications. */
export function wayText({ through, maybe, gone, less }: Way): Text {
  if (gone) return [];
  if (less) return say`, save through ${names(through)} if the policy says so`;
  if (through.length === 0) return say` like everyone`;
  return maybe ? say` through ${names(through)}, if the policy says so` : say` through ${names(through)}`;
}
