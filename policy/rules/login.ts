import { isGiven, isOff, isOn, textOf, valueOf, type Resource, type Stack } from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { fromHostedDomain, LACKS_OWN_LINK, LACKS_TOTP } from "../texts";
import { AUTHENTIK } from "../tokens";
import { numberOf, stageOf } from "./door";

const DAY = 86_400;
const SECONDS: Readonly<Record<string, number>> = {
  seconds: 1,
  minutes: 60,
  hours: 3600,
  days: DAY,
  weeks: 7 * DAY,
};

/** A duration as Authentik writes it (`days=1;hours=2`), in seconds; not a number for anything else. */
function secondsOf(value: unknown): number {
  if (typeof value !== "string") return NaN;
  const parts = value.split(";").map((part) => {
    const [, unit = "", count] = /^([a-z]+)=(\d+)$/.exec(part) ?? [];
    return Number(count) * (SECONDS[unit] ?? NaN);
  });
  return parts.reduce((sum, part) => sum + part, 0);
}

/** What a value must be, and how that is said. */
type Expected = readonly [holds: (value: unknown) => boolean, told: string];

const from = (least: number, most = Infinity): Expected => [
  (value) => typeof value === "number" && value >= least && value <= most,
  most === Infinity ? `at least ${least}` : least === -Infinity ? `at most ${most}` : `${least} to ${most}`,
];
const exactly = (wanted: unknown): Expected => [(value) => value === wanted, shown(wanted)];
const orDefault = ([holds, told]: Expected): Expected => [
  (value) => value === undefined || holds(value),
  `${told}, or nothing`,
];
const lasts = (least: number, most: number, told: string): Expected => [
  (value) => secondsOf(value) >= least && secondsOf(value) <= most,
  told,
];

/** Scores go no lower than this, so a lockout at a lower one never comes. */
const LOWEST_SCORE = -20;

const WORTH: Readonly<Record<string, Readonly<Record<string, Expected>>>> = {
  // Of the recovery codes the length, below, is the brake: see components/login/second-factor.ts.
  [AUTHENTIK.validate]: { totpOtpThrottlingFactor: orDefault(from(1)) },
  [AUTHENTIK.staticSetup]: { tokenLength: from(12), tokenCount: orDefault(from(1, 20)) },
  [AUTHENTIK.userLogin]: {
    sessionDuration: orDefault(lasts(0, 0, "seconds=0, until the browser is closed")),
    rememberMeOffset: orDefault(lasts(0, 0, "seconds=0")),
  },
  [AUTHENTIK.identification]: { pretendUserExists: exactly(true) },
  [AUTHENTIK.policyReputation]: {
    checkUsername: exactly(true),
    threshold: from(LOWEST_SCORE / 2, -1),
  },
  [AUTHENTIK.oauth2]: {
    accessCodeValidity: lasts(1, 600, "at most minutes=10"),
    accessTokenValidity: lasts(1, DAY, "at most days=1"),
    refreshTokenValidity: lasts(1, 30 * DAY, "at most days=30"),
  },
  [AUTHENTIK.proxy]: {
    accessTokenValidity: lasts(1, DAY, "at most days=1"),
    refreshTokenValidity: lasts(1, 30 * DAY, "at most days=30"),
  },
  [AUTHENTIK.systemSettings]: {
    defaultTokenDuration: lasts(1, DAY, "at most days=1"),
    defaultTokenLength: from(60),
    reputationLowerLimit: from(-Infinity, LOWEST_SCORE),
    reputationUpperLimit: exactly(0),
  },
};

const PASSWORD: Readonly<Record<string, Readonly<Record<string, Expected>>>> = {
  [AUTHENTIK.policyPassword]: {
    passwordField: exactly("password"),
    checkStaticRules: exactly(true),
    lengthMin: from(12),
    checkZxcvbn: exactly(true),
    zxcvbnScoreThreshold: from(2),
  },
  [AUTHENTIK.promptField]: {
    fieldKey: [(value) => value === "password" || value === "password_repeat", "password or password_repeat"],
    type: exactly("password"),
    required: exactly(true),
    // As expressions they run on the server, with whatever a person has typed.
    initialValueExpression: orDefault(exactly(false)),
    placeholderExpression: orDefault(exactly(false)),
  },
};

const KEPT: Readonly<Record<string, Readonly<Record<string, Expected>>>> = {
  [AUTHENTIK.systemSettings]: {
    eventRetention: lasts(365 * DAY, Infinity, "at least days=365"),
  },
  [AUTHENTIK.eventTransport]: { mode: exactly("local") },
  [AUTHENTIK.eventMatcher]: {
    clientIp: [(value) => !isGiven(value), "nothing"],
    query: [(value) => !isGiven(value), "nothing"],
  },
};

/** What of a resource is not as a table has it. */
function faultsBy(table: typeof WORTH, resource: Resource): Violation[] {
  return Object.entries(table[resource.type] ?? {}).flatMap(([property, [holds, told]]) => {
    // What is not given is the provider's default, which a preview may not know yet.
    const value = resource.inputs[property] === undefined ? undefined : valueOf(resource, property);
    return violation(
      resource,
      holds(value) ? undefined : `${resource.name}: ${property} is ${shown(value)}; expected ${told}`,
    );
  });
}

function tableFaults(table: typeof WORTH, stack: Stack): Violation[] {
  return Object.keys(table).flatMap((type) =>
    stack.all(type).flatMap((resource) => faultsBy(table, resource)),
  );
}

