import { acceptArguments, isAccepted } from "../../adoption/acceptance";
import { differencesOf, differencesOfOnlyOne, type Difference } from "../../adoption/differences";
import { takenNames, unreadableSources } from "../../adoption/refusals";
import { LiveObjects } from "../../identity/live-objects";
import type { Json } from "../../live/authentik";
import { RELEASE, SECRET, type Resource, type Step } from "../../state/resources";
import { sketch } from "./sketch";

const AK = (type: string) => `authentik:index/${type.charAt(0).toLowerCase()}${type.slice(1)}:${type}`;

function update(
  before: Resource,
  inputs: Readonly<Record<string, unknown>>,
  differences: Readonly<Record<string, string>>,
): Step {
  return { op: "update", urn: before.urn, before, after: { ...before, inputs }, differences };
}

const told = (found: readonly Difference[]) =>
  found.map(({ field, live, program, harmless }) => [field, live, program, harmless !== undefined]);

/** Names and values, `harmless` for what changes nothing. */
const of = (
  type: string,
  object: Json,
  inputs: Readonly<Record<string, unknown>>,
  fields: readonly string[] = Object.keys(inputs),
) =>
  told(
    differencesOf(
      update(sketch(AK(type), "x", {}), inputs, Object.fromEntries(fields.map((field) => [field, "update"]))),
      object,
    ),
  );

test("what is equal on the server changes nothing, whatever an import has read of it", () => {
  expect(of("PolicyPassword", { check_zxcvbn: true }, { checkZxcvbn: true })).toEqual([
    ["checkZxcvbn", true, true, true],
  ]);
  expect(of("PolicyPassword", { check_zxcvbn: false }, { checkZxcvbn: true })).toEqual([
    ["checkZxcvbn", false, true, false],
  ]);
  expect(of("StageUserLogin", { network_binding: "no_binding" }, { networkBinding: "no_binding" })).toEqual([
    ["networkBinding", "no_binding", "no_binding", true],
  ]);
  expect(of("Brand", { default: true }, { default: true })).toEqual([["default", true, true, true]]);
});

test("an update without a field is named, and told field by field where the server has something else", () => {
  const login = sketch(AK("StageUserLogin"), "login", { name: "login", sessionDuration: "seconds=0" });
  const step = update(login, login.inputs, {});
  expect(told(differencesOf(step, { name: "login", session_duration: "seconds=0" }))).toEqual([
    ["(no field)", undefined, undefined, true],
  ]);
  expect(told(differencesOf(step, { name: "login", session_duration: "hours=8" }))).toEqual([
    ["sessionDuration", "hours=8", "seconds=0", false],
  ]);
});

test("what is left out is kept by the cluster, unless it was set with kubectl", () => {
  const TYPE = "kubernetes:core/v1:Secret";
  const secret = sketch(TYPE, "forgejo-oidc", { data: { extra: "eA==" } });
  const fields = {
    'metadata.labels["example.org/team"]': "delete",
    "metadata.labels.kept": "delete",
    "data.extra": "delete",
  };
  const object = {
    data: { extra: "eA==" },
    metadata: {
      labels: { "example.org/team": "a", kept: "b" },
      managedFields: [
        { manager: "kustomize-controller", fieldsV1: { "f:metadata": { "f:labels": { "f:kept": {} } } } },
        {
          manager: "kubectl-label",
          fieldsV1: { "f:metadata": { "f:labels": { ".": {}, "f:example.org/team": {} } } },
        },
        { manager: "kubectl-create", fieldsV1: { "f:data": { ".": {}, "f:extra": {} }, "f:type": {} } },
      ],
    },
  };
  const harmless = (live: Json) =>
    differencesOf(update(secret, {}, fields), live).map(({ field, harmless: why }) => [
      field,
      why !== undefined,
    ]);
  expect(harmless(object)).toEqual([
    ['metadata.labels["example.org/team"]', false],
    ["metadata.labels.kept", true],
    ["data.extra", false],
  ]);
  expect(harmless({ ...object, metadata: {} }).map(([, kept]) => kept)).toEqual([true, true, true]);
});

test("a chart that an import names after the operator's own list of repositories is the same", () => {
  const release = sketch(RELEASE, "authentik", { chart: "authentik/authentik" });
  const step = (chart: string) => update(release, { chart }, { chart: "update" });
  expect(told(differencesOf(step("authentik"), undefined)).map(([, , , harmless]) => harmless)).toEqual([
    true,
  ]);
  expect(told(differencesOf(step("other"), undefined)).map(([, , , harmless]) => harmless)).toEqual([false]);
});

