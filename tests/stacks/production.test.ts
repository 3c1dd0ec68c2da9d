import { prod } from "../../stacks/prod";
import { ak, entriesOf, K8S, names, runProgram, type Program } from "../program";
import { CLIENT_SECRETS, PROD_SECRETS } from "../stack-files";
import { matching } from "../matchers";

// The whole of production: what is made, how it is kept, and that no secret stands in the open. What each resource
// says is asserted by topic in the files beside this one.

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

const random = (type: string) => `random:index/random${type}:Random${type}`;
const component = (type: string) => `plana:sso:${type}`;

/** How many resources of each type production has: an added one is noticed here and asserted in its topic. */
const COUNTS: Readonly<Record<string, number>> = {
  [ak("Application")]: 9,
  [ak("Brand")]: 1,
  [ak("EventRule")]: 2,
  [ak("EventTransport")]: 1,
  [ak("Flow")]: 3,
  [ak("FlowStageBinding")]: 17,
  [ak("Group")]: 4,
  [ak("Outpost")]: 1,
  [ak("PolicyBinding")]: 37,
  [ak("PolicyEventMatcher")]: 10,
  [ak("PolicyExpression")]: 3,
  [ak("PolicyPassword")]: 1,
  [ak("PolicyReputation")]: 1,
  [ak("PropertyMappingProviderScope")]: 3,
  [ak("ProviderOauth2")]: 8,
  [ak("ProviderProxy")]: 1,
  [ak("SourceOauth")]: 1,
  [ak("StageAuthenticatorStatic")]: 1,
  [ak("StageAuthenticatorValidate")]: 1,
  [ak("StageDeny")]: 3,
  [ak("StageIdentification")]: 1,
  [ak("StagePrompt")]: 1,
  [ak("StagePromptField")]: 2,
  [ak("StageUserLogin")]: 2,
  [ak("StageUserWrite")]: 1,
  [ak("SystemSettings")]: 1,
  [ak("User")]: 6,
  [K8S.clusterRoleBinding]: 1,
  [K8S.configMap]: 1,
  [K8S.ingress]: 3,
  [K8S.namespace]: 1,
  [K8S.release]: 1,
  [K8S.secret]: 9,
  [K8S.service]: 2,
  [random("Password")]: 6,
  [random("String")]: 7,
  [random("Uuid")]: 1,
  [component("Audit")]: 1,
  [component("Brand")]: 1,
  [component("ClusterAdmins")]: 1,
  [component("Delivery")]: 8,
  [component("EmbeddedOutpost")]: 1,
  [component("Google")]: 1,
  [component("Groups")]: 1,
  [component("Lockout")]: 1,
  [component("OidcClient")]: 8,
  [component("OwnFlow")]: 3,
  [component("People")]: 1,
  [component("ProtectedRoute")]: 1,
  [component("ProxiedApplication")]: 1,
  [component("Recovery")]: 1,
  [component("RecoveryCodes")]: 1,
  [component("Scopes")]: 1,
  [component("SecondFactor")]: 1,
  [component("SecretKeySeal")]: 1,
  [component("Server")]: 1,
  [component("SettingsSecret")]: 1,
};

test("has exactly these types, so many of each", () => {
  const counts: Record<string, number> = {};
  for (const { type } of program.recorder.resources) counts[type] = (counts[type] ?? 0) + 1;
  expect(counts).toEqual(COUNTS);
});

test("the policy bindings are those of applications, doors and audit, each by its name", () => {
  const bindings = program.recorder.all(ak("PolicyBinding")).map(({ name }) => name);
  const access = prod.applications.flatMap(({ slug, access }) => access.map((group) => `${slug}-${group}`));
  const doors = ["default-authentication-flow", "plana-recovery", "plana-google"].flatMap((door) => [
    `${door}-totp-enrolment-for-staff`,
    `${door}-totp-enrolment-for-lack`,
    `${door}-totp-missing-for-staff`,
    `${door}-totp-missing-for-lack`,
  ]);
  const others = [
    "default-authentication-flow-lockout",
    "default-authentication-flow-lockout-after-password",
    "plana-recovery-without-link",
    "plana-recovery-without-link-before-write",
    "plana-google-staff-only",
  ];
  const audit = bindings.filter((name) => /^plana-(?:impersonation|administration)-/.test(name));
  expect(audit).toHaveLength(10);
  expect(bindings.sort()).toEqual([...access, ...doors, ...others, ...audit].sort());
});

