import { isGiven, listOf, textOf, valueOf, UNKNOWN, type Resource, type Stack } from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { AUTHENTIK } from "../tokens";
import {
  doorsOf,
  enrolmentFault,
  enrols,
  linkFault,
  lockFault,
  mayEnd,
  numberOf,
  recoveriesOf,
  stageOf,
  stepsOf,
  type Door,
} from "./door";

/** The stage that Authentik's own login flow binds, by this name, between password (20) and login (100). */
const BUILT_IN_STAGE = "default-authentication-mfa-validation";

function enrolmentFaults(stage: Resource, stack: Stack): string[] {
  const faults: string[] = [];
  const action = valueOf(stage, "notConfiguredAction");
  if (action !== "configure")
    faults.push(`notConfiguredAction is ${shown(action)}: who has no device is not sent to enrol one`);
  const classes = listOf(stage, "deviceClasses");
  if (!classes.includes("totp")) faults.push("deviceClasses lacks totp");
  for (const other of classes.filter((name) => name !== "totp" && name !== "static"))
    faults.push(`device class ${shown(other)} is not TOTP`);
  if (!isGiven(valueOf(stage, "configurationStages")))
    faults.push("configurationStages is empty: nobody can enrol");
  const { found } = stack.references(stage, "configurationStages");
  for (const other of found.filter(({ type }) => type !== AUTHENTIK.totpSetup))
    faults.push(`configuration stage ${other.name} does not enrol TOTP`);
  if (listOf(stage, "configurationStages").length > 1)
    faults.push("configurationStages are several: who chooses another does not enrol TOTP");
  const threshold = valueOf(stage, "lastAuthThreshold");
  if (threshold !== undefined && !/^\w+=0$/.test(textOf(stage, "lastAuthThreshold"))) {
    faults.push(`lastAuthThreshold is ${shown(threshold)}: the code is not asked at every login`);
  }
  return faults;
}

function enrolmentStages(stack: Stack): Violation[] {
  const stages = stack.all(AUTHENTIK.validate);
  const builtIn = stages.filter((stage) => textOf(stage, "name") === BUILT_IN_STAGE);
  return [
    ...(builtIn.length === 1
      ? []
      : [
          {
            what: `${builtIn.length} stages ${BUILT_IN_STAGE} in the program; expected one, which the password door uses`,
          },
        ]),
    ...stages.flatMap((stage) =>
      enrolmentFaults(stage, stack).flatMap((fault) => violation(stage, `${stage.name}: ${fault}`)),
    ),
  ];
}

/** What keeps the second factor of a door from being asked before anything is given. */
function validationFault(stack: Stack, door: Door): string | undefined {
  const steps = stepsOf(stack, door);
  const asked = steps.filter((step) => stageOf(stack, step)?.type === AUTHENTIK.validate);
  const first = door.builtIn ? 30 : Math.min(...asked.map(numberOf));
  if (!door.builtIn && asked.length === 0) return "does not bind the second factor";
  for (const step of asked) {
    if (stack.referrers(AUTHENTIK.policyBinding, "target", step).length > 0)
      return `has a policy on ${step.name}, which may skip the second factor`;
  }
  // Whoever enrols before the code is asked has a code.
  const early = steps.find((step) => (mayEnd(stack, step) || enrols(stack, step)) && numberOf(step) <= first);
  return early && `runs ${early.name} before the second factor`;
}

/** Domain of the brand that Authentik ships, which serves every host that no other one names. */
const DEFAULT_BRAND = "authentik-default";

