import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Cluster } from "../../live/cluster";
import { FaultProxy, FAULTS, type Fault } from "../../sandbox/fault-proxy";
import { kubeconfig, startKubernetes, type Kubernetes } from "../../sandbox/kubernetes/server";
import { randomText } from "../../sandbox/authentik/rules";
import { Office, TOKEN, type Body, type Ended } from "./office";

// Every step of a reissue is interrupted, and every request to both servers fails in every way. The engine is played:
// applying brings the secret of the data, or of the configuration, to the provider and to the cluster.
const APPS = { forgejo: "generated", matomo: "configured" } as const;
type App = keyof typeof APPS;
const STEPS = 5;

let office: Office;
let kubernetes: Kubernetes;
let proxy: FaultProxy;
let clusters: Readonly<Record<"usual" | "hasty", Cluster>>;
const clusterOf = (file: string, patience: number) =>
  new Cluster(file, { retries: 1, patience, longestPause: 5 });
const providers: Record<string, Body> = {};
/** The generation that the engine has applied, and the password that it made for it. */
const generations: Record<string, number> = { forgejo: 1 };
const passwords: Record<string, string> = { forgejo: "first-secret-of-forgejo" };
/** What else a preview shows, of whatever is targeted. */
let foreign: Body[] = [];
/** Whether the engine ends once it has the password. */
let isCutOff = false;
const shown: string[] = [];
const secrets = new Set<string>();

beforeAll(async () => {
  office = await Office.open();
  kubernetes = await startKubernetes({ stateFile: join(office.folder, "kubernetes.json"), token: TOKEN });
  proxy = await FaultProxy.start(kubernetes.url);
  const file = join(office.folder, "kubeconfig");
  writeFileSync(file, kubeconfig(proxy.url, TOKEN));
  clusters = { usual: clusterOf(file, 5_000), hasty: clusterOf(file, 300) };
  const flow = async (slug: string) => (await office.ask("GET", `/flows/instances/${slug}/`)).pk;
  for (const app of Object.keys(APPS)) {
    providers[app] = await office.ask("POST", "/providers/oauth2/", {
      name: app,
      client_id: app,
      client_secret: `first-secret-of-${app}`,
      authorization_flow: await flow("default-provider-authorization-implicit-consent"),
      invalidation_flow: await flow("default-provider-invalidation-flow"),
      redirect_uris: [],
      grant_types: ["authorization_code", "refresh_token"],
    });
    await cluster("POST", "/api/v1/namespaces", { metadata: { name: app } });
    await cluster("POST", `/api/v1/namespaces/${app}/secrets`, {
      metadata: { name: `${app}-oidc` },
      stringData: { OIDC_CLIENT_SECRET: `first-secret-of-${app}` },
    });
    await cluster("POST", `/apis/apps/v1/namespaces/${app}/deployments`, {
      metadata: { name: app },
      spec: {
        selector: { matchLabels: { app } },
        template: {
          spec: { containers: [{ name: app, envFrom: [{ secretRef: { name: `${app}-oidc` } }] }] },
        },
      },
    });
  }
  office.config.clients = {
    value: JSON.stringify({ matomo: { clientSecret: "first-secret-of-matomo" } }),
    secret: true,
  };
  office.engine = engine;
  jest.spyOn(console, "error").mockImplementation(() => undefined);
}, 120_000);
afterAll(async () => {
  await proxy.close();
  await kubernetes.close();
  await office.close();
});
beforeEach(heal);
jest.setTimeout(300_000);

function heal(): void {
  foreign = [];
  isCutOff = false;
  proxy.heal();
  office.proxy.heal();
  wait("usual");
}

/** A server that does not answer takes the whole patience. */
function wait(how: "usual" | "hasty"): void {
  office.patience = how === "usual" ? 5_000 : 300;
  office.cluster = clusters[how];
}

