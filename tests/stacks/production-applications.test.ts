import { textOf } from "../../sandbox/plugins/wire";
import { prod } from "../../stacks/prod";
import { ak, runProgram, type Program } from "../program";
import { CLIENT_SECRETS } from "../stack-files";
import { anyOf, containing, matching } from "../matchers";

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

const one = (type: string, name: string) => program.recorder.one(type, name);

interface Expected {
  readonly name: string;
  readonly redirects: readonly string[];
  readonly access: readonly string[];
  readonly url: string;
}

/** Every OIDC application: name, redirect URIs, groups that may enter, where its tile leads. */
const OIDC: Readonly<Record<string, Expected>> = {
  matomo: {
    name: "Matomo",
    redirects: ["https://analytics.planapulse.com/index.php?module=LoginOIDC&action=callback&provider=oidc"],
    access: ["plana-finance", "plana-admins"],
    url: "https://analytics.planapulse.com",
  },
  forgejo: {
    name: "Forgejo",
    redirects: ["https://forgejo.planapulse.com/user/oauth2/authentik/callback"],
    access: ["plana-staff"],
    url: "https://forgejo.planapulse.com",
  },
  grafana: {
    name: "Grafana",
    redirects: ["https://grafana.planapulse.com/login/generic_oauth"],
    access: ["plana-staff"],
    url: "https://grafana.planapulse.com",
  },
  penpot: {
    name: "Penpot",
    redirects: ["https://penpot.planapulse.com/api/auth/oidc/callback"],
    access: ["plana-staff"],
    url: "https://penpot.planapulse.com",
  },
  matrix: {
    name: "Matrix",
    redirects: ["https://matrix.planapulse.com/_synapse/client/oidc/callback"],
    access: ["plana-staff"],
    url: "https://matrix.planapulse.com",
  },
  nextcloud: {
    name: "Nextcloud",
    redirects: ["https://nextcloud.planapulse.com/apps/user_oidc/code"],
    access: ["plana-staff"],
    url: "https://nextcloud.planapulse.com",
  },
  vaultwarden: {
    name: "Vaultwarden",
    redirects: ["https://vaultwarden.planapulse.com/identity/connect/oidc-signin"],
    access: ["plana-staff"],
    url: "https://vaultwarden.planapulse.com",
  },
  "odoo-tenants": {
    name: "PLANA Odoo Platform",
    redirects: [
      String.raw`https://[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.planapulse\.app/auth_oauth/signin`,
      String.raw`https://[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.planapulse\.online/auth_oauth/signin`,
      String.raw`https://erp\.planapulse\.ai/auth_oauth/signin`,
    ],
    access: ["tenant-impersonators"],
    url: "https://erp.planapulse.ai",
  },
};

const scope = (name: string) => `scope:goauthentik.io/providers/${name}`;

describe.each(Object.entries(OIDC))("%s", (slug, { name, redirects, access, url }) => {
  const tenants = slug === "odoo-tenants";

  test("the provider: only the browser's grants, the self-signed key, the scopes, the exact redirect URIs", () => {
    const { inputs, secrets, options } = one(ak("ProviderOauth2"), slug);
    expect(inputs).toEqual({
      name: slug,
      clientId: tenants
        ? "pNQrL29SXWXiLgNHdPWvFiRR85cmyxrGdTwoXgas"
        : containing(`generated-${slug}-client-id-`),
      clientSecret: existingSecret(slug) ?? containing(`generated-${slug}-client-secret-`),
      clientType: "confidential",
      grantTypes: ["authorization_code", "refresh_token"],
      authorizationFlow: "flow:default-provider-authorization-implicit-consent",
      invalidationFlow: "flow:default-provider-invalidation-flow",
      signingKey: "certificate:authentik Self-signed Certificate",
      propertyMappings: [
        scope("oauth2/scope-openid"),
        "id:plana-profile",
        "id:plana-email",
        "id:plana-groups",
        scope("oauth2/scope-offline_access"),
      ],
      allowedRedirectUris: redirects.map((redirect) => ({
        matching_mode: tenants ? "regex" : "strict",
        url: redirect,
        redirect_uri_type: "authorization",
      })),
      includeClaimsInIdToken: true,
      issuerMode: "per_provider",
      subMode: "hashed_user_id",
      accessCodeValidity: "minutes=1",
      accessTokenValidity: "minutes=10",
      refreshTokenValidity: "days=30",
    });
    expect(secrets).toEqual(["clientSecret"]);
    expect(options.protect).toBe(true);
  });

  test("the application", () => {
    const { inputs, options } = one(ak("Application"), slug);
    expect(inputs).toMatchObject({
      slug,
      name,
      metaLaunchUrl: url,
      policyEngineMode: "any",
      openInNewTab: true,
      protocolProvider: anyOf(Number),
    });
    expect(options.protect).toBe(true);
  });

  test("the groups that may enter, and no other", () => {
    expect(subjects(slug)).toEqual(access.map((group) => `id:${group}`).sort());
  });

  test("credentials that do not exist already are generated, the secret anew with each generation", () => {
    const secrets = program.recorder
      .all("random:index/randomPassword:RandomPassword")
      .filter(({ name }) => name === `${slug}-client-secret`);
    expect(secrets.map((password) => password.inputs)).toEqual(
      existingSecret(slug) ? [] : [{ length: 64, special: false, keepers: { generation: "1" } }],
    );
    const ids = program.recorder.all("random:index/randomString:RandomString").map((id) => id.name);
    expect(ids.includes(`${slug}-client-id`)).toBe(!tenants);
    if (!tenants) {
      const id = one("random:index/randomString:RandomString", `${slug}-client-id`);
      expect(id.inputs).toEqual({ length: 40, special: false });
    }
  });
});

