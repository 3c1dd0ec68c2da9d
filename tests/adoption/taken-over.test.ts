import { bootstrapTokenFrom } from "../../adoption/bootstrap-token";
import { agreedIn, compare, type Picture } from "../../adoption/picture";
import {
  serverSettings,
  settingsKept,
  settingsLost,
  settingsToTake,
  settingsUnread,
} from "../../adoption/takeover";
import { clusterOf } from "./sketch";

test.each([
  ["the token alone", "worthless-token\n"],
  ["a token that ends in equals signs", "dG9rZW4tb2Ytbm8td29ydGg=="],
  ["a SOPS file", "authentik:\n  bootstrap_token: worthless-token\n  other: x\n"],
  ["a SOPS file with flat keys", "authentik.bootstrap_token: worthless-token\n"],
  ["JSON", '{"authentik": {"bootstrap_token": "worthless-token"}}'],
  ["a Kubernetes Secret", "kind: Secret\nstringData:\n  AUTHENTIK_BOOTSTRAP_TOKEN: worthless-token\n"],
  [
    "an encoded Kubernetes Secret after another document",
    `kind: Namespace\n---\nkind: Secret\ndata:\n  authentik.bootstrap_token: ${Buffer.from("worthless-token").toString("base64")}\n`,
  ],
  ["lines", "OTHER=1\nAUTHENTIK_BOOTSTRAP_TOKEN=worthless-token\n"],
])("the bootstrap token is read from %s", (_, piped) => {
  expect(bootstrapTokenFrom(piped).value.reveal()).toMatch(/^(worthless-token|dG9rZW4tb2Ytbm8td29ydGg==)$/);
});

test.each([
  ["nothing", ""],
  ["a file without one", "authentik:\n  secret_key: not-to-be-told\n"],
  ["a file that is still encrypted", "not-to-be-told: [\n"],
  ["two different ones", "a: {bootstrap_token: not-to-be-told}\nb: {bootstrap_token: not-to-be-told-2}\n"],
])("of %s it is said, and nothing of it repeated", (_, piped) => {
  expect(() => bootstrapTokenFrom(piped)).toThrow("mend: sops -d <file>");
  expect(() => bootstrapTokenFrom(piped)).not.toThrow("not-to-be-told");
});

const labels = (component: string) => ({
  "app.kubernetes.io/name": "authentik",
  "app.kubernetes.io/component": component,
});
const pods = (component: string, container: object) => ({
  kind: "Deployment",
  metadata: { namespace: "authentik", name: `authentik-${component}`, labels: labels(component) },
  spec: { template: { spec: { containers: [container] } } },
});
const secret = (name: string, texts: Readonly<Record<string, string>>) => ({
  kind: "Secret",
  metadata: { namespace: "authentik", name },
  data: Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  ),
});

/** What the pods of the real chart have, and settings from everywhere a pod can take them. */
const CLUSTER = clusterOf([
  pods("server", {
    envFrom: [{ secretRef: { name: "authentik" } }, { configMapRef: { name: "mail" } }],
    env: [
      { name: "AUTHENTIK_LISTEN__HTTP", value: "0.0.0.0:9000" },
      { name: "AUTHENTIK_POSTGRESQL__PASSWORD", valueFrom: { secretKeyRef: { name: "pg", key: "pass" } } },
      { name: "AUTHENTIK_COOKIE_DOMAIN", value: "file:///run/cookie" },
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ],
  }),
  pods("worker", { env: [{ name: "AUTHENTIK_EMAIL__USERNAME", value: "mailer" }] }),
  secret("authentik", {
    AUTHENTIK_SECRET_KEY: "key",
    AUTHENTIK_POSTGRESQL__PASSWORD: "overridden",
    AUTHENTIK_POSTGRESQL__HOST: "pg01",
    AUTHENTIK_POSTGRESQL__SSLMODE: "verify-full",
    AUTHENTIK_BOOTSTRAP_PASSWORD: "first",
    AUTHENTIK_ERROR_REPORTING__ENABLED: "false",
    AUTHENTIK_EVENTS__CONTEXT_PROCESSORS__GEOIP: "/geoip/GeoLite2-City.mmdb",
    AUTHENTIK_REDIS__HOST: "authentik-redis-master",
    AUTHENTIK_EMAIL__FROM: "",
  }),
  secret("pg", { pass: "database" }),
  {
    kind: "ConfigMap",
    metadata: { namespace: "authentik", name: "mail" },
    data: { AUTHENTIK_EMAIL__HOST: "mail.example.org" },
  },
]);