async function cluster<T = Body>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${kubernetes.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/merge-patch+json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

const data = () => readFileSync(join(office.folder, "stacks/prod/applications.ts"), "utf8");
const written = (app: string) =>
  Number(
    new RegExp(`slug: "${app}",(?:(?!\\n {2}\\}).)*secretGeneration: (\\d+)`, "s").exec(data())?.[1] ?? "1",
  );
const configured = (app: string) =>
  (JSON.parse(office.config.clients?.value ?? "{}") as Record<string, { clientSecret?: string }>)[app]
    ?.clientSecret;

async function live(app: string): Promise<string> {
  const { client_secret: secret } = await office.ask(
    "GET",
    `/providers/oauth2/${String(providers[app]?.pk)}/`,
  );
  secrets.add(String(secret));
  return String(secret);
}

async function delivered(app: string): Promise<string> {
  const { data: entries } = await cluster<{ data: Record<string, string> }>(
    "GET",
    `/api/v1/namespaces/${app}/secrets/${app}-oidc`,
  );
  return Buffer.from(entries.OIDC_CLIENT_SECRET ?? "", "base64").toString();
}

async function restartedAt(app: string): Promise<string | undefined> {
  const { spec } = await cluster<{
    spec: { template: { metadata?: { annotations?: Record<string, string> } } };
  }>("GET", `/apis/apps/v1/namespaces/${app}/deployments/${app}`);
  return spec.template.metadata?.annotations?.["kubectl.kubernetes.io/restartedAt"];
}

async function askToken(app: string, secret: string): Promise<unknown> {
  const response = await fetch(`${office.url}/application/o/token/`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: "none",
      client_id: app,
      client_secret: secret,
    }),
  });
  return ((await response.json()) as { error: unknown }).error;
}

const urn = (type: string, name: string) => `urn:pulumi:prod::plana-sso::${type}::${name}`;
const PROVIDER = "authentik:index/providerOauth2:ProviderOauth2";
const SECRET = "kubernetes:core/v1:Secret";

function resources(): Body[] {
  return Object.keys(APPS).flatMap((app) => [
    { urn: urn(PROVIDER, app), type: PROVIDER, custom: true, id: String(providers[app]?.pk) },
    {
      urn: urn(SECRET, `${app}-oidc`),
      type: SECRET,
      custom: true,
      inputs: { metadata: { name: `${app}-oidc`, namespace: app } },
    },
    ...(APPS[app as App] === "generated"
      ? [
          {
            urn: urn("random:index/randomPassword:RandomPassword", `${app}-client-secret`),
            type: "random:index/randomPassword:RandomPassword",
            custom: true,
            inputs: { keepers: { generation: String(generations[app]) } },
          },
        ]
      : []),
  ]);
}

async function due(app: App): Promise<boolean> {
  if (APPS[app] === "generated" && written(app) !== generations[app]) return true;
  const secret = configured(app) ?? passwords[app];
  return secret !== (await live(app)) || secret !== (await delivered(app));
}

async function engine([command, ...args]: readonly string[]): Promise<string> {
  const apps = Object.keys(APPS) as App[];
  const app = apps.find((each) => args.includes(urn(PROVIDER, each)));
  if (!app) throw new Error("no application is targeted");
  const change = {
    op: "update",
    urn: urn(PROVIDER, app),
    detailedDiff: { clientSecret: { kind: "update" } },
  };
  if (command === "preview")
    return JSON.stringify({ steps: [...((await due(app)) ? [change] : []), ...foreign] });
  if (APPS[app] === "generated" && written(app) !== generations[app]) {
    passwords[app] = randomText(40);
    generations[app] = written(app);
  }
  if (isCutOff) throw new Error("the engine was cut off");
  const secret = configured(app) ?? passwords[app] ?? "";
  await office.ask("PATCH", `/providers/oauth2/${String(providers[app]?.pk)}/`, { client_secret: secret });
  await cluster("PATCH", `/api/v1/namespaces/${app}/secrets/${app}-oidc`, {
    data: { OIDC_CLIENT_SECRET: Buffer.from(secret).toString("base64") },
  });
  return "";
}

async function ops(args: readonly string[], interruptAfter?: number): Promise<Ended> {
  office.state = { deployment: { resources: resources() } };
  const ended = await office.ops(args, { interruptAfter });
  shown.push(ended.seen);
  return ended;
}
const reissue = (app: string, ...more: string[]) => ops(["secret", "reissue", app, ...more]);