/** Prompts whose fields no password policy watches, or nobody can judge. */
function promptFaults(stack: Stack): Violation[] {
  return stack.all(AUTHENTIK.prompt).flatMap((prompt) => {
    const fields = stack.references(prompt, "fields");
    const policies = stack.references(prompt, "validationPolicies").found;
    return [
      ...fields.unresolved.flatMap(({ value }) =>
        violation(prompt, `prompt ${prompt.name} has field ${shown(value)}, which is not of this program`),
      ),
      ...violation(
        prompt,
        policies.some(({ type }) => type === AUTHENTIK.policyPassword)
          ? undefined
          : `prompt ${prompt.name} has no password policy of this program`,
      ),
    ];
  });
}

/** Whether a text is one of the program's; for which domain Google is asked, `source-of-staff-domain` judges. */
function isOfProgram(stack: Stack, text: string): boolean {
  if (text === LACKS_TOTP || text === LACKS_OWN_LINK) return true;
  const domain = /^domain = "([a-z0-9.-]+)"$/m.exec(text)?.[1] ?? "";
  return stack
    .all(AUTHENTIK.source)
    .some((source) => text === fromHostedDomain(textOf(source, "slug"), domain));
}

function textFaults(stack: Stack): Violation[] {
  return stack
    .all(AUTHENTIK.policyExpression)
    .flatMap((policy) => [
      ...violation(
        policy,
        isOfProgram(stack, textOf(policy, "expression"))
          ? undefined
          : `policy ${policy.name} has a text that is none of the program's`,
      ),
      ...violation(
        policy,
        stack.referrers(AUTHENTIK.policyBinding, "policy", policy).length > 0
          ? undefined
          : `policy ${policy.name} is bound to nothing of this program`,
      ),
    ]);
}

function auditFaults(stack: Stack): Violation[] {
  return [
    ...tableFaults(KEPT, stack),
    ...stack.all(AUTHENTIK.eventRule).flatMap((rule) => {
      const bindings = stack.referrers(AUTHENTIK.policyBinding, "target", rule);
      const off = bindings.filter(
        (binding) =>
          !isOn(binding, "enabled") || !isOff(binding, "negate") || !isOff(binding, "failureResult"),
      );
      const { found } = stack.references(rule, "transports");
      return [
        ...violation(
          rule,
          found.some(({ type }) => type === AUTHENTIK.eventTransport)
            ? undefined
            : `event rule ${rule.name} tells nobody: no transport of this program`,
        ),
        ...violation(
          rule,
          stack.references(rule, "destinationGroup").found.length === 1
            ? undefined
            : `event rule ${rule.name} tells no group of this program`,
        ),
        ...violation(rule, bindings.length > 0 ? undefined : `event rule ${rule.name} watches for nothing`),
        ...off.flatMap((binding) =>
          violation(binding, `binding ${binding.name} of event rule ${rule.name} is switched off or negated`),
        ),
      ];
    }),
  ];
}

/** The lockout stands in the login flow, between Authentik's identification (10) and password (20). */
function lockoutFaults(stack: Stack): Violation[] {
  const policies = stack.all(AUTHENTIK.policyReputation);
  if (policies.length === 0) return [{ what: "no reputation policy, so nobody is locked out" }];
  return policies.flatMap((policy) =>
    violation(
      policy,
      stack.referrers(AUTHENTIK.policyBinding, "policy", policy).some((binding) => locksOut(stack, binding))
        ? undefined
        : `policy ${policy.name} refuses nobody between identification (10) and password (20)`,
    ),
  );
}

function locksOut(stack: Stack, binding: Resource): boolean {
  if (!isOn(binding, "enabled") || !isOff(binding, "negate")) return false;
  return stack.references(binding, "target").found.some((step) => {
    const order = numberOf(step);
    return (
      step.type === AUTHENTIK.flowStageBinding &&
      order > 10 &&
      order < 20 &&
      isOfLogin(stack, step) &&
      valueOf(step, "evaluateOnPlan") === false &&
      valueOf(step, "reEvaluatePolicies") === true &&
      stageOf(stack, step)?.type === AUTHENTIK.deny &&
      stack.referrers(AUTHENTIK.policyBinding, "target", step).length === 1
    );
  });
}

/** Whether a step is of a brand's login flow, which is Authentik's own and known by its id, or one of the program. */
function isOfLogin(stack: Stack, step: Resource): boolean {
  const target = textOf(step, "target");
  const { found } = stack.references(step, "target");
  return stack
    .all(AUTHENTIK.brand)
    .some(
      (brand) =>
        (target !== "" && textOf(brand, "flowAuthentication") === target) ||
        stack.references(brand, "flowAuthentication").found.some((flow) => found.includes(flow)),
    );
}

/** Rules about what a login, and what is told of it, is worth. */
export const loginRules: readonly Rule[] = [
  {
    name: "login-worth-something",
    level: "mandatory",
    reason:
      "Codes that can be guessed, a session that does not end or a lockout that never comes make the locks worthless.",
    mend: "take the values of components/login and components/applications",
    stack: (stack) => [...tableFaults(WORTH, stack), ...lockoutFaults(stack)],
  },
  {
    name: "password-prompts-strict",
    level: "mandatory",
    reason:
      "Whoever sets a password would write any other field into their account, too; and a password that nothing checks can be guessed.",
    mend: "ask for the password and its repetition only, with the password policy of components/login/recovery.ts",
    stack: (stack) => [...tableFaults(PASSWORD, stack), ...promptFaults(stack)],
  },
  {
    name: "policies-of-the-program",
    level: "mandatory",
    reason:
      "A policy is a program that runs on the server: one word more in it opens any lock, unseen by the other rules.",
    mend: "take a text of components/login/expressions.ts; a new one belongs in policy/texts.ts, too",
    stack: textFaults,
  },
  {
    name: "audit-kept",
    level: "mandatory",
    reason:
      "What the administrators do, and who acts in another's name, is kept for a year and told at once.",
    mend: "take the values of components/login/audit.ts",
    stack: auditFaults,
  },
];
