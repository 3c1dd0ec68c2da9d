import {
  fromHostedDomain as programFromHostedDomain,
  lacksOwnLink,
  lacksTotp,
} from "../../components/login/expressions";
import { UNKNOWN, type Resource } from "../../policy/model";
import { fromHostedDomain, LACKS_OWN_LINK, LACKS_TOTP, SCOPES } from "../../policy/texts";
import { AUTHENTIK as AK } from "../../policy/tokens";
import { runProgram } from "../program";
import { accepts, refuses, resourcesOf, type Edit } from "./stack";

let base: readonly Resource[];
beforeAll(async () => {
  base = resourcesOf(await runProgram());
});
const stack = () => base;

const LOCKOUT = "default-authentication-flow-lockout";
const MFA = "default-authentication-mfa-validation";

describe("what a login is worth", () => {
  refuses(stack, [
    ...(
      [
        ["codes tried without end", AK.validate, MFA, { totpOtpThrottlingFactor: 0 }],
        ["short recovery codes", AK.staticSetup, "plana-recovery-codes", { tokenLength: 4 }],
        [
          "recovery codes of the server's length",
          AK.staticSetup,
          "plana-recovery-codes",
          { tokenLength: undefined },
        ],
        ["recovery codes by the thousand", AK.staticSetup, "plana-recovery-codes", { tokenCount: 5000 }],
        ["a session of a year", AK.userLogin, "plana-google-login", { sessionDuration: "days=365" }],
        ["a token of a year", AK.oauth2, "grafana", { accessTokenValidity: "days=365" }],
        ["a refresh of a year", AK.oauth2, "grafana", { refreshTokenValidity: "weeks=52" }],
        ["a code of a day", AK.oauth2, "grafana", { accessCodeValidity: "days=1" }],
        ["a proxied login of a year", AK.proxy, "matomo-admin", { accessTokenValidity: "days=365" }],
        ["a session that nobody can tell", AK.userLogin, "plana-google-login", { sessionDuration: UNKNOWN }],
        [
          "a session that is remembered",
          AK.userLogin,
          "plana-recovery-login",
          { rememberMeOffset: "days=30" },
        ],
        [
          "people who can be told from strangers",
          AK.identification,
          "default-authentication-identification",
          { pretendUserExists: false },
        ],
        ["a lockout that never comes", AK.policyReputation, "plana-lockout", { threshold: -1000 }],
        ["a lockout of everyone", AK.policyReputation, "plana-lockout", { threshold: 5 }],
        ["a lockout of addresses alone", AK.policyReputation, "plana-lockout", { checkUsername: false }],
        ["scores that do not sink", AK.systemSettings, "system-settings", { reputationLowerLimit: 0 }],
        [
          "good logins that pay for bad ones",
          AK.systemSettings,
          "system-settings",
          { reputationUpperLimit: 100 },
        ],
        ["links of a year", AK.systemSettings, "system-settings", { defaultTokenDuration: "days=365" }],
        [
          "links of many units",
          AK.systemSettings,
          "system-settings",
          { defaultTokenDuration: "hours=20;minutes=300" },
        ],
        [
          "links of an unknown unit",
          AK.systemSettings,
          "system-settings",
          { defaultTokenDuration: "months=1" },
        ],
        ["short tokens", AK.systemSettings, "system-settings", { defaultTokenLength: 8 }],
      ] as const
    ).map(([what, type, name, inputs]) => ({
      what,
      rule: "login-worth-something",
      edit: (edit: Edit) => edit.set(type, name, inputs),
      said: new RegExp(`^${name}: ${Object.keys(inputs)[0] ?? ""} is .*; expected `, "m"),
    })),
    ...(
      [
        ["unbound", (edit: Edit) => edit.remove(AK.policyBinding, LOCKOUT)],
        ["switched off", (edit: Edit) => edit.set(AK.policyBinding, LOCKOUT, { enabled: false })],
        ["negated", (edit: Edit) => edit.set(AK.policyBinding, LOCKOUT, { negate: true })],
        ["after the password", (edit: Edit) => edit.set(AK.flowStageBinding, LOCKOUT, { order: 25 })],
        ["before anybody is known", (edit: Edit) => edit.set(AK.flowStageBinding, LOCKOUT, { order: 5 })],
        ["without its stage", (edit: Edit) => edit.remove(AK.flowStageBinding, LOCKOUT)],
      ] as const
    ).map(([what, edit]) => ({
      what: `a lockout ${what}`,
      rule: "login-worth-something",
      edit,
      said: /^policy plana-lockout refuses nobody between identification \(10\) and password \(20\)$/m,
    })),
  ]);

  refuses(stack, [
    {
      what: "no lockout at all",
      rule: "login-worth-something",
      edit: (edit) => edit.remove(AK.policyReputation, "plana-lockout"),
      said: /^no reputation policy, so nobody is locked out$/m,
    },
    {
      what: "a lockout in another flow",
      rule: "login-worth-something",
      edit: (edit) =>
        edit.set(AK.flowStageBinding, LOCKOUT, { target: "flow:default-source-authentication" }),
      said: /^policy plana-lockout refuses nobody/m,
    },
  ]);

  accepts(stack, [
    [
      "links of an hour",
      (edit) => edit.set(AK.systemSettings, "system-settings", { defaultTokenDuration: "hours=1" }),
    ],
    ["a lockout after three", (edit) => edit.set(AK.policyReputation, "plana-lockout", { threshold: -3 })],
    ["a higher brake on codes", (edit) => edit.set(AK.validate, MFA, { totpOtpThrottlingFactor: 2 })],
  ]);
});

