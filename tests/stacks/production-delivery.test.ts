import { prod } from "../../stacks/prod";
import { entriesOf, K8S, runProgram, type Program } from "../program";
import { CLIENT_SECRETS } from "../stack-files";

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

const GENERIC = ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_DISCOVERY_URL", "OIDC_ISSUER", "OIDC_SCOPES"];

/** Namespace of each consumer, and the keys that it reads beside the generic ones. */
const DELIVERED: Readonly<Record<string, readonly [namespace: string, keys: readonly string[]]>> = {
  matomo: ["matomo", ["common.config.ini.php", "setup.sh"]],
  forgejo: [
    "forgejo",
    [
      "FORGEJO__oauth2_client__ENABLE_AUTO_REGISTRATION",
      "FORGEJO__oauth2_client__USERNAME",
      "FORGEJO__oauth2_client__ACCOUNT_LINKING",
      "setup.sh",
    ],
  ],
  grafana: [
    "monitoring",
    [
      "GF_SERVER_ROOT_URL",
      ...[
        "ENABLED",
        "NAME",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "SCOPES",
        "AUTH_URL",
        "TOKEN_URL",
        "API_URL",
        "SIGNOUT_REDIRECT_URL",
        "USE_PKCE",
        "ALLOW_SIGN_UP",
        "LOGIN_ATTRIBUTE_PATH",
        "NAME_ATTRIBUTE_PATH",
        "EMAIL_ATTRIBUTE_PATH",
        "GROUPS_ATTRIBUTE_PATH",
        "ROLE_ATTRIBUTE_PATH",
        "ROLE_ATTRIBUTE_STRICT",
        "ALLOW_ASSIGN_GRAFANA_ADMIN",
      ].map((key) => `GF_AUTH_GENERIC_OAUTH_${key}`),
    ],
  ],
  penpot: [
    "penpot",
    [
      "PENPOT_PUBLIC_URI",
      "PENPOT_FLAGS",
      "PENPOT_OIDC_CLIENT_ID",
      "PENPOT_OIDC_CLIENT_SECRET",
      "PENPOT_OIDC_BASE_URI",
      "PENPOT_OIDC_SCOPES",
      "PENPOT_OIDC_NAME_ATTR",
      "PENPOT_OIDC_EMAIL_ATTR",
    ],
  ],
  matrix: ["matrix", ["oidc.yaml"]],
  nextcloud: ["nextcloud", ["setup.sh"]],
  vaultwarden: [
    "vaultwarden",
    [
      "DOMAIN",
      "SSO_ENABLED",
      "SSO_ONLY",
      "SSO_AUTHORITY",
      "SSO_CLIENT_ID",
      "SSO_CLIENT_SECRET",
      "SSO_SCOPES",
      "SSO_PKCE",
      "SSO_SIGNUPS_MATCH_EMAIL",
      "SSO_ALLOW_UNKNOWN_EMAIL_VERIFICATION",
    ],
  ],
  "odoo-tenants": ["odoo-platform", []],
};

describe.each(Object.entries(DELIVERED))("%s", (slug, [namespace, keys]) => {
  test("gets its credentials in its own namespace, marked as secret, under the keys it reads", () => {
    const secret = program.recorder.one(K8S.secret, `${slug}-oidc`);
    const { inputs, secrets } = secret;
    // Flux may hold it, too, and does not let go of what another manager changes.
    const annotations = { "pulumi.com/patchForce": "true" };
    expect(inputs).toMatchObject({
      type: "Opaque",
      metadata: { name: `${slug}-oidc`, namespace, annotations },
    });
    expect(secrets).toEqual(["data"]);
    const data = entriesOf(secret);
    expect(Object.keys(data).sort()).toEqual([...GENERIC, ...keys].sort());
    const issuer = `https://auth.planapulse.com/application/o/${slug}/`;
    expect(data).toMatchObject({
      OIDC_ISSUER: issuer,
      OIDC_DISCOVERY_URL: `${issuer}.well-known/openid-configuration`,
      OIDC_SCOPES: "openid profile email groups",
    });
  });

  test("gets the id and the secret of its own provider", () => {
    const provider = program.recorder.one("authentik:index/providerOauth2:ProviderOauth2", slug).inputs;
    expect(entriesOf(program.recorder.one(K8S.secret, `${slug}-oidc`))).toMatchObject({
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
    });
  });

  test("gets no other application's secret", () => {
    const text = JSON.stringify(entriesOf(program.recorder.one(K8S.secret, `${slug}-oidc`)));
    for (const other of Object.keys(DELIVERED).filter((name) => name !== slug)) {
      expect(text).not.toContain(`generated-${other}-client-secret`);
    }
    for (const [other, secret] of Object.entries(CLIENT_SECRETS)) {
      if (other !== slug) expect(text).not.toContain(secret);
    }
  });
});

test("Matomo is told the redirect URI that its provider allows", () => {
  const entries = entriesOf(program.recorder.one(K8S.secret, "matomo-oidc"));
  const { allowedRedirectUris } = program.recorder.one(
    "authentik:index/providerOauth2:ProviderOauth2",
    "matomo",
  ).inputs;
  const [{ url } = { url: "none" }] = allowedRedirectUris as { url: string }[];
  expect(entries["common.config.ini.php"]).toContain(`redirectUriOverride = "${url}"\n`);
});

test("every application that logs in with OIDC is delivered to, and no other Secret is made", () => {
  const delivered = prod.applications.filter(({ mode }) => mode !== "proxy").map(({ slug }) => slug);
  expect(Object.keys(DELIVERED).sort()).toEqual([...delivered].sort());
  expect(
    program.recorder
      .all(K8S.secret)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["authentik-settings", ...delivered.map((slug) => `${slug}-oidc`)].sort());
});