test("every binding is enforced: enabled, not negated, and on an error it refuses", () => {
  // A stage that refuses runs when its policy passes, so an error counts as passing there.
  const refusing = new Set([
    "default-authentication-flow-lockout",
    "default-authentication-flow-lockout-after-password",
    "default-authentication-flow-totp-missing-for-lack",
    "plana-google-totp-missing-for-lack",
    "plana-recovery-totp-missing-for-lack",
    "plana-recovery-without-link",
    "plana-recovery-without-link-before-write",
  ]);
  for (const { name, inputs } of program.recorder.all(ak("PolicyBinding"))) {
    expect(inputs).toMatchObject({
      enabled: true,
      negate: false,
      failureResult: refusing.has(name),
      order: 0,
      timeout: 30,
    });
    expect(["group" in inputs, "policy" in inputs].filter(Boolean)).toHaveLength(1);
  }
});

test("what people depend on is protected; what is reissued, routed or delivered is not", () => {
  const { resources } = program.recorder;
  const unprotected = resources.filter(
    ({ type, options }) => !type.startsWith("plana:sso:") && !options.protect,
  );
  const slugs = prod.applications.filter(({ mode }) => mode !== "proxy").map(({ slug }) => slug);
  expect(names({ resources: unprotected })).toEqual(
    [
      ...slugs.flatMap((slug) => [
        ...(slug in CLIENT_SECRETS ? [] : [`${random("Password")} ${slug}-client-secret`]),
        `${K8S.secret} ${slug}-oidc`,
      ]),
      // Access is given and taken by a change of the data.
      ...prod.applications.flatMap(({ slug, access }) =>
        access.map((group) => `${ak("PolicyBinding")} ${slug}-${group}`),
      ),
      // What is told is a list in the program, which may become shorter.
      ...program.recorder.all(ak("PolicyEventMatcher")).flatMap(({ name, type }) => {
        const rule = name.startsWith("plana-impersonation") ? "plana-impersonation" : "plana-administration";
        return [`${type} ${name}`, `${ak("PolicyBinding")} ${rule}-${name.slice("plana-".length)}`];
      }),
      `${K8S.configMap} matomo-admin-outpost-headers`,
      `${K8S.ingress} matomo-admin-login`,
      `${K8S.ingress} matomo-admin-protected`,
      `${K8S.ingress} matomo-admin-public`,
      `${K8S.service} authentik-proxy`,
      `${K8S.service} matomo-admin-outpost`,
    ].sort(),
  );
  expect(resources.find(({ name }) => name === "authentik-settings")?.options.protect).toBe(true);
});

test("built-in objects are adopted by the id that was looked up, and survive the stack", () => {
  const { resources } = program.recorder;
  const adopted = resources.filter(({ importId }) => importId !== undefined);
  expect(Object.fromEntries(adopted.map(({ name, importId }) => [name, importId]))).toEqual({
    "authentik-default": "brand:authentik-default",
    "default-authentication-identification": "stage:default-authentication-identification",
    "default-authentication-mfa-validation": "stage:default-authentication-mfa-validation",
    "embedded-outpost": "10e469fe-81ff-48d1-ac11-0ef2b808855a",
  });
  const kept = resources.filter(({ options }) => options.retainOnDelete);
  expect(kept.map(({ name }) => name).sort()).toEqual(
    [...adopted.map(({ name }) => name), "system-settings"].sort(),
  );
});

test("every resource hangs on the component that makes it", () => {
  const { resources } = program.recorder;
  const components = new Set(resources.map(({ type, name }) => `${type} ${name}`));
  for (const { type, name, options } of resources) {
    if (!type.startsWith("plana:sso:"))
      expect([type, name, options.parent]).toEqual([type, name, matching(/^plana:sso:/)]);
    if (options.parent) expect(components).toContain(options.parent);
  }
  const parents = (type: string) =>
    Object.fromEntries(program.recorder.all(type).map(({ name, options }) => [name, options.parent]));
  expect(parents(K8S.secret)).toMatchObject({
    "authentik-settings": "plana:sso:SettingsSecret settings",
    "forgejo-oidc": "plana:sso:Delivery forgejo",
  });
  expect(parents(ak("Outpost"))).toEqual({
    "embedded-outpost": "plana:sso:EmbeddedOutpost embedded-outpost",
  });
  expect(parents(ak("ProviderProxy"))).toEqual({
    "matomo-admin": "plana:sso:ProxiedApplication matomo-admin",
  });
});