describe("setting a password", () => {
  refuses(stack, [
    ...(
      [
        [
          "a field that is none of a password",
          AK.promptField,
          "plana-recovery-password",
          { fieldKey: "is_superuser" },
        ],
        ["a password that is shown", AK.promptField, "plana-recovery-password", { type: "text" }],
        [
          "a field that may be left out",
          AK.promptField,
          "plana-recovery-password-repeat",
          { required: false },
        ],
        [
          "a field that is a program",
          AK.promptField,
          "plana-recovery-password",
          { initialValueExpression: true },
        ],
        [
          "a hint that is a program",
          AK.promptField,
          "plana-recovery-password",
          { placeholderExpression: UNKNOWN },
        ],
        ["a short password", AK.policyPassword, "plana-password", { lengthMin: 4 }],
        ["rules that nobody checks", AK.policyPassword, "plana-password", { checkStaticRules: false }],
        ["a password that is guessed at once", AK.policyPassword, "plana-password", { checkZxcvbn: false }],
        ["a password that is guessed soon", AK.policyPassword, "plana-password", { zxcvbnScoreThreshold: 0 }],
        ["another field checked", AK.policyPassword, "plana-password", { passwordField: "name" }],
      ] as const
    ).map(([what, type, name, inputs]) => ({
      what,
      rule: "password-prompts-strict",
      edit: (edit: Edit) => edit.set(type, name, inputs),
      said: new RegExp(`^${name}: ${Object.keys(inputs)[0] ?? ""} is .*; expected `, "m"),
    })),
    {
      what: "a prompt without a password policy",
      rule: "password-prompts-strict",
      edit: (edit) =>
        edit.set(AK.prompt, "plana-recovery-prompt", { validationPolicies: [] }, { validationPolicies: [] }),
      said: /^prompt plana-recovery-prompt has no password policy of this program$/m,
    },
    {
      what: "a prompt with a policy of another kind",
      rule: "password-prompts-strict",
      edit: (edit) => {
        const { inputs, dependencies } = edit.to("validationPolicies", AK.policyReputation, "plana-lockout");
        edit.set(
          AK.prompt,
          "plana-recovery-prompt",
          { validationPolicies: [inputs.validationPolicies] },
          dependencies,
        );
      },
      said: /^prompt plana-recovery-prompt has no password policy of this program$/m,
    },
    {
      what: "a prompt with a field that nobody can judge",
      rule: "password-prompts-strict",
      edit: (edit) => {
        const { inputs } = edit.one(AK.prompt, "plana-recovery-prompt");
        edit.set(AK.prompt, "plana-recovery-prompt", { fields: [...(inputs.fields as string[]), "0c1d"] });
      },
      said: /^prompt plana-recovery-prompt has field "0c1d", which is not of this program$/m,
    },
  ]);
});

