import { applicationsOf, bindingsOf, type Application } from "./applications";
import { directoryOf, type Directory } from "./directory";
import { doorsOf, type Door } from "./doors";
import { flowSteps, type Step } from "./flows";
import { flag, text, TYPES, type Snapshot } from "./snapshot";

/** What the server does for everyone. */
export interface ServerSettings {
  /** Lets everyone into an application without a binding. */
  readonly openByDefault: boolean;
  /** Administrators may act as another person. */
  readonly impersonation: boolean;
  /** People may change their own address or username. */
  readonly identityEditable: boolean;
}

/** Who can reach what in one state, and by which doors. */
export interface Picture {
  readonly state: Snapshot;
  readonly directory: Directory;
  readonly applications: ReadonlyMap<string, Application>;
  readonly doors: readonly Door[];
  /** Steps of every flow, by its key. */
  readonly steps: ReadonlyMap<string, readonly Step[]>;
  readonly settings: ServerSettings;
}

/** @param shipped names of scope mappings that Authentik ships, by id. */
export function pictureOf(state: Snapshot, shipped: ReadonlyMap<string, string>): Picture {
  const directory = directoryOf(state);
  const bindings = bindingsOf(state, directory);
  const steps = flowSteps(state, bindings);
  const applications = applicationsOf(state, { directory, bindings, shipped });
  return {
    state,
    directory,
    applications: new Map(applications.map((application) => [application.key, application])),
    doors: doorsOf(state, bindings, steps),
    steps,
    settings: settingsOf(state),
  };
}

function settingsOf(state: Snapshot): ServerSettings {
  const [item] = state.ofType(TYPES.settings);
  // What Authentik does as long as nobody says otherwise.
  if (!item) return { openByDefault: true, impersonation: true, identityEditable: false };
  let flags: unknown;
  try {
    flags = JSON.parse(text(item, "flags"));
  } catch {
    // Not known yet, or not set.
  }
  const closed =
    typeof flags === "object" &&
    flags !== null &&
    (flags as Record<string, unknown>).core_default_app_access === false;
  return {
    openByDefault: !closed,
    impersonation: flag(item, "impersonation", true),
    identityEditable:
      flag(item, "defaultUserChangeEmail", false) || flag(item, "defaultUserChangeUsername", false),
  };
}

/** What there was and what will be, of one thing; one of the two at least. */
export interface Pair<T> {
  readonly before?: T;
  readonly after?: T;
}

/** Pairs the things of two states: by key, and what is then left by its natural name. */
export function pairs<T extends { readonly key: string }>(
  before: Iterable<T>,
  after: Iterable<T>,
  natural: (thing: T) => string,
): Pair<T>[] {
  const left = new Map([...before].map((thing) => [thing.key, thing]));
  const fresh: T[] = [];
  const paired: Pair<T>[] = [];
  for (const thing of after) {
    const old = left.get(thing.key);
    if (!old) {
      fresh.push(thing);
      continue;
    }
    left.delete(thing.key);
    paired.push({ before: old, after: thing });
  }
  const byName = new Map([...left.values()].map((thing) => [natural(thing), thing]));
  for (const thing of fresh) {
    const old = byName.get(natural(thing));
    if (old) left.delete(old.key);
    paired.push({ before: old, after: thing });
  }
  return [...paired, ...[...left.values()].map((thing) => ({ before: thing }))];
}
