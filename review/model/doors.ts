import { openingText } from "./access";
import { compare, nameOf } from "./applications";
import { guardId, type Bindings, type Step } from "./flows";
import { askedAt, secondFactorOf, type SecondFactor } from "./second-factor";
import { flag, text, TYPES, type Item, type Reference, type Snapshot } from "./snapshot";

/** What must be passed at a door, or sends to enrol. */
export interface Lock {
  /** What decides, free of names: under the same words another policy may stand. */
  readonly id: string;
  /** In words that do not depend on ids. */
  readonly text: string;
  /** Key of the step; absent where it is bound to the whole door. */
  readonly step?: string;
  /** A whole door is for these alone. */
  readonly only?: "group" | "person";
}

/** A way to log in. */
export interface Door {
  readonly key: string;
  readonly name: string;
  readonly secondFactor: SecondFactor;
  /** What else must be passed. */
  readonly locks: readonly Lock[];
  /** Mail domains that are let in; empty: not looked at. */
  readonly domains: readonly string[];
  /** Who is sent to enrol a device, beside whoever the second factor itself sends there. */
  readonly enrolments: readonly Lock[];
  /** Lets people enrol a device before the second factor is asked, and so answer with that. */
  readonly enrolsFirst: boolean;
  /** Names of policies that let people in when they break. */
  readonly passesOnError: readonly string[];
  /** Stages that refuse whoever comes, since nothing is bound to them. */
  readonly refusesAll: readonly string[];
  /** Key of the flow that it leads through; empty where there is none. */
  readonly flow: string;
  /** Makes accounts for strangers. */
  readonly enrols: boolean;
  /** Of a source: how an account there is matched to a person here. */
  readonly matching: string;
  /** Of a source: who says who somebody is. */
  readonly identity: string;
  /** Keys of the policies that decide here. */
  readonly policies: readonly string[];
}

/** What of a source says where accounts are asked for. */
export const IDENTITY = [
  "providerType",
  ...["authorizationUrl", "accessTokenUrl", "profileUrl", "oidcJwksUrl", "oidcWellKnownUrl"],
];

/** Where the flow for passwords that Authentik ships logs in. */
const SHIPPED_LOGIN = 100;

/**
 * Every way to log in that a state shows.
 *
 * @param stepsOf the steps of every flow, by its key.
 */