describe("what runs on the server", () => {
  test("the pack's texts are the program's, word for word", () => {
    expect([LACKS_TOTP, LACKS_OWN_LINK]).toEqual([lacksTotp(), lacksOwnLink()]);
    expect(fromHostedDomain("google", "plana.solutions")).toBe(
      programFromHostedDomain("google", "plana.solutions"),
    );
    const mappings = base.filter(({ type }) => type === AK.scopeMapping).map(({ inputs }) => inputs);
    expect(SCOPES).toEqual(
      Object.fromEntries(mappings.map(({ scopeName, expression }) => [scopeName, expression])),
    );
  });

  refuses(stack, [
    {
      what: "a policy of another text",
      rule: "policies-of-the-program",
      edit: (edit) =>
        edit.set(AK.policyExpression, "plana-totp-missing", {
          expression: "return requests.get('https://x')",
        }),
      said: /^policy plana-totp-missing has a text that is none of the program's$/m,
    },
    {
      what: "a policy whose text nobody knows yet",
      rule: "policies-of-the-program",
      edit: (edit) => edit.set(AK.policyExpression, "plana-totp-missing", { expression: UNKNOWN }),
      said: /^policy plana-totp-missing has a text that is none of the program's$/m,
    },
    {
      what: "the policy of another source",
      rule: "policies-of-the-program",
      edit: (edit) =>
        edit.set(AK.policyExpression, "plana-google-staff-only", {
          expression: programFromHostedDomain("github", "plana.solutions"),
        }),
      said: /^policy plana-google-staff-only has a text that is none of the program's$/m,
    },
    {
      what: "a policy that is bound to nothing",
      rule: "policies-of-the-program",
      edit: (edit) => edit.add(AK.policyExpression, "stray", { name: "stray", expression: lacksTotp() }),
      said: /^policy stray is bound to nothing of this program$/m,
    },
  ]);
});

describe("what is told of it", () => {
  refuses(stack, [
    ...(
      [
        ["events of a week", AK.systemSettings, "system-settings", { eventRetention: "days=7" }],
        ["events that nobody can tell", AK.systemSettings, "system-settings", { eventRetention: undefined }],
        ["a report to elsewhere", AK.eventTransport, "plana-administrators", { mode: "webhook" }],
        ["events of one address", AK.eventMatcher, "plana-secret-viewed", { clientIp: "192.0.2.1" }],
      ] as const
    ).map(([what, type, name, inputs]) => ({
      what,
      rule: "audit-kept",
      edit: (edit: Edit) => edit.set(type, name, inputs),
      said: new RegExp(`^${name}: ${Object.keys(inputs)[0] ?? ""} is .*; expected `, "m"),
    })),
    {
      what: "a rule without a transport",
      rule: "audit-kept",
      edit: (edit) => edit.set(AK.eventRule, "plana-impersonation", { transports: [] }, { transports: [] }),
      said: /^event rule plana-impersonation tells nobody/m,
    },
    {
      what: "a rule without a group",
      rule: "audit-kept",
      edit: (edit) =>
        edit.set(
          AK.eventRule,
          "plana-impersonation",
          { destinationGroup: undefined },
          { destinationGroup: [] },
        ),
      said: /^event rule plana-impersonation tells no group/m,
    },
    ...(
      [
        ["enabled", false],
        ["enabled", UNKNOWN],
        ["negate", true],
      ] as const
    ).map(([property, value]) => ({
      what: `an event with ${property} ${String(value)}`,
      rule: "audit-kept",
      edit: (edit: Edit) =>
        edit.set(AK.policyBinding, "plana-impersonation-impersonation-started", { [property]: value }),
      said: /^binding plana-impersonation-impersonation-started of event rule plana-impersonation is switched off or negated$/m,
    })),
    {
      what: "a rule that watches for nothing",
      rule: "audit-kept",
      edit: (edit) => {
        for (const event of ["started", "ended"])
          edit.remove(AK.policyBinding, `plana-impersonation-impersonation-${event}`);
      },
      said: /^event rule plana-impersonation watches for nothing$/m,
    },
  ]);

  accepts(stack, [
    [
      "events of two years",
      (edit) => edit.set(AK.systemSettings, "system-settings", { eventRetention: "days=730" }),
    ],
  ]);
});