/** A run to the end: the new secret everywhere, the old one nowhere. */
async function expectReissued(app: App, old: string): Promise<string> {
  const { code, said } = await reissue(app);
  expect({ code, said: code === 0 ? "" : said }).toEqual({ code: 0, said: "" });
  const now = await live(app);
  expect(now).not.toBe(old);
  expect(await delivered(app)).toBe(now);
  expect([await askToken(app, now), await askToken(app, old)]).toEqual(["invalid_grant", "invalid_client"]);
  expect(written(app)).toBe(generations[app] ?? 1);
  return now;
}

const apps = Object.keys(APPS) as App[];

test.each(apps)(
  "%s: a dry run changes nothing on either server, in the data or in the configuration",
  async (app) => {
    const state = () => [
      office.stateFile(),
      readFileSync(join(office.folder, "kubernetes.json"), "utf8"),
      data(),
    ];
    const [before, config] = [state(), JSON.stringify(office.config)];
    const { code, lines } = await ops(["--dry-run", "secret", "reissue", app, "--plain"]);
    expect([code, lines.map(({ outcome }) => outcome)]).toEqual([0, Array(STEPS).fill("would be done")]);
    expect([state(), JSON.stringify(office.config)]).toEqual([before, config]);
    const manifest = await ops(["--dry-run", "secret", "manifest", app, "--plain"]);
    expect(manifest.printed).toBe(
      `Nothing was given out. The manifest would be infra/k8s/${app}/${app}-oidc.sops.yaml.`,
    );
    const passed = [...proxy.passed, ...office.proxy.passed];
    expect(passed.filter(({ method }) => method !== "GET")).toEqual([]);
  },
);

test.each(apps)("%s: run twice, each run issues another secret", async (app) => {
  const first = await expectReissued(app, await live(app));
  await expectReissued(app, first);
});

test.each(apps)("%s: interrupted after any step, the next run finishes with the same secret", async (app) => {
  for (let after = 1; after <= STEPS; after += 1) {
    const old = await live(app);
    const cut = await ops(["secret", "reissue", app], after);
    expect([after, cut.code, cut.said]).toEqual([after, 1, expect.stringContaining("interrupted")]);
    const [between, restarted] = [await live(app), await restartedAt(app)];
    const generation = written(app);
    const now = await expectReissued(app, old);
    // Going on is neither issuing yet another one, nor raising the number once more, nor taking the pods down again.
    if (after >= 2) expect([after, now]).toEqual([after, between]);
    expect([after, written(app)]).toEqual([after, generation]);
    if (after >= 3) expect([after, await restartedAt(app)]).toEqual([after, restarted]);
  }
});

test.each(apps)(
  "%s: where anything else would change, nothing is written before that is refused",
  async (app) => {
    foreign = [
      { op: "update", urn: urn(PROVIDER, app), detailedDiff: { allowedRedirectUris: { kind: "update" } } },
    ];
    const state = () => [data(), JSON.stringify(office.config), office.stateFile()];
    const before = state();
    const { code, said, lines } = await reissue(app);
    expect([code, said]).toEqual([
      1,
      expect.stringContaining("would also change what does not belong to it"),
    ]);
    expect(said).toContain(`mend: npm run up -- --stack prod   (after review), then run this again`);
    expect([state(), lines]).toEqual([before, []]);
    // As that `up` does.
    foreign = [];
    const [generation, restarted] = [written(app), await restartedAt(app)];
    await expectReissued(app, await live(app));
    expect(written(app)).toBe(APPS[app] === "generated" ? generation + 1 : generation);
    expect(await restartedAt(app)).not.toBe(restarted);
  },
);

test("cut off when the engine had the new password, and nobody else: the next run goes on with that one", async () => {
  const [old, generation] = [await live("forgejo"), written("forgejo")];
  isCutOff = true;
  const { code, said } = await reissue("forgejo");
  expect([code, said]).toEqual([1, expect.stringContaining("the engine was cut off")]);
  expect([written("forgejo"), generations.forgejo, await live("forgejo")]).toEqual([
    generation + 1,
    generation + 1,
    old,
  ]);
  const made = passwords.forgejo;
  heal();
  const restarted = await restartedAt("forgejo");
  expect(await expectReissued("forgejo", old)).toBe(made);
  expect(written("forgejo")).toBe(generation + 1);
  expect(await restartedAt("forgejo")).not.toBe(restarted);
  // That one is finished: who asks now wants another.
  await expectReissued("forgejo", made ?? "");
  expect(written("forgejo")).toBe(generation + 2);
});