test("a type is registered under one name once, and no name carries a position", () => {
  const all = names(program.recorder);
  expect(new Set(all).size).toBe(all.length);
  for (const { type, name } of program.recorder.resources) {
    expect([type, name]).toEqual([type, expect.not.stringMatching(/(?:^|[-_.])\d+(?:$|[-_.])/)]);
  }
});

test("each built-in object is looked up once", () => {
  const { lookUps } = program.recorder;
  expect(new Set(lookUps).size).toBe(lookUps.length);
  expect(
    lookUps
      .map((lookUp) => Object.values(JSON.parse(lookUp.replace(/^\S+ /, "")) as object).at(-1) as string)
      .sort(),
  ).toEqual(
    [
      "authentik Embedded Outpost",
      "authentik Self-signed Certificate",
      "authentik-default",
      "default-authentication-flow",
      "default-authentication-identification",
      "default-authentication-mfa-validation",
      "default-authenticator-totp-setup",
      "default-provider-authorization-implicit-consent",
      "default-provider-invalidation-flow",
      "goauthentik.io/providers/oauth2/scope-email",
      "goauthentik.io/providers/oauth2/scope-entitlements",
      "goauthentik.io/providers/oauth2/scope-offline_access",
      "goauthentik.io/providers/oauth2/scope-openid",
      "goauthentik.io/providers/oauth2/scope-profile",
      "goauthentik.io/providers/proxy/scope-proxy",
    ].sort(),
  );
});

test("no secret value stands in an input that is not marked as secret", () => {
  const generated = program.recorder.all(random("Password")).map(({ name }) => `generated-${name}-`);
  const values = [...Object.values(PROD_SECRETS), ...Object.values(CLIENT_SECRETS), ...generated];
  let marked = 0;
  for (const { type, name, inputs, secrets } of program.recorder.resources) {
    for (const [key, value] of Object.entries(inputs)) {
      const text = JSON.stringify(value);
      const holds = values.some((secret) => text.includes(secret));
      if (holds) expect([type, name, secrets]).toEqual([type, name, expect.arrayContaining([key])]);
      if (secrets.includes(key)) marked++;
    }
  }
  // Eight clients, each at the provider and in its delivery; the settings; Google.
  expect(marked).toBe(8 + 8 + 1 + 1);
});

test("the token of the program is in no resource; the bootstrap token and the secret key in one only", () => {
  const holding = (key: string) =>
    program.recorder.resources
      .filter((resource) => {
        const held = resource.type === K8S.secret ? entriesOf(resource) : resource.inputs;
        return JSON.stringify(held).includes(PROD_SECRETS[key] ?? "no such secret");
      })
      .map(({ name }) => name);
  expect(holding("authentik:token")).toEqual([]);
  expect(holding("plana-sso:bootstrapToken")).toEqual(["authentik-settings"]);
  expect(holding("plana-sso:secretKey")).toEqual(["authentik-settings"]);
  expect(holding("plana-sso:databasePassword")).toEqual(["authentik-settings"]);
  expect(holding("plana-sso:googleClientSecret")).toEqual(["google"]);
});

test("outputs tell where everything is and hold no secret", () => {
  const { outputs } = program;
  expect(outputs.authentik).toEqual({
    url: "https://auth.planapulse.com",
    admin: "https://auth.planapulse.com/if/admin/",
  });
  expect(Object.keys(outputs.applications)).toEqual(prod.applications.map(({ slug }) => slug));
  expect(outputs.applications["matomo-admin"]).toEqual({
    name: "Matomo administration",
    mode: "proxy",
    url: "https://analytics.planapulse.com",
    access: ["plana-staff"],
  });
  expect(outputs.applications.forgejo).toEqual({
    name: "Forgejo",
    mode: "oidc",
    url: "https://forgejo.planapulse.com",
    access: ["plana-staff"],
    issuer: "https://auth.planapulse.com/application/o/forgejo/",
  });
  expect(outputs.databasePassword).toBeUndefined();
  for (const secret of Object.values(PROD_SECRETS)) expect(JSON.stringify(outputs)).not.toContain(secret);
});