/** The secret of a client that exists already; the others are generated. */
function existingSecret(slug: string): string | undefined {
  return Object.entries(CLIENT_SECRETS).find(([name]) => name === slug)?.[1];
}

/** What is bound to an application. */
function subjects(slug: string): unknown[] {
  return program.recorder
    .all(ak("PolicyBinding"))
    .filter(({ inputs }) => inputs.target === `uuid:${slug}`)
    .map(({ inputs }) => inputs.group ?? inputs.policy)
    .sort();
}

test("these are all the OIDC applications", () => {
  const slugs = program.recorder.all(ak("ProviderOauth2")).map(({ name }) => name);
  expect(slugs.sort()).toEqual(Object.keys(OIDC).sort());
  const described = program.recorder.all(ak("Application")).map(({ inputs }) => inputs.metaDescription);
  expect(described).toEqual(described.map(() => matching(/\S/)));
});

test("one provider per application, one application per provider", () => {
  const applications = program.recorder.all(ak("Application"));
  const numbers = applications.map(({ inputs }) => inputs.protocolProvider);
  expect(numbers).toEqual(numbers.map(() => anyOf(Number)));
  expect(new Set(numbers).size).toBe(applications.length);
  const providers = [
    ...program.recorder.all(ak("ProviderOauth2")),
    ...program.recorder.all(ak("ProviderProxy")),
  ];
  const numbered = providers.map(({ type, name }) => [name, program.recorder.numberOf(type, name)]);
  const attached = applications.map(({ name, inputs }) => [name, inputs.protocolProvider]);
  expect(Object.fromEntries(attached)).toEqual(Object.fromEntries(numbered));
});

test("a redirect URI and a client id belong to one provider only", () => {
  const providers = program.recorder.all(ak("ProviderOauth2"));
  const uris = providers.flatMap(({ inputs }) => JSON.stringify(inputs.allowedRedirectUris));
  expect(new Set(uris).size).toBe(uris.length);
  const ids = providers.map(({ inputs }) => inputs.clientId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every application is open to at least one group, by a binding of its own", () => {
  for (const { slug } of prod.applications) expect([slug, subjects(slug).length]).not.toEqual([slug, 0]);
});

const MAPPINGS: readonly (readonly [string, string])[] = [
  ["profile", '"preferred_username": request.user.username'],
  ["email", '"email_verified": True'],
  ["groups", 'return {"groups": sorted(group.name for group in request.user.all_groups())}'],
];

test.each(MAPPINGS)("the scope `%s` is PLANA's own", (scopeName, line) => {
  const { inputs } = one(ak("PropertyMappingProviderScope"), `plana-${scopeName}`);
  expect(inputs).toMatchObject({ name: `plana-${scopeName}`, scopeName, description: anyOf(String) });
  expect(inputs.expression).toContain(line);
});

test("only the scope `groups` emits the claim", () => {
  const emitting = program.recorder
    .all(ak("PropertyMappingProviderScope"))
    .filter(({ inputs }) => textOf(inputs.expression).includes("groups"));
  expect(emitting.map(({ name }) => name)).toEqual(["plana-groups"]);
});
