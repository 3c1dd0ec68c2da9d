import { UNKNOWN, type Resource } from "../../policy/model";
import { AUTHENTIK as AK } from "../../policy/tokens";
import { runProgram } from "../program";
import { accepts, refuses, resourcesOf, type Edit } from "./stack";

let base: readonly Resource[];
beforeAll(async () => {
  base = resourcesOf(await runProgram());
});
const stack = () => base;

const STAGE = "default-authentication-mfa-validation";
const stage = (inputs: Record<string, unknown>) => (edit: Edit) => edit.set(AK.validate, STAGE, inputs);

/** Binds a stage into a flow. */
function step(edit: Edit, name: string, flow: string, type: string, bound: string, order: number): void {
  const target = edit.to("target", AK.flow, flow, "uuid");
  const which = edit.to("stage", type, bound);
  edit.add(
    AK.flowStageBinding,
    name,
    { ...target.inputs, ...which.inputs, order },
    { dependencies: { ...target.dependencies, ...which.dependencies } },
  );
}

const DOORS = ["plana-recovery", "plana-google"] as const;
const LOCKED = [...DOORS, "default-authentication-flow"] as const;
const told = (door: (typeof LOCKED)[number]) =>
  door === "default-authentication-flow" ? "the login flow of Authentik" : `flow ${door}`;

