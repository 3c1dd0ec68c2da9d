import { isOff, isOn, listOf, textOf, valueOf, type Resource, type Stack } from "../model";
import { LACKS_OWN_LINK, LACKS_TOTP } from "../texts";
import { AUTHENTIK } from "../tokens";

/** A flow at whose end somebody is logged in. */
export interface Door {
  readonly name: string;
  /** The flow, or the resource that names a built-in one. */
  readonly urn: string;
  /** Whether it is Authentik's own flow, named by its id alone. */
  readonly builtIn?: string;
  readonly flow?: Resource;
}

/**
 * Whether a step may log in or write a password. Of a stage that is looked up nobody can tell, unless the second factor
 * sends people there to enrol.
 */
export function mayEnd(stack: Stack, step: Resource): boolean {
  const stage = stageOf(stack, step);
  if (stage) return stage.type === AUTHENTIK.userLogin || stage.type === AUTHENTIK.userWrite;
  const id = valueOf(step, "stage");
  return !stack
    .all(AUTHENTIK.validate)
    .some((validate) => listOf(validate, "configurationStages").includes(id));
}

/**
 * Every door: the brand's login flow, recovery flows, the flows of sources, and whichever flow binds a login or writes
 * a password, or binds a stage that nobody can judge.
 */
export function doorsOf(stack: Stack): readonly Door[] {
  const flows = new Set<Resource>();
  const builtIn = new Map<string, Door>();
  for (const brand of stack.all(AUTHENTIK.brand)) {
    for (const property of ["flowAuthentication", "flowRecovery"]) {
      const { found } = stack.references(brand, property);
      for (const flow of found) flows.add(flow);
    }
    const own = stack.references(brand, "flowAuthentication");
    const id = textOf(brand, "flowAuthentication");
    if (own.found.length === 0 && id !== "")
      builtIn.set(id, { name: "the login flow of Authentik", urn: brand.urn, builtIn: id });
  }
  for (const source of stack.all(AUTHENTIK.source)) {
    for (const flow of stack.references(source, "authenticationFlow").found) flows.add(flow);
  }
  for (const flow of stack.all(AUTHENTIK.flow)) {
    if (["authentication", "recovery"].includes(textOf(flow, "designation"))) flows.add(flow);
  }
  for (const step of stack.all(AUTHENTIK.flowStageBinding)) {
    if (!mayEnd(stack, step)) continue;
    const { found, unresolved } = stack.references(step, "target");
    for (const flow of found) flows.add(flow);
    for (const { value } of unresolved) {
      const id = typeof value === "string" ? value : "";
      if (!builtIn.has(id)) builtIn.set(id, { name: `the flow that ${step.name} logs in by`, urn: step.urn });
    }
  }
  return [
    ...[...flows].map((flow) => ({ name: `flow ${flow.name}`, urn: flow.urn, flow })),
    ...builtIn.values(),
  ];
}

/** The stage bindings of a door in this program. */
export function stepsOf(stack: Stack, { flow, builtIn }: Door): readonly Resource[] {
  if (flow) return stack.referrers(AUTHENTIK.flowStageBinding, "target", flow);
  return stack
    .all(AUTHENTIK.flowStageBinding)
    .filter((step) => builtIn !== undefined && valueOf(step, "target") === builtIn);
}

/** The stage of a binding, where it is of this program. */
export function stageOf(stack: Stack, step: Resource): Resource | undefined {
  return stack.references(step, "stage").found[0];
}

/** Stages in which a person enrols a device. */
const SETUP = /^authentik:index\/stageAuthenticator(?!Validate:)/;

/** Whether people enrol a device in a step: in a stage of this program, or in one that the second factor sends to. */
export function enrols(stack: Stack, step: Resource): boolean {
  const stage = stageOf(stack, step);
  if (stage) return SETUP.test(stage.type);
  const id = textOf(step, "stage");
  return (
    id !== "" &&
    stack.all(AUTHENTIK.validate).some((asking) => listOf(asking, "configurationStages").includes(id))
  );
}

/** Order of a stage binding. */
export function numberOf(step: Resource): number {
  const order = valueOf(step, "order");
  return typeof order === "number" ? order : 0;
}

/**
 * Whether a step is for a member of staff who lacks TOTP, and for nobody else.
 *
 * @param whenBroken what a policy that raises an error must count as: a lock closes then, and nobody is sent to enrol.
 */
function forStaffWithoutTotp(stack: Stack, step: Resource, staffGroup: string, whenBroken: boolean): boolean {
  if (valueOf(step, "policyEngineMode") !== "all" || valueOf(step, "reEvaluatePolicies") !== true)
    return false;
  // Judged when the flow is planned, before anybody is known, the step is left out for good; and so it is unless told.
  if (valueOf(step, "evaluateOnPlan") !== false) return false;
  const bindings = stack.referrers(AUTHENTIK.policyBinding, "target", step);
  const sound = bindings.filter((binding) => isOn(binding, "enabled") && isOff(binding, "negate"));
  const staff = sound.filter((binding) =>
    stack.references(binding, "group").found.some((group) => textOf(group, "name") === staffGroup),
  );
  const lack = sound.filter(
    (binding) =>
      (valueOf(binding, "failureResult") ?? false) === whenBroken &&
      stack
        .references(binding, "policy")
        .found.some(
          (policy) =>
            policy.type === AUTHENTIK.policyExpression && textOf(policy, "expression") === LACKS_TOTP,
        ),
  );
  // One more in mode `all` would be a way past; one that is disabled is no lock.
  return bindings.length === 2 && staff.length === 1 && lack.length === 1;
}

