import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { SECRETS, Trial, type List } from "../../sandbox/trial";

// One stack from empty to gone: each test goes on where the one before it ended.
const STACK = "trial";
let trial: Trial;
let emptyAuthentik: Record<string, number>;

interface KubernetesSecret {
  readonly metadata: { readonly uid: string };
  readonly data: Record<string, string>;
}
interface User {
  readonly pk: number;
  readonly username: string;
  readonly email: string;
  readonly is_active: boolean;
  readonly groups: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

beforeAll(async () => {
  trial = await Trial.start();
  emptyAuthentik = objectsOfAuthentik();
  await trial.createStack(STACK);
}, 900_000);

afterAll(() => trial.stop());

jest.setTimeout(300_000);

function objectsOfAuthentik(): Record<string, number> {
  const { rows } = JSON.parse(trial.stateOf("authentik")) as { rows: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(rows)
      .map(([kind, objects]): [string, number] => [kind, Object.keys(objects as object).length])
      .filter(([, count]) => count > 0),
  );
}

const settingsSecret = () =>
  trial.cluster<KubernetesSecret>("/api/v1/namespaces/authentik/secrets/authentik-settings");

async function user(username: string): Promise<User> {
  const { results } = await trial.authentik<List<User>>(`/core/users/?username=${username}`);
  const [found] = results;
  if (!found) throw new Error(`no user ${username}`);
  return found;
}

const short = (urn: string) => urn.split("::").slice(-2).join(" ").replace(/^.*\$/, "");

test("up brings up production's composition on a fresh Authentik and an empty cluster", async () => {
  await trial.must(["up", "--yes", "--stack", STACK]);
  const applications = await trial.authentik<List<{ slug: string; provider: number }>>(
    "/core/applications/?superuser_full_list=true",
  );
  expect(applications.results.map(({ slug }) => slug).sort()).toEqual([
    "forgejo",
    "grafana",
    "matomo",
    "matomo-admin",
    "matrix",
    "nextcloud",
    "odoo-tenants",
    "penpot",
    "vaultwarden",
  ]);
  expect(new Set(applications.results.map(({ provider }) => provider)).size).toBe(9);
  expect((await user("elena.encheva-blagoeva")).email).toBe("elena.encheva-blagoeva@plana.solutions");
});

test("what enforces TOTP is on the server, on every door", async () => {
  interface Binding {
    readonly order: number;
    readonly stage_obj: { readonly name: string };
    readonly re_evaluate_policies: boolean;
    readonly evaluate_on_plan: boolean;
  }
  const [stage] = (
    await trial.authentik<
      List<{ not_configured_action: string; device_classes: string[]; configuration_stages: string[] }>
    >("/stages/authenticator/validate/?name=default-authentication-mfa-validation")
  ).results;
  expect(stage).toMatchObject({ not_configured_action: "configure", device_classes: ["totp", "static"] });
  expect(stage?.configuration_stages).toHaveLength(1);
  for (const slug of ["default-authentication-flow", "plana-recovery", "plana-google"]) {
    const { pk } = await trial.authentik<{ pk: string }>(`/flows/instances/${slug}/`);
    const { results } = await trial.authentik<List<Binding>>(`/flows/bindings/?target=${pk}&ordering=order`);
    const names = results.map(({ stage_obj }) => stage_obj.name);
    const second = names.indexOf("default-authentication-mfa-validation");
    const enrol = names.indexOf("default-authenticator-totp-setup");
    const deny = names.indexOf("plana-totp-missing");
    const login = names.findIndex((name) => name.endsWith("-login"));
    expect([slug, second >= 0, second < enrol, enrol < deny, deny < login]).toEqual([
      slug,
      true,
      true,
      true,
      true,
    ]);
    for (const { order, re_evaluate_policies, evaluate_on_plan } of results.slice(enrol, deny + 1))
      expect([slug, order, re_evaluate_policies, evaluate_on_plan]).toEqual([slug, order, true, false]);
    if (slug === "plana-recovery") expect(deny).toBeLessThan(names.indexOf("plana-recovery-write"));
  }
});

test("the embedded outpost is adopted: still managed, with the one proxy provider and the right host", async () => {
  const [outpost, ...others] = (
    await trial.authentik<
      List<{ managed: string; providers: number[]; config: { authentik_host: string }; type: string }>
    >("/outposts/instances/")
  ).results;
  const [proxy] = (await trial.authentik<List<{ pk: number }>>("/providers/proxy/")).results;
  expect(others).toEqual([]);
  expect(outpost).toMatchObject({
    managed: "goauthentik.io/outposts/embedded",
    type: "proxy",
    providers: [proxy?.pk],
    config: { authentik_host: "https://auth.trial.example.org/" },
  });
});

test("a second up changes nothing, and neither does a refreshed preview", async () => {
  await trial.must(["up", "--yes", "--expect-no-changes", "--stack", STACK]);
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("a change of one field touches one resource", async () => {
  trial.edit("stacks/prod/applications.ts", "Dashboards and logs", "Dashboards");
  const changes = await trial.changes(STACK);
  expect(changes.map(({ op, urn }) => [op, short(urn)])).toEqual([
    ["update", "authentik:index/application:Application grafana"],
  ]);
  await trial.must(["up", "--yes", "--stack", STACK]);
});

test("a refresh shows a change made behind its back, and up takes it back", async () => {
  const { pk } = await user("martin.kotrulev");
  const admins = (await trial.authentik<List<{ pk: string }>>("/core/groups/?name=plana-admins")).results[0]
    ?.pk;
  const { groups } = await user("martin.kotrulev");
  await trial.authentik(`/core/users/${pk}/`, "PATCH", { groups: [...groups, admins] });
  const changes = await trial.changes(STACK, "--refresh");
  expect(changes.filter(({ op }) => op === "update").map(({ urn }) => short(urn))).toEqual([
    "authentik:index/user:User martin.kotrulev",
  ]);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  expect((await user("martin.kotrulev")).groups).toEqual(groups);
});

test("what a person chose in their settings is no difference, and stays when something else of them changes", async () => {
  const { pk } = await user("martin.kotrulev");
  const attributes = { settings: { locale: "de" } };
  await trial.authentik(`/core/users/${pk}/`, "PATCH", { attributes });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  const ceo = '{ first: "Martin", last: "Kotrulev", roles: ["ceo"] }';
  trial.edit("stacks/prod/people.ts", ceo, ceo.replace('["ceo"]', '["ceo", "senior-developer"]'));
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  const changed = await user("martin.kotrulev");
  expect([changed.groups.length, changed.attributes]).toEqual([3, attributes]);
  trial.edit("stacks/prod/people.ts", ceo.replace('["ceo"]', '["ceo", "senior-developer"]'), ceo);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  expect((await user("martin.kotrulev")).attributes).toEqual(attributes);
});

test("an attribute that the roster gives is taken back when it is changed by hand", async () => {
  const { pk } = await user("martin.kotrulev");
  const ceo = '{ first: "Martin", last: "Kotrulev", roles: ["ceo"] }';
  const placed = ceo.replace(" }", ', attributes: { room: "4.12" } }');
  trial.edit("stacks/prod/people.ts", ceo, placed);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  expect((await user("martin.kotrulev")).attributes).toEqual({ room: "4.12" });
  await trial.authentik(`/core/users/${pk}/`, "PATCH", { attributes: { room: "5.01" } });
  const changes = await trial.changes(STACK, "--refresh");
  expect(changes.filter(({ op }) => op === "update").map(({ urn }) => short(urn))).toEqual([
    "authentik:index/user:User martin.kotrulev",
  ]);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  expect((await user("martin.kotrulev")).attributes).toEqual({ room: "4.12" });
  // Taken off the roster it is the person's again, and stays.
  trial.edit("stacks/prod/people.ts", placed, ceo);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  expect((await user("martin.kotrulev")).attributes).toEqual({ room: "4.12" });
});

test("a change of a group keeps its members", async () => {
  const members = async () =>
    (await trial.authentik<List<{ users: number[] }>>("/core/groups/?name=plana-finance")).results[0]?.users;
  const before = await members();
  expect(before).toHaveLength(2);
  const finance = '{ name: "plana-finance", ';
  trial.edit("stacks/prod/groups.ts", finance, `${finance}superuser: true, `);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  expect(await members()).toEqual(before);
  trial.edit("stacks/prod/groups.ts", `${finance}superuser: true, `, finance);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
});

test("a group's access to an application is taken away by a change of the data", async () => {
  const access = 'access: ["plana-finance", "plana-admins"]';
  trial.edit("stacks/prod/applications.ts", access, 'access: ["plana-finance"]');
  const changes = await trial.changes(STACK);
  expect(changes.map(({ op, urn }) => [op, short(urn)])).toContainEqual([
    "delete",
    "authentik:index/policyBinding:PolicyBinding matomo-plana-admins",
  ]);
  await trial.must(["up", "--yes", "--stack", STACK]);
  trial.edit("stacks/prod/applications.ts", 'access: ["plana-finance"]', access);
  await trial.must(["up", "--yes", "--stack", STACK]);
});

test("a deletion of a protected object is refused, and nothing is deleted", async () => {
  const line = '  { first: "Julian", last: "Lubenov", roles: ["senior-developer"] },\n';
  trial.edit("stacks/prod/people.ts", line, "");
  const before = trial.stateOf("authentik");
  const { code, stdout, stderr } = await trial.pulumi(["up", "--yes", "--stack", STACK]);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(/julian\.lubenov.*protect|protect.*julian\.lubenov/s);
  expect(trial.stateOf("authentik")).toBe(before);
  trial.edit("stacks/prod/people.ts", '  { first: "Martin"', `${line}  { first: "Martin"`);
  await trial.must(["preview", "--expect-no-changes", "--stack", STACK]);
});

test("a person marked as leaving is disabled and out of every group", async () => {
  const roles = '{ first: "Boyan", last: "Rabchev", ';
  trial.edit("stacks/prod/people.ts", roles, `${roles}leaving: true, `);
  await trial.must(["up", "--yes", "--stack", STACK]);
  expect(await user("boyan.rabchev")).toMatchObject({ is_active: false, groups: [] });
});

test("another secret key is refused before anything is touched, also without a preview", async () => {
  const before = trial.stateOf("kubernetes");
  await trial.setSecret("plana-sso:secretKey", "another-secret-key-".padEnd(60, "6"), STACK);
  // A harmless change beside it must not get through either.
  trial.edit("stacks/prod/applications.ts", '"Dashboards"', '"Dashboards again"');
  const applications = trial.stateOf("authentik");
  const { code, stdout, stderr } = await trial.pulumi(["up", "--yes", "--skip-preview", "--stack", STACK]);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain("secret-key-is-write-once");
  expect(trial.stateOf("kubernetes")).toBe(before);
  expect(trial.stateOf("authentik")).toBe(applications);
  await trial.setSecret("plana-sso:secretKey", SECRETS["plana-sso:secretKey"] ?? "", STACK);
  trial.edit("stacks/prod/applications.ts", '"Dashboards again"', '"Dashboards"');
  await trial.must(["preview", "--expect-no-changes", "--stack", STACK]);
});

test("a changed setting updates the Secret in place and rolls the pods", async () => {
  interface Deployment {
    readonly spec: { readonly template: { readonly metadata: { readonly annotations: object } } };
  }
  const pods = async () =>
    (await trial.cluster<Deployment>("/apis/apps/v1/namespaces/authentik/deployments/authentik-server")).spec
      .template.metadata.annotations;
  const [before, podsBefore] = [await settingsSecret(), await pods()];
  await trial.must(["config", "set", "plana-sso:databaseHost", "pg02", "--stack", STACK]);
  await trial.must(["up", "--yes", "--stack", STACK]);
  const after = await settingsSecret();
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(Buffer.from(after.data.AUTHENTIK_POSTGRESQL__HOST ?? "", "base64").toString()).toBe("pg02");
  expect(after.data.AUTHENTIK_SECRET_KEY).toBe(before.data.AUTHENTIK_SECRET_KEY);
  expect(await pods()).not.toEqual(podsBefore);
});

test("the chart from a local folder, and Traefik in place of nginx", async () => {
  const chart = join(trial.folder, "chart");
  mkdirSync(chart);
  writeFileSync(join(chart, "Chart.yaml"), "name: authentik\nversion: 2026.5.6\n");
  await trial.must(["config", "set", "plana-sso:chartPath", "./chart", "--stack", STACK]);
  await trial.must(["config", "set", "plana-sso:ingressController", "traefik", "--stack", STACK]);
  await trial.must(["up", "--yes", "--stack", STACK]);
  const { spec } = await trial.cluster<{ spec: { rules: { host: string }[] } }>(
    "/apis/networking.k8s.io/v1/namespaces/authentik/ingresses/matomo-admin-login",
  );
  expect(spec.rules.map(({ host }) => host)).toEqual(["analytics.trial.example.org"]);
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("a raised generation reissues one client secret and touches nothing else", async () => {
  const path = "/api/v1/namespaces/penpot/secrets/penpot-oidc";
  const before = (await trial.cluster<KubernetesSecret>(path)).data;
  trial.edit(
    "stacks/prod/applications.ts",
    'consumer: "penpot",',
    'consumer: "penpot",\n    secretGeneration: 2,',
  );
  const changes = await trial.changes(STACK);
  expect(new Set(changes.map(({ urn }) => short(urn)))).toEqual(
    new Set([
      "random:index/randomPassword:RandomPassword penpot-client-secret",
      "authentik:index/providerOauth2:ProviderOauth2 penpot",
      "kubernetes:core/v1:Secret penpot-oidc",
    ]),
  );
  await trial.must(["up", "--yes", "--stack", STACK]);
  const after = (await trial.cluster<KubernetesSecret>(path)).data;
  expect(after.OIDC_CLIENT_ID).toBe(before.OIDC_CLIENT_ID);
  expect(after.OIDC_CLIENT_SECRET).not.toBe(before.OIDC_CLIENT_SECRET);
  expect(after.PENPOT_OIDC_CLIENT_SECRET).toBe(after.OIDC_CLIENT_SECRET);
  // A merge that does not know of it.
  trial.edit("stacks/prod/applications.ts", "secretGeneration: 2,", "secretGeneration: 1,");
  const { code, stdout, stderr } = await trial.pulumi(["preview", "--stack", STACK]);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain(
    'applications: penpot: found "secretGeneration: 1"; expected 2 or more: its client secret was reissued',
  );
  trial.edit("stacks/prod/applications.ts", "secretGeneration: 1,", "secretGeneration: 2,");
});

test("no secret stands in clear in the state, the logs or the outputs", async () => {
  const { items } = await trial.cluster<{
    items: { metadata: { name: string }; data?: Record<string, string> }[];
  }>("/api/v1/secrets");
  const delivered = items.flatMap(({ data }) => [
    data?.OIDC_CLIENT_SECRET,
    data?.AUTHENTIK_SECRET_KEY,
    data?.AUTHENTIK_BOOTSTRAP_TOKEN,
    data?.AUTHENTIK_POSTGRESQL__PASSWORD,
  ]);
  const plain = delivered.flatMap((value) => (value ? [Buffer.from(value, "base64").toString()] : []));
  const secrets = [...new Set([...plain, ...Object.values(SECRETS), trial.sandbox.token])];
  expect(plain.length).toBeGreaterThan(10);
  await trial.must(["stack", "output", "--json", "--stack", STACK]);
  await trial.must(["preview", "--diff", "--stack", STACK]);

  const folder = join(trial.folder, ".sandbox", "state");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const texts = files.map((entry) => ({
    where: entry.name,
    text: readFileSync(join(entry.parentPath, entry.name), "utf8"),
  }));
  expect(texts.length).toBeGreaterThan(5);
  for (const { where, text } of [...texts, { where: "what the engine printed", text: trial.log }]) {
    const found = secrets.flatMap((secret, index) =>
      text.includes(secret) || text.includes(Buffer.from(secret).toString("base64")) ? [index] : [],
    );
    expect({ where, found }).toEqual({ where, found: [] });
  }
});

test("destroy leaves nothing but what Authentik ships", async () => {
  await trial.must(["state", "unprotect", "--all", "--yes", "--stack", STACK]);
  await trial.must(["destroy", "--yes", "--stack", STACK]);
  expect(objectsOfAuthentik()).toEqual(emptyAuthentik);
  const { items } = await trial.cluster<{ items: { metadata: { name: string } }[] }>("/api/v1/namespaces");
  expect(items.map(({ metadata }) => metadata.name).sort()).toEqual([
    "default",
    "kube-node-lease",
    "kube-public",
    "kube-system",
  ]);
  const { items: secrets } = await trial.cluster<{ items: unknown[] }>("/api/v1/secrets");
  expect(secrets).toEqual([]);
});