test.each([
  ["['plain', 'S256']", 1],
  ["S256", 0],
  [undefined, 0],
])("a source with pkce %j: refused %d times", (pkce, times) => {
  const resource = sketch(AK("SourceOauth"), "google", {});
  const refused = unreadableSources([
    { resource, id: "google", object: { pkce, provider_type: "google" }, by: "slug google", notes: [] },
  ]);
  expect(refused).toHaveLength(times);
  for (const { reason } of refused)
    expect(reason).toContain('with {"provider_type": "google", "pkce": "none"}');
});

test("only the order of lists that have none is forgiven", () => {
  expect(
    of("ProviderOauth2", { property_mappings: ["b", "a"] }, { propertyMappings: ["a", "b"] })[0]?.[3],
  ).toBe(true);
  expect(of("ProviderOauth2", { property_mappings: ["b"] }, { propertyMappings: ["a", "b"] })[0]?.[3]).toBe(
    false,
  );
  // What a door asks for first is an order.
  expect(
    of("StageAuthenticatorValidate", { device_classes: ["b", "a"] }, { deviceClasses: ["a", "b"] })[0]?.[3],
  ).toBe(false);
});

test("a secret that nobody reads back is named, and none is shown", () => {
  expect(of("SourceOauth", {}, { consumerSecret: SECRET })).toEqual([
    ["consumerSecret", undefined, SECRET, true],
  ]);
  expect(of("ProviderOauth2", { client_secret: "live" }, { clientSecret: SECRET })).toEqual([
    ["clientSecret", SECRET, SECRET, false],
  ]);
  expect(of("EventTransport", { webhook_url: "https://hooks/x" }, { webhookUrl: "https://hooks/y" })).toEqual(
    [["webhookUrl", SECRET, SECRET, false]],
  );
  expect(of("ProviderOauth2", { signing_key: "a" }, { signingKey: "b" })[0]?.slice(1, 3)).toEqual(["a", "b"]);
});

test("an outpost's integration is told, and its settings one by one", () => {
  const object = { service_connection: "sc", config: { authentik_host: "", log_level: "info", extra: 1 } };
  const config = '{"authentik_host":"https://auth.example.org/","log_level":"info"}';
  expect(of("Outpost", object, { config }, ["config", "serviceConnection"])).toEqual([
    ["config.authentik_host", "", "https://auth.example.org/", false],
    ["config.extra", 1, undefined, false],
    ["serviceConnection", "sc", undefined, false],
  ]);
});

test("of the settings, which nobody imports, everything is told that the first up overwrites", () => {
  const settings = sketch(AK("SystemSettings"), "system-settings", {
    avatars: "initials",
    gdprCompliance: true,
    flags: '{"core_default_app_access":false,"flows_refresh_others":false}',
  });
  const live = {
    avatars: "initials",
    gdpr_compliance: false,
    footer_links: [{ name: "Help" }],
    pagination_default_page_size: 50,
    pagination_max_page_size: 100,
    flags: {},
  };
  expect(told(differencesOfOnlyOne(settings, live))).toEqual([
    ["footerLinks", [{ name: "Help" }], [], false],
    ["paginationDefaultPageSize", 50, 20, false],
    ["gdprCompliance", false, true, false],
    // A flag that was never saved is open.
    ["flags.core_default_app_access", true, false, false],
  ]);
});

test("an object that would not stay what it is is told once", () => {
  const before = sketch("kubernetes:core/v1:Service", "x", {});
  const step = (op: string): Step => ({ op, urn: before.urn, before, after: before, differences: {} });
  expect(
    ["create-replacement", "replace", "delete-replaced"].flatMap((op) => told(differencesOf(step(op), {}))),
  ).toEqual([["(replace)", undefined, undefined, false]]);
});

test("of an object of the cluster counts what is there, not what an import has read", () => {
  const before = sketch("kubernetes:core/v1:Secret", "x", { metadata: { name: "x" } });
  const inputs = {
    metadata: { name: "x", labels: { team: "sso" } },
    stringData: { HOST: "pg01", "a.b": "new" },
  };
  const step = update(before, inputs, {
    "stringData.HOST": "add",
    'stringData["a.b"]': "update",
    "metadata.labels.team": "add",
    "metadata.uid": "delete",
  });
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  const object = {
    metadata: { name: "x", labels: { team: "sso", other: "1" }, uid: "u" },
    data: { HOST: encoded("pg01"), "a.b": encoded("old") },
  };
  expect(told(differencesOf(step, object)).map(([field, , , harmless]) => [field, harmless])).toEqual([
    ["stringData.HOST", true],
    ['stringData["a.b"]', false],
    ["metadata.labels.team", true],
    ["metadata.uid", true],
  ]);
});

