import { spawnSync } from "node:child_process";

import { load } from "js-yaml";

import { consumerData, CONSUMERS, type ConsumerName } from "../../components/applications/consumers";
import { endpoints, type ConsumerContext } from "../../components/applications/consumers/consumer";
import { FORGEJO_SOURCE } from "../../components/applications/consumers/forgejo";
import { prod } from "../../stacks/prod";

const AUTH = "https://auth.example.test";

const CONTEXT: ConsumerContext = {
  host: "app.example.test",
  authentikUrl: AUTH,
  issuer: `${AUTH}/application/o/app/`,
  clientId: "client-id",
  clientSecret: "secret-of-no-worth",
  adminGroup: "admins",
  redirectUri: "https://app.example.test/callback?a=b&c=d",
};

const of = (consumer: ConsumerName): Readonly<Record<string, string>> => CONSUMERS[consumer](CONTEXT);

test("endpoints are those of Authentik: shared ones, and the application's own", () => {
  expect(endpoints(CONTEXT)).toEqual({
    authorize: `${AUTH}/application/o/authorize/`,
    token: `${AUTH}/application/o/token/`,
    userinfo: `${AUTH}/application/o/userinfo/`,
    endSession: `${AUTH}/application/o/app/end-session/`,
    discovery: `${AUTH}/application/o/app/.well-known/openid-configuration`,
  });
});

test("generic adds nothing", () => {
  expect(of("generic")).toEqual({});
});

test("Grafana", () => {
  const prefixed = {
    ENABLED: "true",
    NAME: "PLANA",
    CLIENT_ID: "client-id",
    CLIENT_SECRET: "secret-of-no-worth",
    SCOPES: "openid profile email groups",
    AUTH_URL: `${AUTH}/application/o/authorize/`,
    TOKEN_URL: `${AUTH}/application/o/token/`,
    API_URL: `${AUTH}/application/o/userinfo/`,
    SIGNOUT_REDIRECT_URL: `${AUTH}/application/o/app/end-session/`,
    USE_PKCE: "true",
    ALLOW_SIGN_UP: "true",
    LOGIN_ATTRIBUTE_PATH: "preferred_username",
    NAME_ATTRIBUTE_PATH: "name",
    EMAIL_ATTRIBUTE_PATH: "email",
    GROUPS_ATTRIBUTE_PATH: "groups",
    ROLE_ATTRIBUTE_PATH: "contains(groups[*], 'admins') && 'GrafanaAdmin' || 'Viewer'",
    ROLE_ATTRIBUTE_STRICT: "true",
    ALLOW_ASSIGN_GRAFANA_ADMIN: "true",
  };
  expect(of("grafana")).toEqual({
    GF_SERVER_ROOT_URL: "https://app.example.test",
    ...Object.fromEntries(
      Object.entries(prefixed).map(([key, value]) => [`GF_AUTH_GENERIC_OAUTH_${key}`, value]),
    ),
  });
});

test("Penpot", () => {
  expect(of("penpot")).toEqual({
    PENPOT_PUBLIC_URI: "https://app.example.test",
    PENPOT_FLAGS:
      "enable-login-with-oidc enable-oidc-registration disable-login-with-password disable-registration",
    PENPOT_OIDC_CLIENT_ID: "client-id",
    PENPOT_OIDC_CLIENT_SECRET: "secret-of-no-worth",
    PENPOT_OIDC_BASE_URI: `${AUTH}/application/o/app/`,
    PENPOT_OIDC_SCOPES: "openid profile email groups",
    PENPOT_OIDC_NAME_ATTR: "name",
    PENPOT_OIDC_EMAIL_ATTR: "email",
  });
});

test("Penpot: further flags stand in the same list", () => {
  const choice = { name: "penpot", flags: ["enable-smtp", "disable-telemetry"] } as const;
  expect(consumerData(choice, CONTEXT)).toEqual({
    ...of("penpot"),
    PENPOT_FLAGS:
      "enable-login-with-oidc enable-oidc-registration disable-login-with-password disable-registration " +
      "enable-smtp disable-telemetry",
  });
  expect(consumerData("penpot", CONTEXT)).toEqual(of("penpot"));
});

test("Vaultwarden: SSO only, refresh tokens, nobody whose address is not verified", () => {
  expect(of("vaultwarden")).toEqual({
    DOMAIN: "https://app.example.test",
    SSO_ENABLED: "true",
    SSO_ONLY: "true",
    SSO_AUTHORITY: `${AUTH}/application/o/app/`,
    SSO_CLIENT_ID: "client-id",
    SSO_CLIENT_SECRET: "secret-of-no-worth",
    SSO_SCOPES: "email profile offline_access",
    SSO_PKCE: "true",
    SSO_SIGNUPS_MATCH_EMAIL: "true",
    SSO_ALLOW_UNKNOWN_EMAIL_VERIFICATION: "false",
  });
});

test("Synapse: one YAML file, read as YAML", () => {
  const data = of("synapse");
  expect(Object.keys(data)).toEqual(["oidc.yaml"]);
  expect(load(data["oidc.yaml"] ?? "")).toEqual({
    oidc_providers: [
      {
        idp_id: "authentik",
        idp_name: "PLANA",
        discover: true,
        issuer: `${AUTH}/application/o/app/`,
        client_id: "client-id",
        client_secret: "secret-of-no-worth",
        scopes: ["openid", "profile", "email"],
        allow_existing_users: false,
        user_mapping_provider: {
          config: {
            localpart_template: "{{ user.preferred_username }}",
            display_name_template: "{{ user.name }}",
            email_template: "{{ user.email }}",
          },
        },
      },
    ],
  });
});

