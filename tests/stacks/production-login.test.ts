import { fromHostedDomain, lacksOwnLink, lacksTotp } from "../../components/login/expressions";
import { ak, runProgram, type Program } from "../program";
import { PROD_SECRETS } from "../stack-files";
import { anyOf } from "../matchers";

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

const inputs = (type: string, name: string) => program.recorder.one(ak(type), name).inputs;
const MFA = "id:default-authentication-mfa-validation";
const SETUP = "stage:default-authenticator-totp-setup";
/** Those for whom a door has the enrolment and the refusal: members of staff who lack TOTP. */
const STAFF_WITHOUT_TOTP = ["id:plana-staff", "id:plana-totp-missing"];

/** Stages of a flow in their order: `[order, stage]`. */
function steps(target: string): unknown[] {
  return program.recorder
    .all(ak("FlowStageBinding"))
    .filter((binding) => binding.inputs.target === target)
    .sort((a, b) => Number(a.inputs.order) - Number(b.inputs.order))
    .map((binding) => [binding.inputs.order, binding.inputs.stage]);
}

/** What is bound to a flow or to the binding of a stage: policies and groups. */
function bound(target: string): unknown[] {
  return program.recorder
    .all(ak("PolicyBinding"))
    .filter((binding) => binding.inputs.target === target)
    .map((binding) => binding.inputs.policy ?? binding.inputs.group)
    .sort();
}

test("every stage is bound so that its policies are asked when it is reached", () => {
  for (const { name, inputs: binding } of program.recorder.all(ak("FlowStageBinding"))) {
    const mode = /-totp-(?:missing|enrolment)$/.test(name) ? "all" : "any";
    expect([name, binding]).toEqual([
      name,
      {
        target: anyOf(String),
        stage: anyOf(String),
        order: anyOf(Number),
        evaluateOnPlan: false,
        reEvaluatePolicies: true,
        invalidResponseAction: "retry",
        policyEngineMode: mode,
      },
    ]);
  }
});

describe("the password door", () => {
  test("sends whoever has no TOTP device to the enrolment", () => {
    expect(inputs("StageAuthenticatorValidate", "default-authentication-mfa-validation")).toEqual({
      name: "default-authentication-mfa-validation",
      notConfiguredAction: "configure",
      deviceClasses: ["totp", "static"],
      configurationStages: [SETUP],
      lastAuthThreshold: "seconds=0",
      staticOtpThrottlingFactor: 0,
    });
  });

  test("locks out after repeated failures, and before the login has staff without TOTP enrol, or refuses them", () => {
    expect(steps("flow:default-authentication-flow")).toEqual([
      [15, "id:plana-lockout"],
      // For whoever stood at the password prompt before.
      [25, "id:plana-lockout"],
      [89, SETUP],
      [90, "id:plana-totp-missing"],
    ]);
    expect(bound("id:default-authentication-flow-lockout")).toEqual(["id:plana-lockout"]);
    expect(bound("id:default-authentication-flow-lockout-after-password")).toEqual(["id:plana-lockout"]);
    expect(bound("id:default-authentication-flow-totp-enrolment")).toEqual(STAFF_WITHOUT_TOTP);
    expect(bound("id:default-authentication-flow-totp-missing")).toEqual(STAFF_WITHOUT_TOTP);
  });

  test("counts failures by username, five of them", () => {
    expect(inputs("PolicyReputation", "plana-lockout")).toEqual({
      name: "plana-lockout",
      checkIp: false,
      checkUsername: true,
      threshold: -5,
      executionLogging: false,
    });
    expect(inputs("StageDeny", "plana-lockout")).toEqual({
      name: "plana-lockout",
      denyMessage: "Too many failed logins. Try again later.",
    });
  });

  test("the second lock looks for a TOTP device of the person who logs in", () => {
    expect(inputs("PolicyExpression", "plana-totp-missing")).toEqual({
      name: "plana-totp-missing",
      expression: lacksTotp(),
      executionLogging: false,
    });
    expect(inputs("StageDeny", "plana-totp-missing")).toEqual({
      name: "plana-totp-missing",
      denyMessage: "Two-factor authentication is mandatory.",
    });
  });
});