describe("TOTP", () => {
  refuses(
    stack,
    (
      [
        ["skipped for who has none", { notConfiguredAction: "skip" }, /notConfiguredAction is "skip"/],
        ["denied to who has none", { notConfiguredAction: "deny" }, /notConfiguredAction is "deny"/],
        [
          "left to the server's default",
          { notConfiguredAction: undefined },
          /notConfiguredAction is \(nothing\)/,
        ],
        ["without its class", { deviceClasses: ["static"] }, /deviceClasses lacks totp/],
        ["beside e-mail", { deviceClasses: ["totp", "email"] }, /device class "email" is not TOTP/],
        ["without a stage to enrol", { configurationStages: [] }, /configurationStages is empty/],
        [
          "with a choice of what to enrol",
          { configurationStages: ["stage:default-authenticator-totp-setup", "stage:webauthn"] },
          /configurationStages are several/,
        ],
        ["not asked for a month", { lastAuthThreshold: "days=30" }, /lastAuthThreshold is "days=30"/],
      ] as const
    ).map(([what, inputs, said]) => ({ what, rule: "totp-enrols", edit: stage(inputs), said })),
  );

  refuses(stack, [
    {
      what: "recovery codes enrolled in place of TOTP",
      rule: "totp-enrols",
      edit: (edit) => {
        const { inputs, dependencies } = edit.to(
          "configurationStages",
          AK.staticSetup,
          "plana-recovery-codes",
        );
        edit.set(AK.validate, STAGE, { configurationStages: [inputs.configurationStages] }, dependencies);
      },
      said: /configuration stage plana-recovery-codes does not enrol TOTP/,
    },
    {
      what: "a stage of another name, which the password door does not use",
      rule: "totp-enrols",
      edit: stage({ name: "plana-mfa" }),
      said: /^0 stages default-authentication-mfa-validation in the program/m,
    },
    {
      what: "a second, lax stage",
      rule: "totp-enrols",
      edit: (edit) => edit.add(AK.validate, "lax", { name: "lax", notConfiguredAction: "skip" }),
      said: /^lax: notConfiguredAction is "skip"/m,
    },
    ...DOORS.flatMap((door) => [
      {
        what: `${door} without the second factor`,
        rule: "totp-on-every-door",
        edit: (edit: Edit) => edit.remove(AK.flowStageBinding, `${door}-second-factor`),
        said: new RegExp(`^flow ${door} does not bind the second factor$`, "m"),
      },
      {
        what: `${door} with another stage in its place`,
        rule: "totp-on-every-door",
        edit: (edit: Edit) => {
          const { inputs, dependencies } = edit.to("stage", AK.deny, "plana-lockout");
          edit.set(AK.flowStageBinding, `${door}-second-factor`, inputs, dependencies);
        },
        said: new RegExp(`^flow ${door} does not bind the second factor$`, "m"),
      },
      {
        what: `${door} with a policy on the second factor`,
        rule: "totp-on-every-door",
        edit: (edit: Edit) =>
          edit.bind("skip", [AK.flowStageBinding, `${door}-second-factor`], "plana-admins"),
        said: new RegExp(
          `^flow ${door} has a policy on ${door}-second-factor, which may skip the second factor$`,
          "m",
        ),
      },
      {
        what: `${door} with the login first`,
        rule: "totp-on-every-door",
        edit: (edit: Edit) => edit.set(AK.flowStageBinding, `${door}-login`, { order: 1 }),
        said: new RegExp(`^flow ${door} runs ${door}-login before the second factor$`, "m"),
      },
    ]),
    {
      what: "the password written before the second factor",
      rule: "totp-on-every-door",
      edit: (edit) => edit.set(AK.flowStageBinding, "plana-recovery-write", { order: 3 }),
      said: /^flow plana-recovery runs plana-recovery-write before the second factor$/m,
    },
    {
      what: "Authentik's own flow for Google",
      rule: "totp-on-every-door",
      edit: (edit) =>
        edit.set(
          AK.source,
          "google",
          { authenticationFlow: "flow:default-source-authentication" },
          { authenticationFlow: [] },
        ),
      said: /^source google logs in by flow "flow:default-source-authentication", which is not of this program/m,
    },
    {
      what: "Google without a flow",
      rule: "totp-on-every-door",
      edit: (edit) =>
        edit.set(AK.source, "google", { authenticationFlow: undefined }, { authenticationFlow: [] }),
      said: /^source google logs in by flow \(nothing\)/m,
    },
    {
      what: "a recovery flow that is not of this program",
      rule: "totp-on-every-door",
      edit: (edit) =>
        edit.set(AK.brand, "authentik-default", { flowRecovery: "flow:other" }, { flowRecovery: [] }),
      said: /^recovery flow "flow:other" of brand authentik-default is not of this program$/m,
    },
    {
      what: "a login flow of one's own without the second factor",
      rule: "totp-on-every-door",
      edit: (edit) => {
        edit.add(AK.flow, "plana-login", { slug: "plana-login", designation: "authentication" });
        const { inputs, dependencies } = edit.to("flowAuthentication", AK.flow, "plana-login", "uuid");
        edit.set(AK.brand, "authentik-default", inputs, dependencies);
      },
      said: /^flow plana-login does not bind the second factor$/m,
    },
    {
      what: "a login in a flow of another designation",
      rule: "totp-on-every-door",
      edit: (edit) =>
        step(edit, "codes-login", "plana-recovery-codes", AK.userLogin, "plana-google-login", 20),
      said: /^flow plana-recovery-codes does not bind the second factor$/m,
    },
    {
      what: "an enrolment bound early into Authentik's own flow",
      rule: "totp-on-every-door",
      edit: (edit) =>
        edit.set(AK.flowStageBinding, "default-authentication-flow-totp-enrolment", { order: 25 }),
      said: /^the login flow of Authentik runs default-authentication-flow-totp-enrolment before the second factor$/m,
    },
    ...DOORS.map((door) => ({
      what: `${door} with the enrolment before the second factor`,
      rule: "totp-on-every-door",
      edit: (edit: Edit) => edit.set(AK.flowStageBinding, `${door}-totp-enrolment`, { order: 1 }),
      said: new RegExp(`^flow ${door} runs ${door}-totp-enrolment before the second factor$`, "m"),
    })),
    {
      what: "recovery codes enrolled before the second factor",
      rule: "totp-on-every-door",
      edit: (edit) => step(edit, "early-codes", "plana-google", AK.staticSetup, "plana-recovery-codes", 5),
      said: /^flow plana-google runs early-codes before the second factor$/m,
    },
    {
      what: "a login bound early into Authentik's own flow",
      rule: "totp-on-every-door",
      edit: (edit) => {
        const { inputs, dependencies } = edit.to("stage", AK.userLogin, "plana-google-login");
        edit.add(
          AK.flowStageBinding,
          "early",
          { ...inputs, target: "flow:default-authentication-flow", order: 25 },
          { dependencies },
        );
      },
      said: /^the login flow of Authentik runs early before the second factor$/m,
    },
    {
      what: "a looked-up login in a flow of one's own",
      rule: "totp-on-every-door",
      edit: (edit) => {
        const target = edit.to("target", AK.flow, "plana-recovery-codes", "uuid");
        edit.add(
          AK.flowStageBinding,
          "shipped-login",
          { ...target.inputs, stage: "stage:default-authentication-login", order: 50 },
          { dependencies: target.dependencies },
        );
      },
      said: /^flow plana-recovery-codes does not bind the second factor$/m,
    },
    {
      what: "a looked-up login bound early into Authentik's own flow",
      rule: "totp-on-every-door",
      edit: (edit) =>
        edit.add(AK.flowStageBinding, "early", {
          stage: "stage:default-authentication-login",
          target: "flow:default-authentication-flow",
          order: 25,
        }),
      said: /^the login flow of Authentik runs early before the second factor$/m,
    },
    {
      what: "a login bound into a flow that nobody watches",
      rule: "totp-lock-on-every-door",
      edit: (edit) =>
        edit.add(AK.flowStageBinding, "elsewhere", {
          stage: "stage:default-authentication-login",
          target: "flow:default-invalidation-flow",
          order: 25,
        }),
      said: /^the flow that elsewhere logs in by has no lock/m,
    },
    {
      what: "another of Authentik's flows on the brand",
      rule: "totp-lock-on-every-door",
      edit: (edit) =>
        edit.set(AK.brand, "authentik-default", { flowAuthentication: "flow:default-source-authentication" }),
      said: /^the login flow of Authentik has no lock/m,
    },
    {
      what: "a second brand with a login flow of its own",
      rule: "totp-lock-on-every-door",
      edit: (edit) =>
        edit.add(AK.brand, "other", {
          domain: "other",
          flowAuthentication: "flow:default-source-authentication",
        }),
      said: /^the login flow of Authentik has no lock/m,
    },
    {
      what: "a brand that serves no host",
      rule: "totp-on-every-door",
      edit: (edit) => edit.set(AK.brand, "authentik-default", { default: false }),
      said: /^brand authentik-default has default false/m,
    },
    {
      what: "another brand in place of the adopted one",
      rule: "totp-on-every-door",
      edit: (edit) =>
        edit.add(AK.brand, "other", { domain: "other", default: true, flowAuthentication: "flow:x" }),
      said: /^brand other has default true/m,
    },
    ...["flowUnenrollment", "flowDeviceCode"].flatMap((property) => [
      {
        what: `a ${property} of one's own`,
        rule: "totp-on-every-door",
        edit: (edit: Edit) => {
          const { inputs, dependencies } = edit.to(property, AK.flow, "plana-recovery-codes", "uuid");
          edit.set(AK.brand, "authentik-default", inputs, dependencies);
        },
        said: new RegExp(`^${property} of brand authentik-default is made here`, "m"),
      },
      {
        what: `a ${property} that nobody knows yet`,
        rule: "totp-on-every-door",
        edit: (edit: Edit) => edit.set(AK.brand, "authentik-default", { [property]: UNKNOWN }),
        said: new RegExp(`^${property} of brand authentik-default is made here`, "m"),
      },
    ]),
    {
      what: "no brand",
      rule: "totp-on-every-door",
      edit: (edit) => edit.remove(AK.brand, "authentik-default"),
      said: /^no brand in the program/m,
    },
    ...LOCKED.flatMap((door) =>
      (
        [
          ["removed", (edit: Edit) => edit.remove(AK.flowStageBinding, `${door}-totp-missing`)],
          [
            "switched off",
            (edit: Edit) => edit.set(AK.policyBinding, `${door}-totp-missing-for-staff`, { enabled: false }),
          ],
          [
            "negated",
            (edit: Edit) => edit.set(AK.policyBinding, `${door}-totp-missing-for-lack`, { negate: true }),
          ],
          [
            "open when its policy breaks",
            (edit: Edit) =>
              edit.set(AK.policyBinding, `${door}-totp-missing-for-lack`, { failureResult: false }),
          ],
          [
            "for another group",
            (edit: Edit) => {
              const { inputs, dependencies } = edit.to("group", AK.group, "plana-finance");
              edit.set(AK.policyBinding, `${door}-totp-missing-for-staff`, inputs, dependencies);
            },
          ],
          [
            "narrowed by one policy more",
            (edit: Edit) =>
              edit.bind("narrow", [AK.flowStageBinding, `${door}-totp-missing`], "plana-finance"),
          ],
          [
            "with one policy enough",
            (edit: Edit) =>
              edit.set(AK.flowStageBinding, `${door}-totp-missing`, { policyEngineMode: "any" }),
          ],
          [
            "judged before anybody is known",
            (edit: Edit) =>
              edit.set(AK.flowStageBinding, `${door}-totp-missing`, { reEvaluatePolicies: false }),
          ],
          [
            "with a policy that never holds",
            (edit: Edit) =>
              edit.set(AK.policyExpression, "plana-totp-missing", { expression: "return False" }),
          ],
          [
            "with a policy that takes any device",
            (edit: Edit) => {
              const { inputs } = edit.one(AK.policyExpression, "plana-totp-missing");
              edit.set(AK.policyExpression, "plana-totp-missing", {
                expression: String(inputs.expression).replace(', "totp"', ""),
              });
            },
          ],
          [
            "with a policy that only looks like the program's",
            (edit: Edit) => {
              const { inputs } = edit.one(AK.policyExpression, "plana-totp-missing");
              edit.set(AK.policyExpression, "plana-totp-missing", {
                expression: `ak_user_has_authenticator = lambda *_: True\n${String(inputs.expression)}`,
              });
            },
          ],
          [
            "of which nobody knows whether it is negated",
            (edit: Edit) => edit.set(AK.policyBinding, `${door}-totp-missing-for-lack`, { negate: UNKNOWN }),
          ],
          [
            "of which nobody knows whether it is on",
            (edit: Edit) =>
              edit.set(AK.policyBinding, `${door}-totp-missing-for-staff`, { enabled: UNKNOWN }),
          ],
          [
            "after the login",
            (edit: Edit) => edit.set(AK.flowStageBinding, `${door}-totp-missing`, { order: 200 }),
          ],
          [
            "before anybody can enrol",
            (edit: Edit) => edit.set(AK.flowStageBinding, `${door}-totp-missing`, { order: 1 }),
          ],
        ] as const
      ).map(([what, edit]) => ({
        what: `the lock of ${door} ${what}`,
        rule: "totp-lock-on-every-door",
        edit,
        said: new RegExp(`^${told(door)} (has|runs) `, "m"),
      })),
    ),
    ...LOCKED.flatMap((door) =>
      (
        [
          [
            "without the enrolment",
            (edit: Edit) => edit.remove(AK.flowStageBinding, `${door}-totp-enrolment`),
            `refuses members of plana-staff without TOTP and never sends them to enrol`,
          ],
          [
            "with the enrolment after the lock",
            (edit: Edit) => edit.set(AK.flowStageBinding, `${door}-totp-enrolment`, { order: 95 }),
            `refuses members of plana-staff without TOTP and never sends them to enrol`,
          ],
          [
            "with an enrolment for whoever comes",
            (edit: Edit) =>
              edit
                .remove(AK.policyBinding, `${door}-totp-enrolment-for-staff`)
                .remove(AK.policyBinding, `${door}-totp-enrolment-for-lack`),
            `sends others to enrol than members of plana-staff without TOTP \\(${door}-totp-enrolment\\)`,
          ],
          [
            "with an enrolment for those who have TOTP",
            (edit: Edit) => edit.set(AK.policyBinding, `${door}-totp-enrolment-for-lack`, { negate: true }),
            `sends others to enrol than members of plana-staff without TOTP \\(${door}-totp-enrolment\\)`,
          ],
        ] as const
      ).map(([what, edit, said]) => ({
        what: `${door} ${what}`,
        rule: "totp-enrolment-before-lock",
        edit,
        said: new RegExp(`^${told(door)} ${said}$`, "m"),
      })),
    ),
    {
      what: "a lock for a group that nobody is in",
      rule: "totp-lock-on-every-door",
      edit: () => undefined,
      knobs: { staffGroup: "employees" },
      said: /^the login flow of Authentik has no lock that refuses members of employees without TOTP$/m,
    },
  ]);
});