test("every setting the pods read is taken over, wherever it comes from, and what the chart sets itself is not", async () => {
  const settings = await serverSettings(CLUSTER, "authentik");
  const taken = settingsToTake(settings).map(({ path, value, secret: hidden }) => [
    path,
    value.reveal(),
    hidden,
  ]);
  expect(taken).toEqual([
    ["plana-sso:secretKey", "key", true],
    ["plana-sso:databasePassword", "database", true],
    ["plana-sso:databaseHost", "pg01", false],
    ["plana-sso:serverSettings.AUTHENTIK_EMAIL__USERNAME", "mailer", true],
    ["plana-sso:serverSettings.AUTHENTIK_POSTGRESQL__SSLMODE", "verify-full", true],
    ["plana-sso:serverSettings.AUTHENTIK_EMAIL__HOST", "mail.example.org", true],
  ]);
  // Its value lies where nobody can read it from here.
  expect(settingsLost(settings)).toEqual(["AUTHENTIK_COOKIE_DOMAIN"]);
  expect([...settingsKept(settings).keys()]).toContain("AUTHENTIK_COOKIE_DOMAIN");
});

test("a setting of the configuration that only says where its value lies is asked for, and not compared afterwards", async () => {
  const settings = await serverSettings(
    clusterOf([
      pods("server", { envFrom: [{ secretRef: { name: "authentik" } }] }),
      secret("authentik", {
        AUTHENTIK_SECRET_KEY: "key",
        AUTHENTIK_POSTGRESQL__USER: "file:///postgres-creds/username",
        AUTHENTIK_POSTGRESQL__PASSWORD: "env://PGPASSWORD",
      }),
    ]),
    "authentik",
  );
  expect(settingsToTake(settings).map(({ path }) => path)).toEqual(["plana-sso:secretKey"]);
  expect(settingsUnread(settings)).toEqual([
    {
      path: "plana-sso:databasePassword",
      secret: true,
      from: "AUTHENTIK_POSTGRESQL__PASSWORD of Secret authentik/authentik",
    },
    {
      path: "plana-sso:databaseUser",
      secret: false,
      from: "AUTHENTIK_POSTGRESQL__USER of Secret authentik/authentik",
    },
  ]);
  expect(settingsLost(settings)).toEqual([]);
  expect([...settingsKept(settings).keys()]).toEqual(["AUTHENTIK_SECRET_KEY"]);
});

const TYPE = "authentik:index/group:Group";
const OUTPOST = "authentik:index/outpost:Outpost";
const pictured = (
  fields: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, string>> = {},
) => ({
  namespace: "authentik",
  settings,
  agreed: [],
  objects: [
    { subject: { type: TYPE, id: "g", name: "plana-admins" }, fields },
    { subject: { type: OUTPOST, id: "o", name: "embedded-outpost" }, fields },
  ],
});
const changes = (before: Picture, after: Picture) =>
  compare(before, after).map(({ subject, field }) => `${subject.name}.${field}`);

test("a picture tells every field that is not as it was, a setting of the server too", () => {
  const before = pictured({ is_superuser: true, providers: [13] }, { AUTHENTIK_SECRET_KEY: "digest a" });
  expect(changes(before, before)).toEqual([]);
  expect(
    changes(before, pictured({ is_superuser: false, providers: [13] }, { AUTHENTIK_SECRET_KEY: "digest b" })),
  ).toEqual([
    "plana-admins.is_superuser",
    "embedded-outpost.is_superuser",
    "server-settings.AUTHENTIK_SECRET_KEY",
  ]);
});

test("what was agreed is not told, under the name that the server has for it", () => {
  const common = { urn: "", live: [], program: [13] };
  const agreed = agreedIn([
    { ...common, type: OUTPOST, name: "embedded-outpost", field: "protocolProviders" },
    { ...common, type: TYPE, name: "plana-admins", field: "isSuperuser", harmless: "equal" },
  ]);
  const before = { ...pictured({ providers: [], is_superuser: true }), agreed };
  expect(changes(before, pictured({ providers: [13], is_superuser: false }))).toEqual([
    "plana-admins.providers",
    "plana-admins.is_superuser",
    "embedded-outpost.is_superuser",
  ]);
});