const CASES = Object.entries(FAULTS).flatMap(([name, fault]) =>
  (["Authentik", "cluster"] as const).map((which) => [name, which, fault] as [string, string, Fault]),
);
test.each(CASES)(
  "%s at any request to the %s: exit 1 says which, and the next run finishes",
  async (name, which, fault) => {
    const server = which === "cluster" ? proxy : office.proxy;
    heal();
    await reissue("forgejo");
    const requests = server.passed.length;
    expect(requests).toBeGreaterThan(4);
    for (let at = 1; at <= requests; at += 1) {
      const old = await live("forgejo");
      server.fail((_request, number) => (number === at || number === at + 1 ? fault : undefined));
      if (name === "timeout") wait("hasty");
      const broken = await reissue("forgejo");
      if (broken.code !== 0) {
        // A server that has understood and says no says why.
        expect(broken.said).toMatch(/mend:|(Authentik|cluster): (GET|POST|PATCH) [^:]+: (404|409)/);
        expect(broken.printed).toBe("");
      }
      heal();
      await expectReissued("forgejo", old);
    }
  },
);

test("a consumer that does not roll by itself is told as such, and a second run goes on where its pods were renewed", async () => {
  const path = "/apis/apps/v1/namespaces/forgejo/deployments/forgejo";
  const deployment = await cluster("GET", path);
  await cluster("DELETE", path);
  const statefulSets = "/apis/apps/v1/namespaces/forgejo/statefulsets";
  const spec = deployment.spec as Body;
  const status = { observedGeneration: 1, readyReplicas: 1, currentRevision: "a", updateRevision: "b" };
  await cluster("POST", statefulSets, {
    metadata: { name: "forgejo" },
    spec: { ...spec, replicas: 1, updateStrategy: { type: "OnDelete" } },
    status,
  });
  const old = await live("forgejo");
  const held = await reissue("forgejo");
  expect([held.code, held.said]).toEqual([
    1,
    expect.stringContaining(
      "does not run with the new secret yet: its pods are renewed only when they are deleted",
    ),
  ]);
  await cluster("PATCH", `${statefulSets}/forgejo`, {
    status: { observedGeneration: 2, updatedReplicas: 1, currentRevision: "b", updateRevision: "b" },
  });
  await expectReissued("forgejo", old);
  await cluster("DELETE", `${statefulSets}/forgejo`);
  await cluster("POST", "/apis/apps/v1/namespaces/forgejo/deployments", {
    metadata: { name: "forgejo" },
    spec,
  });
});

test("with --leave-pods the consumer is left to its annotation", async () => {
  const [before, old] = [await restartedAt("forgejo"), await live("forgejo")];
  const { code, printed } = await reissue("forgejo", "--leave-pods");
  expect([code, printed]).toEqual([
    0,
    expect.stringContaining("Left to an annotation: the restart of Deployment forgejo."),
  ]);
  expect(await restartedAt("forgejo")).toBe(before);
  expect(await live("forgejo")).not.toBe(old);
});

test("a consumer that nobody sees is said, and another that reads another Secret is not restarted", async () => {
  const path = "/apis/apps/v1/namespaces/matomo/deployments/matomo";
  const template = (name: string) => ({
    spec: { template: { spec: { containers: [{ name: "matomo", envFrom: [{ secretRef: { name } }] }] } } },
  });
  await cluster("PATCH", path, template("another"));
  const before = await restartedAt("matomo");
  const { code, printed } = await reissue("matomo");
  expect([code, printed]).toEqual([
    0,
    expect.stringContaining("No workload in matomo reads Secret matomo/matomo-oidc"),
  ]);
  expect(await restartedAt("matomo")).toBe(before);
  await cluster("PATCH", path, template("matomo-oidc"));
});

