import { openingText } from "./access";
import { compare, nameOf, type Opening } from "./applications";
import { flag, text, texts, TYPES, type Item, type Reference, type Snapshot } from "./snapshot";

/** How sure a second factor is asked for; the higher the stricter. `unknown`: the state does not hold the stage. */
export type Strength = "none" | "optional" | "unknown" | "required";

export const STRENGTHS: readonly Strength[] = ["none", "optional", "unknown", "required"];

export interface SecondFactor {
  readonly strength: Strength;
  /** Kinds of devices that are accepted. */
  readonly devices: readonly string[];
  /** How long a device is not asked for again; empty: asked at every login. */
  readonly remembered: string;
  /** A second lock refuses whoever has no TOTP device. */
  readonly refusedWithout: boolean;
}

/** A way to log in. */
export interface Door {
  readonly key: string;
  readonly name: string;
  readonly secondFactor: SecondFactor;
  /** What else must be passed, in words that do not depend on ids. */
  readonly locks: readonly string[];
  /** Mail domains that are let in; empty: not looked at. */
  readonly domains: readonly string[];
  /** Makes accounts for strangers. */
  readonly enrols: boolean;
  /** Keys of the policies that decide here. */
  readonly policies: readonly string[];
}

/** Name under which Authentik ships the stage that its authentication flow asks for the second factor. */
const SHIPPED_STAGE = "default-authentication-mfa-validation";

type Bindings = ReadonlyMap<string, readonly Opening[]>;

interface Step {
  readonly key: string;
  readonly order: number;
  readonly stage?: Item;
  readonly guards: readonly Opening[];
  readonly engine: string;
  /** Policies are judged when the step is reached, with the person known. */
  readonly judgedLate: boolean;
}

/** Every way to log in that a state shows. */
export function doorsOf(state: Snapshot, bindings: Bindings): Door[] {
  const stepsOf = flowSteps(state, bindings);
  const doors: Door[] = [];
  const brand =
    state.ofType(TYPES.brand).find((item) => flag(item, "default", false)) ?? state.ofType(TYPES.brand)[0];
  const [authentication] = brand ? state.follow(brand, "flowAuthentication") : [];
  const password = authentication ?? theShippedFlow(stepsOf);
  if (password) doors.push(door("password", "Password", state, bindings, stepsOf, password));
  const [recovery] = brand ? state.follow(brand, "flowRecovery") : [];
  if (recovery) doors.push(door("recovery", "Recovery link", state, bindings, stepsOf, recovery));
  for (const source of state.ofTypes("authentik:index/source")) {
    if (!/:Source[A-Z][a-zA-Z]*$/.test(source.type) || !flag(source, "enabled", true)) continue;
    const [flow] = state.follow(source, "authenticationFlow");
    const name = nameOf(source) ?? source.key;
    const own = door(`source ${text(source, "slug")}`, name, state, bindings, stepsOf, flow, source);
    doors.push(own);
  }
  return doors.sort((a, b) => compare(a.key, b.key));
}