test("of a release every value is told that goes, and none that may be a secret", () => {
  const values = {
    authentik: { secret_key: "s3cret", email: { password: "s3cret" } },
    server: {
      replicas: 3,
      env: [{ name: "AUTHENTIK_LOG_LEVEL", value: "s3cret" }],
      ingress: { hosts: ["old.example.org"], annotations: { "x/auth": "s3cret" } },
      volumes: [{ name: "s3cret" }],
    },
    worker: { env: [{ name: "PASSWORD", value: "s3cret" }] },
    redis: { enabled: true, auth: { token: "s3cret" } },
  };
  const before = sketch(RELEASE, "authentik", { values, version: "2026.2.2", timeout: 300 });
  const wanted = {
    values: { authentik: { existingSecret: { secretName: "own" } }, server: { replicas: 2 } },
    version: "2026.5.6",
    timeout: 900,
  };
  const found = differencesOf(
    update(before, wanted, {
      "values.server": "update",
      values: "update",
      version: "update",
      timeout: "update",
    }),
    undefined,
  );
  expect(JSON.stringify(found)).not.toContain("s3cret");
  expect(told(found)).toEqual([
    ["values.authentik", SECRET, SECRET, true],
    ["values.server.replicas", 3, 2, false],
    ["values.server.env", "(set)", undefined, true],
    ["values.server.ingress.hosts", ["old.example.org"], undefined, false],
    ["values.server.ingress.annotations.x/auth", "(set)", undefined, false],
    ["values.server.volumes", "(set)", undefined, false],
    ["values.worker.env", "(set)", undefined, false],
    ["values.redis.enabled", true, undefined, false],
    ["values.redis.auth.token", "(set)", undefined, false],
    ["version", "2026.2.2", "2026.5.6", false],
    ["timeout", 300, 900, true],
  ]);
});

test("a place is accepted by itself, by what it lies in, or by its object, and by no other's name", () => {
  const each = { name: "elena.encheva-blagoeva", field: "attributes" };
  for (const accept of ["all", each.name, "elena.encheva-blagoeva.attributes"])
    expect([accept, isAccepted(each, [accept])]).toEqual([accept, true]);
  for (const accept of ["elena", "elena.encheva", "elena.encheva-blagoeva.attr", "attributes", ""])
    expect([accept, isAccepted(each, [accept])]).toEqual([accept, false]);
  const value = { name: "authentik", field: "values.server.replicas" };
  expect(isAccepted(value, ["authentik.values.server"])).toBe(true);
  expect(isAccepted(value, ["authentik.values.serve"])).toBe(false);
  expect(acceptArguments(["a.b", 'x.stringData["a.b"]'])).toBe(` --accept a.b 'x.stringData["a.b"]'`);
});

test("a name that an object of another type has, and that the server gives once, is refused beforehand", async () => {
  const lists: Readonly<Record<string, readonly Json[]>> = {
    "/providers/all/": [
      { pk: 13, name: "matomo", verbose_name: "Proxy Provider" },
      { pk: 14, name: "Matomo button", verbose_name: "OAuth2/OpenID Provider" },
    ],
  };
  const live = new LiveObjects({
    list: (path: string) => Promise.resolve([...(lists[path] ?? [])]),
    get: () => Promise.resolve(undefined),
  });
  const button = { resource: sketch(AK("ProviderOauth2"), "matomo", { name: "matomo" }), object: { pk: 14 } };
  const proxy = {
    resource: sketch(AK("ProviderProxy"), "matomo-admin", { name: "matomo-admin" }),
    object: { pk: 13 },
  };
  expect(await takenNames([button, proxy], live)).toEqual([
    {
      resource: button.resource,
      reason:
        'the name "matomo" belongs to Proxy Provider "matomo" (13) there, and may be given once: give that one another name in Authentik',
    },
  ]);
  const same = { resource: sketch(AK("ProviderProxy"), "matomo", { name: "matomo" }), object: { pk: 13 } };
  expect(await takenNames([same], live)).toEqual([]);
});