function brandFaults(stack: Stack): Violation[] {
  const brands = stack.all(AUTHENTIK.brand);
  if (brands.length === 0) return [{ what: "no brand in the program, so nobody can tell the login flow" }];
  return brands.flatMap((brand) => {
    const recovery = stack.references(brand, "flowRecovery");
    const isDefault = valueOf(brand, "default") ?? false;
    const expected = textOf(brand, "domain") === DEFAULT_BRAND;
    const faults = [
      isGiven(valueOf(brand, "flowAuthentication"))
        ? undefined
        : `brand ${brand.name} has no authentication flow`,
      recovery.unresolved.length > 0 && recovery.found.length === 0
        ? `recovery flow ${shown(recovery.unresolved[0]?.value)} of brand ${brand.name} is not of this program`
        : undefined,
      isDefault === expected
        ? undefined
        : `brand ${brand.name} has default ${shown(isDefault)}: another one's flows are taken`,
      // Adopted with what was there; only a new one is the program's doing.
      ...["flowUnenrollment", "flowDeviceCode"].map((property) =>
        brand.inputs[property] === UNKNOWN || stack.references(brand, property).found.length > 0
          ? `${property} of brand ${brand.name} is made here: no rule watches over it`
          : undefined,
      ),
    ];
    return faults.flatMap((fault) => violation(brand, fault));
  });
}

function sourceFaults(stack: Stack): Violation[] {
  return stack
    .all(AUTHENTIK.source)
    .flatMap((source) =>
      violation(
        source,
        stack.references(source, "authenticationFlow").found.length === 1
          ? undefined
          : `source ${source.name} logs in by flow ${shown(valueOf(source, "authenticationFlow"))}, which is not of this program: Authentik's own has no second factor`,
      ),
    );
}

/** Types that open a login of another kind, beside every flow of this program. */
const OTHER_DOORS =
  /^authentik:index\/(?:source(?!Oauth:)|provider(?:Saml|Ldap|Radius|Rac|WsFederation|Ssf)|stageInvitation|stageSource|stageMutualTls|endpoint)\w*:/i;

/** Who may begin a flow, by what it is for. */
const AUTHENTICATION: Readonly<Record<string, string>> = {
  authentication: "require_unauthenticated",
  recovery: "require_unauthenticated",
  stage_configuration: "require_authenticated",
};

/** Where Google answers. */
const OF_GOOGLE = /^https:\/\/(?:[a-z0-9-]+\.)+(?:google|googleapis)\.com\//;

/** What of a source puts whoever logs in into groups, by their names, or lets somebody else than Google answer. */
function groupsOfSource(source: Resource): string[] {
  const mode = valueOf(source, "groupMatchingMode") ?? "identifier";
  return [
    ...["propertyMappings", "propertyMappingsGroups"]
      .filter((property) => isGiven(valueOf(source, property)))
      .map((property) => `${property} is set: it says itself who somebody is, and in which groups`),
    ...(mode === "identifier"
      ? []
      : [`groupMatchingMode is ${shown(mode)}: people come into groups by a name`]),
    ...Object.entries(source.inputs)
      .filter(([property, url]) => property.endsWith("Url") && isGiven(url) && !OF_GOOGLE.test(String(url)))
      .map(([property, url]) => `${property} is ${shown(url)}, which is not Google's`),
  ];
}

function wayRound(resource: Resource): string[] {
  switch (resource.type) {
    case AUTHENTIK.source: {
      const faults = isGiven(valueOf(resource, "enrollmentFlow"))
        ? ["enrollmentFlow is set: unknown people are let in"]
        : [];
      const provider = valueOf(resource, "providerType");
      if (provider !== "google")
        faults.push(`providerType is ${shown(provider)}: somebody else than Google says who a person is`);
      const mode = valueOf(resource, "userMatchingMode");
      if (mode !== "email_link" && mode !== "identifier")
        faults.push(`userMatchingMode is ${shown(mode)}; expected email_link`);
      return [...faults, ...groupsOfSource(resource)];
    }
    case AUTHENTIK.identification:
      return [
        ...["enrollmentFlow", "passwordlessFlow", "webauthnStage"]
          .filter((property) => isGiven(valueOf(resource, property)))
          .map((property) => `${property} is set: a door that no rule watches`),
        ...(isGiven(valueOf(resource, "passwordStage"))
          ? ["passwordStage is set: the password is tried before the lockout is"]
          : []),
      ];
    case AUTHENTIK.userWrite: {
      const mode = valueOf(resource, "userCreationMode");
      return [
        ...(mode === "never_create"
          ? []
          : [`userCreationMode is ${shown(mode)}: people make accounts themselves`]),
        ...(isGiven(valueOf(resource, "createUsersGroup"))
          ? ["createUsersGroup is set: whoever sets a password is put into that group"]
          : []),
      ];
    }
    case AUTHENTIK.flow: {
      const designation = valueOf(resource, "designation");
      const asked = valueOf(resource, "authentication");
      const expected = AUTHENTICATION[textOf(resource, "designation")];
      return [
        ...(designation === "enrollment" ? ["a flow for enrolment: people make accounts themselves"] : []),
        ...(expected === undefined || asked === expected
          ? []
          : [`authentication is ${shown(asked)}; expected ${expected}`]),
      ];
    }
    case AUTHENTIK.token: {
      const intent = valueOf(resource, "intent") ?? "api";
      return intent === "api" ? [] : [`a token for ${shown(intent)}: logs in without a second factor`];
    }
    default:
      return OTHER_DOORS.test(resource.type) ? ["another door: no rule watches over its second factor"] : [];
  }
}