function door(
  key: string,
  name: string,
  state: Snapshot,
  bindings: Bindings,
  stepsOf: ReadonlyMap<string, readonly Step[]>,
  flow: Reference | undefined,
  source?: Item,
): Door {
  const steps = (flow && stepsOf.get(flow.key)) ?? [];
  const guards = [
    ...((flow && bindings.get(flow.key)) ?? []),
    ...((source && bindings.get(source.key)) ?? []),
  ];
  const denials = steps.filter((step) => step.stage?.type === TYPES.deny);
  const policies = [...guards, ...steps.flatMap((step) => step.guards)].filter(
    ({ kind }) => kind === "policy",
  );
  const expressions = new Map(
    state.ofType(TYPES.expression).map((item) => [item.key, text(item, "expression")]),
  );
  const refusing = denials.filter((step) =>
    step.guards.some(({ key: policy }) =>
      /not\s+ak_user_has_authenticator\(/.test(expressions.get(policy) ?? ""),
    ),
  );
  const locks = [
    ...guards.map((guard) => `only ${openingText(guard)}`),
    ...denials.map((step) => `refuses ${conditionText(step)} (${nameOf(step.stage) ?? ""})`),
  ];
  return {
    key,
    name,
    secondFactor: {
      ...secondFactorOf(state, steps, flow),
      refusedWithout: refusing.length > 0,
    },
    locks: locks.sort(compare),
    domains: [...new Set(guards.flatMap(({ key: policy }) => domainsIn(expressions.get(policy) ?? "")))].sort(
      compare,
    ),
    enrols: source !== undefined && state.follow(source, "enrollmentFlow").length > 0,
    policies: [...new Set(policies.map((policy) => policy.key))],
  };
}

function conditionText({ guards, engine, judgedLate }: Step): string {
  if (guards.length === 0) return "everyone";
  const condition = guards.map(openingText).join(engine === "all" ? " and " : " or ");
  return judgedLate ? condition : `${condition}, judged before the person is known,`;
}

/** The stage that asks for the second factor before a password is written or a session begins. */
function secondFactorOf(
  state: Snapshot,
  steps: readonly Step[],
  flow: Reference | undefined,
): Omit<SecondFactor, "refusedWithout"> {
  const none = { strength: "none", devices: [], remembered: "" } as const;
  if (!flow) return none;
  const ends = steps.filter(({ stage }) => stage?.type === TYPES.login || stage?.type === TYPES.write);
  const end = Math.min(...ends.map(({ order }) => order));
  const asking = steps.filter(({ stage, order }) => stage?.type === TYPES.validate && order < end);
  if (asking.length > 0) {
    const factors = asking.map(({ stage, guards }) =>
      stage && guards.length === 0 ? stageFactor(stage) : { ...none, strength: "optional" as const },
    );
    return factors.reduce((best, next) =>
      STRENGTHS.indexOf(next.strength) > STRENGTHS.indexOf(best.strength) ? next : best,
    );
  }
  // A flow that Authentik ships: its own steps are not in the state, the settings of its stage are.
  if (flow.item) return none;
  const shipped = state.ofType(TYPES.validate).find((item) => text(item, "name") === SHIPPED_STAGE);
  return shipped ? stageFactor(shipped) : { ...none, strength: "unknown" };
}

function stageFactor(stage: Item): Omit<SecondFactor, "refusedWithout"> {
  const action = text(stage, "notConfiguredAction");
  const threshold = text(stage, "lastAuthThreshold");
  return {
    strength: action === "configure" || action === "deny" ? "required" : "optional",
    devices: texts(stage, "deviceClasses").sort(compare),
    remembered: /[1-9]/.test(threshold) ? threshold : "",
  };
}

/** Domains that an expression names. Its text is not repeated anywhere. */
function domainsIn(expression: string): string[] {
  return [...expression.matchAll(/"([a-z0-9-]+(?:\.[a-z0-9-]+)+)"/gi)].map(([, domain = ""]) =>
    domain.toLowerCase(),
  );
}

/** The steps of every flow, in their order. */
function flowSteps(state: Snapshot, bindings: Bindings): Map<string, Step[]> {
  const byFlow = new Map<string, Step[]>();
  for (const item of state.ofType(TYPES.stageBinding)) {
    const [flow] = state.follow(item, "target");
    if (!flow) continue;
    const { order } = item.values;
    const step: Step = {
      key: item.key,
      order: typeof order === "number" ? order : 0,
      stage: state.follow(item, "stage")[0]?.item,
      guards: bindings.get(item.key) ?? [],
      engine: text(item, "policyEngineMode"),
      judgedLate: flag(item, "reEvaluatePolicies", true),
    };
    const known = byFlow.get(flow.key);
    if (known) known.push(step);
    else byFlow.set(flow.key, [step]);
  }
  for (const steps of byFlow.values()) steps.sort((a, b) => a.order - b.order);
  return byFlow;
}

/** Where the brand does not say: the only flow that has steps of ours and is not in the state. */
function theShippedFlow(steps: ReadonlyMap<string, readonly Step[]>): Reference | undefined {
  const shipped = [...steps.keys()].filter((key) => !key.startsWith("urn:"));
  return shipped.length === 1 && shipped[0] !== undefined ? { key: shipped[0] } : undefined;
}

/** `TOTP at every login`, `optional`. */
export function secondFactorText({ strength, devices, remembered, refusedWithout }: SecondFactor): string {
  if (strength === "none") return refusedWithout ? "not asked; refused without TOTP" : "none";
  if (strength === "unknown")
    return refusedWithout ? "not managed here; refused without TOTP" : "not managed here";
  const kinds = devices.map((device) =>
    device === "totp" ? "TOTP" : device === "static" ? "recovery codes" : device,
  );
  const asked = kinds.length > 0 ? kinds.join(" or ") : "any device";
  return [
    strength === "required" ? asked : `${asked}, skipped by who has none`,
    ...(remembered ? [`remembered for ${remembered}`] : []),
    ...(refusedWithout ? ["refused without TOTP"] : []),
  ].join("; ");
}