test.each([
  [["secret", "reissue", "forgeyo"], 2, "did you mean forgejo?"],
  [["secret", "manifest", "forgeyo", "--plain"], 2, "did you mean forgejo?"],
  [["secret", "reissue", "matomo-admin"], 1, "is behind the outpost and has no client secret"],
  [["secret", "reissue", "grafana"], 1, "mend: npm run up -- --stack prod"],
  [["secret", "reissue", "forgejo", "--sops", "--plain"], 2, "cannot be used with"],
])("refused with nothing changed: %j", async (args, expected, told) => {
  const before = [office.stateFile(), data()];
  const { code, said } = await ops(args);
  expect([code, said]).toEqual([expected, expect.stringContaining(told)]);
  expect([office.stateFile(), data()]).toEqual(before);
});

test("nobody's logins are cut without being asked", async () => {
  const before = [office.stateFile(), data()];
  office.state = { deployment: { resources: resources() } };
  const { code, said } = await office.ops(["secret", "reissue", "forgejo"], { yes: false });
  expect([code, said]).toEqual([1, expect.stringContaining("add --yes")]);
  expect([office.stateFile(), data()]).toEqual(before);
});

describe("the manifest", () => {
  const bin = () => join(office.folder, "bin");
  /** A sops that shows what it was asked, and encrypts by turning the text round. */
  function installSops(script: string): void {
    mkdirSync(bin(), { recursive: true });
    writeFileSync(join(bin(), "sops"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin(), "sops"), 0o755);
    office.env.PATH = `${bin()}:${process.env.PATH ?? ""}`;
  }
  afterEach(() => Reflect.deleteProperty(office.env, "PATH"));

  test("is encrypted by sops under the rule of its place, after a reissue, and stands alone", async () => {
    installSops('if [ "$1" = --version ]; then exit 0; fi; echo "# $*"; cat | rev');
    const { code, printed, said, lines } = await reissue("forgejo", "--sops");
    const secret = await live("forgejo");
    // What is to be done with it is said beside.
    expect(said).toContain("Commit stacks/prod/applications.ts.\nMerge stacks/prod/applications.ts before");
    expect(printed).not.toContain("Merge");
    expect(code).toBe(0);
    expect(printed.split("\n")[0]).toBe(
      "# --encrypt --input-type yaml --output-type yaml --encrypted-regex ^(data|stringData)$ --filename-override infra/k8s/forgejo/forgejo-oidc.sops.yaml /dev/stdin",
    );
    expect(printed).toContain(Array.from(secret).reverse().join(""));
    expect(lines.at(-1)).toMatchObject({ verb: "secret manifest", step: "manifest given out, encrypted" });
  });

  test("that sops refuses is said with the command that gives it out; the secret is reissued", async () => {
    installSops('if [ "$1" = --version ]; then exit 0; fi; echo "no creation rule" >&2; exit 1');
    const old = await live("forgejo");
    const { code, said } = await reissue("forgejo", "--sops");
    expect([code, said]).toEqual([1, expect.stringContaining("no creation rule")]);
    expect(said).toContain("Merge stacks/prod/applications.ts before");
    expect(said).toContain("npm run ops -- --stack prod secret manifest forgejo --sops");
    expect(await live("forgejo")).not.toBe(old);
  });

  test("without sops nothing is begun", async () => {
    office.env.PATH = join(office.folder, "nowhere");
    const before = data();
    const { code, said } = await reissue("forgejo", "--sops");
    expect([code, said]).toEqual([1, expect.stringContaining("sops is not installed here")]);
    expect(data()).toBe(before);
  });
});

test("no secret was printed in clear, said or logged", async () => {
  const clear = await office.ops(["secret", "manifest", "forgejo", "--plain"]);
  expect(clear.printed).toContain(`OIDC_CLIENT_SECRET: ${await live("forgejo")}`);
  expect(clear.lines.at(-1)).toMatchObject({ step: "manifest given out in clear", whom: "forgejo" });
  expect(secrets.size).toBeGreaterThan(30);
  for (const secret of [...secrets, TOKEN]) expect(shown.join("\n").includes(secret)).toBe(false);
});