/** Rules about the second factor and everything that leads past it. */
export const doorRules: readonly Rule[] = [
  {
    name: "totp-enrols",
    level: "mandatory",
    reason: "TOTP is mandatory: who has not enrolled is sent to enrol, and everyone is asked at every login.",
    mend: "notConfiguredAction configure, deviceClasses totp and static, the TOTP setup as configuration stage, no threshold",
    stack: enrolmentStages,
  },
  {
    name: "totp-on-every-door",
    level: "mandatory",
    reason: "A door without the second factor (password, Google, reset link) makes the others worthless.",
    mend: "bind the one validation stage in every flow that logs in, before password, login and enrolment, without a policy on it",
    stack: (stack) => [
      ...brandFaults(stack),
      ...sourceFaults(stack),
      ...doorsOf(stack).flatMap((door) => {
        const fault = validationFault(stack, door);
        return fault === undefined ? [] : [{ what: `${door.name} ${fault}`, urn: door.urn }];
      }),
    ],
  },
  {
    name: "totp-lock-on-every-door",
    level: "mandatory",
    reason:
      "The stage alone can be set otherwise by hand: a second lock refuses staff without TOTP whatever the stage says.",
    mend: "bind the deny stage with the staff group and the TOTP policy in every flow that logs in (`secondFactor.require`)",
    knobs: ["staffGroup"],
    stack: (stack, { staffGroup }) =>
      doorsOf(stack).flatMap((door) => {
        const fault = lockFault(stack, door, staffGroup);
        return fault === undefined ? [] : [{ what: `${door.name} ${fault}`, urn: door.urn }];
      }),
  },
  {
    name: "totp-enrolment-before-lock",
    // Without it people are shut out, and nobody is let in.
    level: "advisory",
    reason:
      "Whoever has recovery codes and no TOTP is asked for a code instead of being sent to enrol, and then refused by the lock, for ever.",
    mend: "`secondFactor.require`, which binds the enrolment before the lock, for the same people",
    knobs: ["staffGroup"],
    stack: (stack, { staffGroup }) =>
      doorsOf(stack).flatMap((door) => {
        const fault = enrolmentFault(stack, door, staffGroup);
        return fault === undefined ? [] : [{ what: `${door.name} ${fault}`, urn: door.urn }];
      }),
  },
  {
    name: "recovery-link-own",
    level: "mandatory",
    reason:
      "A link restores the session it is opened in, and the person as they were: without the refusals it sets the password of another, or makes a disabled account active again.",
    mend: "bind the deny stage with the policy of `lacksOwnLink`, which refuses when it breaks, before every other stage and once more just before the write",
    stack: (stack) =>
      recoveriesOf(stack).flatMap((flow) => {
        const fault = linkFault(stack, flow);
        return violation(flow, fault && `flow ${flow.name} ${fault}`);
      }),
  },
  {
    name: "no-way-round-login",
    level: "mandatory",
    reason:
      "Self-made accounts, app passwords and other kinds of login know neither the roster nor the second factor.",
    mend: "leave it out; people come from the roster and log in with password or Google",
    resource: (resource) =>
      wayRound(resource).flatMap((what) => violation(resource, `${resource.name}: ${what}`)),
  },
];