describe("the recovery door", () => {
  test("is a flow of its own", () => {
    expect(inputs("Flow", "plana-recovery")).toEqual({
      slug: "plana-recovery",
      name: "Set a new password",
      title: "Set a new password",
      designation: "recovery",
      authentication: "require_unauthenticated",
      deniedAction: "message_continue",
      policyEngineMode: "all",
      layout: "stacked",
      compatibilityMode: false,
    });
  });

  test("refuses without a link of one's own, then asks the second factor, and only then writes the password", () => {
    expect(steps("uuid:plana-recovery")).toEqual([
      [0, "id:plana-recovery-refusal"],
      [5, MFA],
      [6, SETUP],
      [7, "id:plana-totp-missing"],
      [10, "id:plana-recovery-prompt"],
      [15, "id:plana-recovery-refusal"],
      [20, "id:plana-recovery-write"],
      [100, "id:plana-recovery-login"],
    ]);
    for (const step of ["refusal", "refusal-before-write"])
      expect(bound(`id:plana-recovery-${step}`)).toEqual(["id:plana-recovery-without-link"]);
    expect(bound("id:plana-recovery-totp-enrolment")).toEqual(STAFF_WITHOUT_TOTP);
    expect(bound("id:plana-recovery-totp-missing")).toEqual(STAFF_WITHOUT_TOTP);
    // Nothing lets anyone skip the second factor.
    expect(bound("id:plana-recovery-second-factor")).toEqual([]);
    expect(inputs("PolicyExpression", "plana-recovery-without-link")).toEqual({
      name: "plana-recovery-without-link",
      expression: lacksOwnLink(),
      executionLogging: false,
    });
    expect(inputs("StageDeny", "plana-recovery-refusal")).toEqual({
      name: "plana-recovery-refusal",
      denyMessage: "Ask an administrator for a link: none was used, or this one is not valid.",
    });
  });

  test("asks the password twice, under the policy", () => {
    expect(inputs("StagePrompt", "plana-recovery-prompt")).toEqual({
      name: "plana-recovery-prompt",
      fields: ["id:plana-recovery-password", "id:plana-recovery-password-repeat"],
      validationPolicies: ["id:plana-password"],
    });
    const field = {
      type: "password",
      required: true,
      initialValueExpression: false,
      placeholderExpression: false,
    };
    expect(inputs("StagePromptField", "plana-recovery-password")).toEqual({
      ...field,
      name: "plana-recovery-password",
      fieldKey: "password",
      label: "New password",
      placeholder: "New password",
      order: 0,
    });
    expect(inputs("StagePromptField", "plana-recovery-password-repeat")).toEqual({
      ...field,
      name: "plana-recovery-password-repeat",
      fieldKey: "password_repeat",
      label: "New password (repeat)",
      placeholder: "New password (repeat)",
      order: 1,
    });
    expect(inputs("PolicyPassword", "plana-password")).toMatchObject({
      name: "plana-password",
      passwordField: "password",
      checkStaticRules: true,
      lengthMin: 12,
      checkZxcvbn: true,
      zxcvbnScoreThreshold: 2,
      checkHaveIBeenPwned: false,
    });
  });

  test("never makes a person, and ends the other sessions", () => {
    expect(inputs("StageUserWrite", "plana-recovery-write")).toMatchObject({
      name: "plana-recovery-write",
      userCreationMode: "never_create",
    });
    expect(inputs("StageUserLogin", "plana-recovery-login")).toMatchObject({
      name: "plana-recovery-login",
      terminateOtherSessions: true,
    });
  });

  test("is the brand's recovery flow, and everything else of the brand is kept", () => {
    expect(inputs("Brand", "authentik-default")).toEqual({
      domain: "authentik-default",
      default: true,
      brandingTitle: "authentik",
      brandingLogo: "/static/dist/assets/icons/icon_left_brand.svg",
      brandingFavicon: "/static/dist/assets/icons/icon.png",
      brandingCustomCss: "",
      brandingDefaultFlowBackground: "/static/dist/assets/images/flow_background.jpg",
      flowAuthentication: "flow:default-authentication-flow",
      flowInvalidation: "flow:default-invalidation-flow",
      flowUserSettings: "flow:default-user-settings-flow",
      flowRecovery: "uuid:plana-recovery",
    });
  });
});