describe("the recovery link", () => {
  const REFUSAL = "plana-recovery-refusal";
  const BINDING = "plana-recovery-without-link";
  const AGAIN = "plana-recovery-refusal-before-write";
  const text = (change: (expression: string) => string) => (edit: Edit) => {
    const { inputs } = edit.one(AK.policyExpression, BINDING);
    edit.set(AK.policyExpression, BINDING, { expression: change(String(inputs.expression)) });
  };
  const refusals = [
    {
      when: "at first",
      step: REFUSAL,
      binding: BINDING,
      said: /^flow plana-recovery runs plana-recovery-[a-z-]+ before it asks for the link$/m,
    },
    {
      when: "before the write",
      step: AGAIN,
      binding: `${BINDING}-before-write`,
      said: /^flow plana-recovery runs plana-recovery-write without asking for the link once more just before$/m,
    },
  ];
  refuses(stack, [
    ...refusals.flatMap(({ when, step, binding, said }) =>
      (
        [
          ["never asked for", (edit: Edit) => edit.remove(AK.flowStageBinding, step)],
          ["asked for by nobody", (edit: Edit) => edit.remove(AK.policyBinding, binding)],
          ["not asked for", (edit: Edit) => edit.set(AK.policyBinding, binding, { enabled: false })],
          ["asked for the wrong way", (edit: Edit) => edit.set(AK.policyBinding, binding, { negate: true })],
          [
            "not asked for when the policy breaks",
            (edit: Edit) => edit.set(AK.policyBinding, binding, { failureResult: false }),
          ],
          [
            "asked for of some",
            (edit: Edit) => edit.bind("some", [AK.flowStageBinding, step], "plana-admins"),
          ],
          [
            "asked for while the flow is planned",
            (edit: Edit) => edit.set(AK.flowStageBinding, step, { evaluateOnPlan: true }),
          ],
        ] as const
      ).map(([what, edit]) => ({ what: `${what} ${when}`, rule: "recovery-link-own", edit, said })),
    ),
    ...(
      [
        ["return True\n", "return False\n"],
        ["or not account.is_active", ""],
      ] as const
    ).map(([from, to]) => ({
      what: `asked for in words that only look like the program's: ${JSON.stringify(to)}`,
      rule: "recovery-link-own",
      edit: text((expression) => expression.replace(from, to)),
      said: /^flow plana-recovery does not refuse who comes by no link of their own$/m,
    })),
    ...[8, 20].map((order) => ({
      what: `asked for at ${order}, where the prompt or the write may come between`,
      rule: "recovery-link-own",
      edit: (edit: Edit) => edit.set(AK.flowStageBinding, AGAIN, { order }),
      said: refusals[1]?.said ?? /never/,
    })),
    {
      what: "not asked for before a write that is looked up",
      rule: "recovery-link-own",
      edit: (edit) => {
        const target = edit.to("target", AK.flow, "plana-recovery", "uuid");
        edit.add(
          AK.flowStageBinding,
          "late-write",
          { ...target.inputs, stage: "stage:default-password-change-write", order: 30 },
          { dependencies: target.dependencies },
        );
      },
      said: /^flow plana-recovery runs late-write without asking for the link once more just before$/m,
    },
    {
      what: "asked for too late",
      rule: "recovery-link-own",
      edit: (edit) => edit.set(AK.flowStageBinding, REFUSAL, { order: 8 }),
      said: /^flow plana-recovery runs plana-recovery-[a-z-]+ before it asks for the link$/m,
    },
  ]);
});