export function doorsOf(
  state: Snapshot,
  bindings: Bindings,
  stepsOf: ReadonlyMap<string, readonly Step[]>,
): Door[] {
  const doors: Door[] = [];
  const brand =
    state.ofType(TYPES.brand).find((item) => flag(item, "default", false)) ?? state.ofType(TYPES.brand)[0];
  const [authentication] = brand ? state.follow(brand, "flowAuthentication") : [];
  const password = authentication ?? theShippedFlow(stepsOf);
  const identification = state.ofType(TYPES.identification);
  if (password) {
    const own = door("password", "Password", state, bindings, stepsOf, password);
    const signUp = identification.some((stage) => state.follow(stage, "enrollmentFlow").length > 0);
    doors.push({ ...own, enrols: own.enrols || signUp });
  }
  for (const flow of identification.flatMap((stage) => state.follow(stage, "passwordlessFlow")))
    doors.push(door("passwordless", "Without a password", state, bindings, stepsOf, flow));
  const [recovery] = brand ? state.follow(brand, "flowRecovery") : [];
  if (recovery) doors.push(door("recovery", "Recovery link", state, bindings, stepsOf, recovery));
  for (const source of state.ofTypes("authentik:index/source")) {
    if (!/:Source[A-Z][a-zA-Z]*$/.test(source.type) || !flag(source, "enabled", true)) continue;
    const [flow] = state.follow(source, "authenticationFlow");
    const name = nameOf(source) ?? source.key;
    const own = door(`source ${text(source, "slug")}`, name, state, bindings, stepsOf, flow, source);
    doors.push(own);
  }
  // Whoever knows its address may walk through any flow.
  const led = new Set([
    ...doors.map(({ flow }) => flow),
    ...state
      .ofTypes("authentik:index/source")
      .flatMap((source) => state.follow(source, "authenticationFlow").map(({ key }) => key)),
  ]);
  for (const [flow, steps] of stepsOf) {
    const item = state.item(flow);
    if (!item || led.has(flow) || !steps.some(({ stage }) => stage?.type === TYPES.login)) continue;
    const slug = text(item, "slug");
    doors.push(door(`flow ${slug}`, `Flow ${slug}`, state, bindings, stepsOf, { key: flow, item }));
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
  const shipped = key === "password" && isShipped(stepsOf, flow);
  const ends = steps.filter(({ stage }) => stage?.type === TYPES.login || stage?.type === TYPES.write);
  // Who is logged in already is refused nothing.
  const opensAt = Math.min(...ends.map(({ order }) => order), shipped ? SHIPPED_LOGIN : Infinity);
  const denials = steps.filter((step) => step.stage?.type === TYPES.deny && step.order < opensAt);
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
  const setups = steps.filter(({ enrols }) => enrols);
  const conditional = denials.filter((step) => step.guards.length > 0);
  const locks = [
    ...guards.map((guard): Lock => ({
      id: guardId(guard),
      text: `only ${openingText(guard)}`,
      only: guard.kind === "policy" ? undefined : guard.kind,
    })),
    ...conditional.map((step): Lock => ({
      id: `refuses ${conditionId(step)}`,
      text: `refuses ${conditionText(step)} (${nameOf(step.stage) ?? ""})`,
      step: step.key,
    })),
  ];
  return {
    key,
    name,
    secondFactor: {
      ...secondFactorOf(state, steps, flow, shipped),
      refusedWithout: refusing.length > 0,
    },
    locks: locks.sort(byText),
    enrolments: setups
      .map((step): Lock => ({ id: conditionId(step), text: conditionText(step), step: step.key }))
      .sort(byText),
    enrolsFirst: setups.some(({ order }) => order <= askedAt(steps, flow)),
    passesOnError: guards
      .filter(({ kind, passesOnError }) => kind === "policy" && passesOnError)
      .map(({ name: policy }) => policy)
      .sort(compare),
    refusesAll: denials
      .filter((step) => step.guards.length === 0)
      .map(({ stage }) => nameOf(stage) ?? "")
      .sort(compare),
    domains: [...new Set(guards.flatMap(({ key: policy }) => domainsIn(expressions.get(policy) ?? "")))].sort(
      compare,
    ),
    flow: flow?.key ?? "",
    enrols:
      (source !== undefined && state.follow(source, "enrollmentFlow").length > 0) ||
      steps.some(
        ({ stage }) => stage?.type === TYPES.write && text(stage, "userCreationMode") !== "never_create",
      ),
    matching: source ? text(source, "userMatchingMode") : "",
    identity: source
      ? IDENTITY.map((property) => text(source, property))
          .join(" ")
          .trim()
      : "",
    policies: [...new Set(policies.map((policy) => policy.key))],
  };
}

const byText = (a: Lock, b: Lock) => compare(a.text, b.text);

function conditionId({ guards, engine, judgedLate }: Step): string {
  return `${guards.length > 1 ? engine : ""} ${String(judgedLate)} ${guards.map(guardId).sort(compare).join(", ")}`;
}

function conditionText({ guards, engine, judgedLate }: Step): string {
  if (guards.length === 0) return "whoever comes";
  const condition = guards.map(openingText).join(engine === "all" ? " and " : " or ");
  return judgedLate ? condition : `${condition}, judged before the person is known,`;
}

/** Domains that an expression names. Its text is not repeated anywhere. */
function domainsIn(expression: string): string[] {
  return [...expression.matchAll(/"([a-z0-9-]+(?:\.[a-z0-9-]+)+)"/gi)].map(([, domain = ""]) =>
    domain.toLowerCase(),
  );
}

/** Whether a flow may be the one for passwords that Authentik ships: no other one that it ships has steps of ours. */
function isShipped(stepsOf: ReadonlyMap<string, readonly Step[]>, flow: Reference | undefined): boolean {
  const known = theShippedFlow(stepsOf);
  return known === undefined || known.key === flow?.key;
}

/** Where the brand does not say: the only flow that has steps of ours and is not in the state. */
function theShippedFlow(steps: ReadonlyMap<string, readonly Step[]>): Reference | undefined {
  const shipped = [...steps.keys()].filter((key) => !key.startsWith("urn:"));
  return shipped.length === 1 && shipped[0] !== undefined ? { key: shipped[0] } : undefined;
}