test("Synapse: the id and the accounts of the homeserver that runs already", () => {
  const provider = (choice: Parameters<typeof consumerData>[0]) =>
    (load(consumerData(choice, CONTEXT)["oidc.yaml"] ?? "") as { oidc_providers: object[] })
      .oidc_providers[0];
  const choice = { name: "synapse", idpId: "oidc", allowExistingUsers: true } as const;
  expect(provider(choice)).toEqual({
    ...provider("synapse"),
    idp_id: "oidc",
    allow_existing_users: true,
  });
});

test("Synapse: a secret with every sign of YAML comes through", () => {
  const clientSecret = `a: "b" 'c' #d {e} [f] %g &h *i !j |k >l \\m \u2028`;
  const [provider] = (
    load(CONSUMERS.synapse({ ...CONTEXT, clientSecret })["oidc.yaml"]) as {
      oidc_providers: { client_secret: string }[];
    }
  ).oidc_providers;
  expect(provider?.client_secret).toBe(clientSecret);
});

const MATOMO = {
  authenticationName: "PLANA",
  authorizeUrl: `${AUTH}/application/o/authorize/`,
  tokenUrl: `${AUTH}/application/o/token/`,
  userinfoUrl: `${AUTH}/application/o/userinfo/`,
  endSessionUrl: `${AUTH}/application/o/app/end-session/`,
  userinfoId: "preferred_username",
  autoLinking: "1",
  scope: "openid profile email",
  redirectUriOverride: "https://app.example.test/callback?a=b&c=d",
  clientId: "client-id",
  clientSecret: "secret-of-no-worth",
};

test("Matomo: the same settings as a file of its configuration and by a script", () => {
  const { "common.config.ini.php": ini, "setup.sh": setup, ...rest } = of("matomo");
  expect(rest).toEqual({});
  const lines = Object.entries(MATOMO).map(([key, value]) => `${key} = "${value}"`);
  expect(ini).toBe(`; <?php exit; ?> DO NOT REMOVE THIS LINE\n[LoginOIDC]\n${lines.join("\n")}\n`);
  const { clientId, clientSecret, ...plain } = MATOMO;
  expect([clientId, clientSecret]).not.toContain("");
  for (const [key, value] of Object.entries(plain)) expect(setup).toContain(`setting ${key} '${value}'\n`);
});

test("Matomo: where logins come back to many addresses, the plugin makes its own", () => {
  const { redirectUri, ...context } = CONTEXT;
  expect(redirectUri).toBeDefined();
  for (const text of Object.values(CONSUMERS.matomo(context))) expect(text).not.toContain("redirectUri");
});

test("Forgejo: its settings, and a script that adds or updates the source in the redirect path", () => {
  const { "setup.sh": setup, ...environment } = of("forgejo");
  expect(environment).toEqual({
    FORGEJO__oauth2_client__ENABLE_AUTO_REGISTRATION: "true",
    FORGEJO__oauth2_client__USERNAME: "nickname",
    FORGEJO__oauth2_client__ACCOUNT_LINKING: "login",
  });
  expect(setup).toContain(`--name ${FORGEJO_SOURCE} --provider openidConnect`);
  expect(setup).toContain("--group-claim-name groups --admin-group 'admins'");
  const forgejo = prod.applications.find(({ slug }) => slug === "forgejo");
  expect(forgejo).toMatchObject({ redirectPaths: [`/user/oauth2/${FORGEJO_SOURCE}/callback`] });
});

test("Nextcloud: one script", () => {
  expect(Object.keys(of("nextcloud"))).toEqual(["setup.sh"]);
});

const NAMES: ConsumerName[] = [
  "forgejo",
  "grafana",
  "matomo",
  "nextcloud",
  "penpot",
  "synapse",
  "vaultwarden",
  "generic",
];

test("these are all", () => {
  expect(Object.keys(CONSUMERS).sort()).toEqual([...NAMES].sort());
});

/** The keys that carry the secret; all else of a Secret may be told. */
const BEARING: Readonly<Record<ConsumerName, readonly string[]>> = {
  forgejo: [],
  grafana: ["GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"],
  matomo: ["common.config.ini.php"],
  nextcloud: [],
  penpot: ["PENPOT_OIDC_CLIENT_SECRET"],
  synapse: ["oidc.yaml"],
  vaultwarden: ["SSO_CLIENT_SECRET"],
  generic: [],
};

test.each(NAMES)("%s carries the secret only where it is read", (name) => {
  const bearing = Object.entries(of(name)).filter(([, value]) => value.includes(CONTEXT.clientSecret));
  expect(bearing.map(([key]) => key).sort()).toEqual([...BEARING[name]].sort());
});

test.each(NAMES)("%s has keys that a Secret takes, and values that hold no undefined", (name) => {
  for (const [key, value] of Object.entries(of(name))) {
    expect(key).toMatch(/^[-._a-zA-Z0-9]+$/);
    expect(value).not.toMatch(/undefined|\[object/);
  }
});

describe.each(NAMES.filter((name) => "setup.sh" in of(name)))("the script of %s", (name) => {
  const script = of(name)["setup.sh"] ?? "";

  test("is a shell script that stops at a failure", () => {
    expect(script).toMatch(/^#!\/bin\/sh\nset -eu\n/);
    const { status, stderr } = spawnSync("sh", ["-n"], { input: script, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("takes every value from the Secret, quoted", () => {
    const keys = ["OIDC_ISSUER", "OIDC_DISCOVERY_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_SCOPES"];
    const used = [...script.matchAll(/"\$([A-Z]\w*)"/g)].map(([, variable = ""]) => variable);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((variable) => !keys.includes(variable))).toEqual([]);
    for (const variable of used) expect(script).toContain(`|| ${variable}=$(cat "$d/${variable}")\n`);
    expect(script.match(/(?<!")\$[A-Z]\w*/g)).toBeNull();
  });
});