describe("ways round the login", () => {
  refuses(
    stack,
    (
      [
        ["unknown Google accounts", AK.source, "google", { enrollmentFlow: "x" }, /enrollmentFlow is set/],
        [
          "links by username",
          AK.source,
          "google",
          { userMatchingMode: "username_link" },
          /userMatchingMode is "username_link"/,
        ],
        [
          "a sign-up link",
          AK.identification,
          "default-authentication-identification",
          { enrollmentFlow: "x" },
          /enrollmentFlow is set/,
        ],
        [
          "a login without a password",
          AK.identification,
          "default-authentication-identification",
          { passwordlessFlow: "x" },
          /passwordlessFlow is set/,
        ],
        [
          "another identity provider",
          AK.source,
          "google",
          { providerType: "openidconnect" },
          /providerType is "openidconnect"/,
        ],
        [
          "groups by what Google says",
          AK.source,
          "google",
          { groupMatchingMode: "name_link" },
          /groupMatchingMode is "name_link"/,
        ],
        ["a mapping of people", AK.source, "google", { propertyMappings: ["x"] }, /propertyMappings is set/],
        [
          "a mapping of groups",
          AK.source,
          "google",
          { propertyMappingsGroups: [UNKNOWN] },
          /propertyMappingsGroups is set/,
        ],
        [
          "an answer from elsewhere",
          AK.source,
          "google",
          { profileUrl: "https://googleapis.com.example.org/v1/userinfo" },
          /profileUrl is .*, which is not Google's/,
        ],
        [
          "a group for whoever sets a password",
          AK.userWrite,
          "plana-recovery-write",
          { createUsersGroup: "x" },
          /createUsersGroup is set/,
        ],
        [
          "a recovery from inside a session",
          AK.flow,
          "plana-recovery",
          { authentication: "none" },
          /authentication is "none"; expected require_unauthenticated/,
        ],
        [
          "recovery codes for whoever comes",
          AK.flow,
          "plana-recovery-codes",
          { authentication: undefined },
          /authentication is \(nothing\); expected require_authenticated/,
        ],
        [
          "a password before the lockout",
          AK.identification,
          "default-authentication-identification",
          { passwordStage: "x" },
          /passwordStage is set/,
        ],
        [
          "accounts made in recovery",
          AK.userWrite,
          "plana-recovery-write",
          { userCreationMode: "create_when_required" },
          /userCreationMode is "create_when_required"/,
        ],
        [
          "an enrolment flow",
          AK.flow,
          "plana-recovery-codes",
          { designation: "enrollment" },
          /a flow for enrolment/,
        ],
      ] as const
    ).map(([what, type, name, inputs, said]) => ({
      what,
      rule: "no-way-round-login",
      edit: (edit: Edit) => edit.set(type, name, inputs),
      said,
    })),
  );

  refuses(stack, [
    {
      what: "an app password",
      rule: "no-way-round-login",
      edit: (edit) => edit.add(AK.token, "app", { identifier: "app", intent: "app_password" }),
      said: /^app: a token for "app_password"/m,
    },
    ...[
      "sourceSaml:SourceSaml",
      "sourceLdap:SourceLdap",
      "providerLdap:ProviderLdap",
      "stageInvitation:StageInvitation",
    ].map((kind) => ({
      what: kind,
      rule: "no-way-round-login",
      edit: (edit: Edit) => edit.add(`authentik:index/${kind}`, "other", { name: "other" }),
      said: /^other: another door/m,
    })),
  ]);

  accepts(stack, [
    [
      "a token of an administrator's script",
      (edit) => edit.add(AK.token, "script", { identifier: "script", intent: "api" }),
      { furtherKinds: [AK.token] },
    ],
    ["no static codes", stage({ deviceClasses: ["totp"] })],
  ]);
});