describe("the Google door", () => {
  test("is a flow of its own, for the staff domain only, with the second factor", () => {
    expect(inputs("Flow", "plana-google")).toMatchObject({
      slug: "plana-google",
      designation: "authentication",
      authentication: "require_unauthenticated",
      policyEngineMode: "all",
    });
    expect(steps("uuid:plana-google")).toEqual([
      [10, MFA],
      [14, SETUP],
      [15, "id:plana-totp-missing"],
      [20, "id:plana-google-login"],
    ]);
    expect(bound("uuid:plana-google")).toEqual(["id:plana-google-staff-only"]);
    expect(bound("id:plana-google-totp-enrolment")).toEqual(STAFF_WITHOUT_TOTP);
    expect(bound("id:plana-google-totp-missing")).toEqual(STAFF_WITHOUT_TOTP);
    expect(bound("id:plana-google-second-factor")).toEqual([]);
    expect(inputs("PolicyExpression", "plana-google-staff-only")).toEqual({
      name: "plana-google-staff-only",
      expression: fromHostedDomain("google", "plana.solutions"),
      executionLogging: false,
    });
    expect(inputs("StageUserLogin", "plana-google-login")).toMatchObject({ name: "plana-google-login" });
  });

  test("links by e-mail to a person who exists, and enrols nobody", () => {
    const source = program.recorder.one(ak("SourceOauth"), "google");
    expect(source.inputs).toEqual({
      slug: "google",
      name: "Google",
      providerType: "google",
      pkce: "none",
      consumerKey: "google-client",
      consumerSecret: PROD_SECRETS["plana-sso:googleClientSecret"],
      enabled: true,
      promoted: true,
      userMatchingMode: "email_link",
      groupMatchingMode: "identifier",
      userPathTemplate: "goauthentik.io/sources/%(slug)s",
      policyEngineMode: "any",
      authenticationFlow: "uuid:plana-google",
      accessTokenUrl: "https://oauth2.googleapis.com/token",
      authorizationUrl: "https://accounts.google.com/o/oauth2/v2/auth",
      oidcJwksUrl: "https://www.googleapis.com/oauth2/v3/certs",
      profileUrl: "https://openidconnect.googleapis.com/v1/userinfo",
    });
    expect(source.secrets).toEqual(["consumerSecret"]);
  });

  test("has its button on the identification stage", () => {
    expect(inputs("StageIdentification", "default-authentication-identification")).toEqual({
      name: "default-authentication-identification",
      userFields: ["email", "username"],
      sources: ["uuid:google"],
      showSourceLabels: true,
      showMatchedUser: true,
      caseInsensitiveMatching: true,
      pretendUserExists: true,
    });
  });
});

test("recovery codes are enrolled from the settings of a logged-in person, never in a login", () => {
  expect(inputs("Flow", "plana-recovery-codes")).toMatchObject({
    slug: "plana-recovery-codes",
    designation: "stage_configuration",
    authentication: "require_authenticated",
  });
  expect(inputs("StageAuthenticatorStatic", "plana-recovery-codes")).toEqual({
    name: "plana-recovery-codes",
    friendlyName: "Recovery codes",
    tokenCount: 8,
    tokenLength: 12,
    configureFlow: "uuid:plana-recovery-codes",
  });
  expect(steps("uuid:plana-recovery-codes")).toEqual([[10, "id:plana-recovery-codes"]]);
});