/** Recovery flows: the brands', and those that say so of themselves. */
export function recoveriesOf(stack: Stack): readonly Resource[] {
  const brands = stack.all(AUTHENTIK.brand);
  return [
    ...new Set([
      ...brands.flatMap((brand) => stack.references(brand, "flowRecovery").found),
      ...stack.all(AUTHENTIK.flow).filter((flow) => textOf(flow, "designation") === "recovery"),
    ]),
  ];
}

/**
 * What keeps a recovery flow from refusing whoever comes by no link of their own: before all else, and once more between
 * whatever people fill in and what is written of it, since an account may be disabled meanwhile.
 */
export function linkFault(stack: Stack, flow: Resource): string | undefined {
  const steps = stepsOf(stack, { name: flow.name, urn: flow.urn, flow });
  const refusals = steps.filter((step) => {
    if (stageOf(stack, step)?.type !== AUTHENTIK.deny) return false;
    if (valueOf(step, "evaluateOnPlan") !== false || valueOf(step, "reEvaluatePolicies") !== true)
      return false;
    const [binding, ...others] = stack.referrers(AUTHENTIK.policyBinding, "target", step);
    return (
      binding !== undefined &&
      others.length === 0 &&
      isOn(binding, "enabled") &&
      isOff(binding, "negate") &&
      // A policy that breaks refuses.
      valueOf(binding, "failureResult") === true &&
      stack
        .references(binding, "policy")
        .found.some((policy) => textOf(policy, "expression") === LACKS_OWN_LINK)
    );
  });
  if (refusals.length === 0) return "does not refuse who comes by no link of their own";
  const first = Math.min(...refusals.map(numberOf));
  const early = steps.find((step) => !refusals.includes(step) && numberOf(step) <= first);
  if (early) return `runs ${early.name} before it asks for the link`;
  const write = steps.find((step) => {
    const stage = stageOf(stack, step);
    // A stage that nobody can judge may write.
    if (stage ? stage.type !== AUTHENTIK.userWrite : !mayEnd(stack, step)) return false;
    // Steps of one order run in no certain one.
    const before = steps.filter((other) => other !== step && numberOf(other) <= numberOf(step));
    const last = Math.max(...before.map(numberOf));
    return (
      last === numberOf(step) || before.some((other) => numberOf(other) === last && !refusals.includes(other))
    );
  });
  return write && `runs ${write.name} without asking for the link once more just before`;
}

/** The steps that refuse a member of staff who lacks TOTP. */
function locksOf(stack: Stack, door: Door, staffGroup: string): readonly Resource[] {
  return stepsOf(stack, door).filter(
    (step) =>
      stageOf(stack, step)?.type === AUTHENTIK.deny && forStaffWithoutTotp(stack, step, staffGroup, true),
  );
}

/** What is wrong with the second lock of a door. */
export function lockFault(stack: Stack, door: Door, staffGroup: string): string | undefined {
  const steps = stepsOf(stack, door);
  const locks = locksOf(stack, door, staffGroup);
  const [lock] = locks;
  if (!lock) return `has no lock that refuses members of ${staffGroup} without TOTP`;
  const at = Math.min(...locks.map(numberOf));
  // Authentik's own flow asks at 30 and logs in at 100.
  if (door.builtIn !== undefined && (at <= 30 || at >= 100))
    return `has the lock at ${at}; expected between the second factor (30) and the login (100)`;
  const before = steps.find((step) => mayEnd(stack, step) && numberOf(step) <= at);
  const after = steps.find(
    (step) => stageOf(stack, step)?.type === AUTHENTIK.validate && numberOf(step) >= at,
  );
  if (before) return `runs ${before.name} before the lock`;
  return after && `has the lock before ${after.name}, so nobody can enrol`;
}

/** What keeps staff who lack TOTP from enrolling before the second lock refuses them, or sends others to enrol. */
export function enrolmentFault(stack: Stack, door: Door, staffGroup: string): string | undefined {
  const steps = stepsOf(stack, door).filter((step) => enrols(stack, step));
  const other = steps.find((step) => !forStaffWithoutTotp(stack, step, staffGroup, false));
  if (other) return `sends others to enrol than members of ${staffGroup} without TOTP (${other.name})`;
  const lock = Math.min(...locksOf(stack, door, staffGroup).map(numberOf));
  if (Number.isFinite(lock) && !steps.some((step) => numberOf(step) < lock))
    return `refuses members of ${staffGroup} without TOTP and never sends them to enrol`;
  return undefined;
}
