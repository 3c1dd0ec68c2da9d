import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { converge } from "../../repair/converge";
import { sandboxWorkspace, type Workspace } from "../../state/workspace";
import { repair } from "../../repair";
import { handUpgradesOf, notShown } from "../../repair/hand-upgrade";
import { reportOf } from "../../review/report";
import { fromEngine } from "../../review/sources";
import type { Properties } from "../../sandbox/plugins/wire";
import { Trial, type List } from "../../sandbox/trial";
import { deployment, exportState, importState } from "../../state/engine";
import { RELEASE, secretOf } from "../../state/resources";
import { bundle, PluginClient } from "../sandbox/plugin-client";

// A stack that is changed by hand where no refresh looks; each test goes on where the one before it ended.
const STACK = "by-hand";
const KEY = "hand-given-key-of-no-worth".padEnd(60, "3");
let trial: Trial;
let workspace: Workspace;

beforeAll(async () => {
  trial = await Trial.start();
  await trial.createStack(STACK);
  workspace = sandboxWorkspace(trial.sandbox, trial.folder, STACK);
  await trial.must(["up", "--yes", "--skip-preview", "--stack", STACK]);
}, 900_000);

afterAll(() => trial.stop());

jest.setTimeout(400_000);

/** `helm upgrade --reset-values` with these values. */
async function helmUpgrade(values: Properties): Promise<void> {
  const plugins = bundle();
  const plugin = await PluginClient.start(plugins.file, "kubernetes");
  try {
    await plugin.configure({ kubeconfig: trial.sandbox.env.KUBECONFIG ?? "" });
    await plugin.update(
      RELEASE,
      "authentik/authentik",
      {},
      {
        name: "authentik",
        namespace: "authentik",
        chart: "authentik",
        version: "2026.5.6",
        repositoryOpts: { repo: "https://charts.goauthentik.io" },
        values,
        skipAwait: true,
      },
    );
  } finally {
    await plugin.stop();
    plugins.remove();
  }
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Container {
  readonly envFrom: readonly { readonly secretRef: { readonly name: string } }[];
  readonly env?: readonly { readonly name: string }[];
}

/** The server's container: which Secret it reads, and whether the variable is set that the tests set by hand. */
async function server() {
  const { spec } = await trial.cluster<Deployment>(
    "/apis/apps/v1/namespaces/authentik/deployments/authentik-server",
  );
  const [container] = spec.template.spec.containers;
  return {
    reads: container?.envFrom.map(({ secretRef }) => secretRef.name),
    traced: container?.env?.some(({ name }) => name === "AUTHENTIK_LOG_LEVEL") ?? false,
  };
}

/** Marks one value of the release in the state as a secret, as an adoption leaves them until its `up` has ended. */
async function sealOneValue(): Promise<void> {
  const state = JSON.parse(await exportState(workspace)) as {
    readonly deployment: {
      readonly resources: readonly {
        readonly type: string;
        readonly inputs: { readonly values: Properties };
      }[];
    };
  };
  const release = state.deployment.resources.find(({ type }) => type === RELEASE);
  Object.assign(release?.inputs.values ?? {}, { authentik: { secret_key: secretOf(KEY) } });
  await importState(workspace, JSON.stringify(state));
}

const review = async () => reportOf(await fromEngine(workspace));

test("an upgrade that drops the name of the settings Secret is seen by no refresh", async () => {
  expect(await server()).toEqual({ reads: ["authentik-settings"], traced: false });
  await helmUpgrade({
    postgresql: { enabled: false },
    // With a key of its own: what is set by hand may be a secret.
    authentik: { secret_key: KEY },
    server: { env: [{ name: "AUTHENTIK_LOG_LEVEL", value: "trace" }] },
  });
  expect(await server()).toEqual({ reads: ["authentik"], traced: true });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("a review, and so the drift report, tells it, and a preview says what it does not show", async () => {
  const before = trial.stateOf("kubernetes");
  const { stdout: state } = await trial.must(["stack", "export", "--stack", STACK]);
  const report = await review();
  const { verdict, findings } = report;
  expect(verdict).toBe("unsafe");
  expect(findings.filter(({ standing }) => !standing).map(({ rule }) => rule)).toEqual(["server-setting"]);
  expect(JSON.stringify(findings)).toContain("authentik.existingSecret");
  expect(JSON.stringify(report)).not.toContain(KEY);
  expect(await notShown(workspace)).toEqual([
    "Helm release authentik is of revision 2, and this stack made 1: it was upgraded past the program, or by an update that was cut off. A preview shows nothing of it.\n" +
      `  mend: npm run up -- --stack ${STACK}   (it upgrades the release to what the program says)`,
  ]);
  expect(trial.stateOf("kubernetes")).toBe(before);
  expect((await trial.must(["stack", "export", "--stack", STACK])).stdout).toBe(state);
});

test("`up` restores what was dropped, and takes away what was added", async () => {
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  expect(await server()).toEqual({ reads: ["authentik-settings"], traced: false });
  expect(await handUpgradesOf(workspace)).toEqual([]);
  expect((await review()).verdict).toBe("unchanged");
});

test("so it does where values were only added, and an upgrade with the program's own values is none", async () => {
  const { resources } = await deployment(workspace);
  const own = resources.find(({ type }) => type === RELEASE)?.inputs.values as Properties;
  await helmUpgrade(own);
  expect(await handUpgradesOf(workspace)).toEqual([]);
  await helmUpgrade({ ...own, geoip: { enabled: true } });
  await sealOneValue();
  expect((await handUpgradesOf(workspace)).map(({ made, live }) => [made, live])).toEqual([[3, 5]]);
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  expect(await handUpgradesOf(workspace)).toEqual([]);
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("an upgrade that failed is done again by the next `up`, though a refresh sees nothing of it", async () => {
  const ROUTES = "/apis/networking.k8s.io/v1/namespaces";
  const send = async (method: string, path: string, body?: object) => {
    const { status } = await fetch(`${trial.sandbox.kubernetes.url}${ROUTES}${path}`, {
      method,
      headers: { authorization: `Bearer ${trial.sandbox.token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    expect([200, 201]).toContain(status);
  };
  const backend = { service: { name: "other", port: { number: 80 } } };
  const inTheWay = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "in-the-way", namespace: "default" },
    spec: {
      ingressClassName: "nginx",
      rules: [
        { host: "auth.trial.example.org", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } },
      ],
    },
  };
  await send("DELETE", "/authentik/ingresses/authentik-server");
  await send("POST", "/default/ingresses", inTheWay);
  await trial.must(["config", "set", "plana-sso:serverReplicas", "3", "--stack", STACK]);
  const failed = await converge(workspace);
  expect(failed.code).not.toBe(0);
  expect(failed.stdout + failed.stderr).toContain("is already defined in ingress default/in-the-way");
  await send("DELETE", "/default/ingresses/in-the-way");
  // The engine believes that all is as it should be.
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
  const [told] = await notShown(workspace);
  expect(told).toMatch(/^Helm release authentik: the upgrade to revision \d+ failed, /);
  expect((await review()).verdict).not.toBe("unchanged");
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  expect(await handUpgradesOf(workspace)).toEqual([]);
  await trial.cluster(`${ROUTES}/authentik/ingresses/authentik-server`);
  expect((await review()).verdict).toBe("unchanged");
});

interface PasswordPolicy {
  readonly pk: string;
  readonly check_zxcvbn: boolean;
  readonly zxcvbn_score_threshold: number;
  readonly check_have_i_been_pwned: boolean;
}

async function passwordPolicy(): Promise<PasswordPolicy> {
  const { results } = await trial.authentik<List<PasswordPolicy>>("/policies/password/?name=plana-password");
  const [policy] = results;
  if (!policy) throw new Error("there is no policy plana-password");
  return policy;
}

async function passwordPolicyInState() {
  const { resources } = await deployment(workspace);
  return resources.find(({ name }) => name === "plana-password")?.outputs;
}

test("a password policy that asks for less by hand is seen by no refresh, told as drift, and written back by `up`", async () => {
  const { pk } = await passwordPolicy();
  const weaker = { check_zxcvbn: false, zxcvbn_score_threshold: 0, check_have_i_been_pwned: true };
  await trial.authentik(`/policies/password/${pk}/`, "PATCH", weaker);
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
  const { verdict, findings } = await review();
  expect(verdict).toBe("unsafe");
  expect(JSON.stringify(findings.filter(({ standing }) => !standing))).toContain("checkZxcvbn");
  // An update of something else leaves it, and what the state knows of it, alone.
  const before = await passwordPolicyInState();
  const group = (await deployment(workspace)).resources.find(({ name }) => name === "plana-finance");
  expect(await converge(workspace, ["--target", group?.urn ?? ""])).toMatchObject({ code: 0 });
  expect(await passwordPolicyInState()).toEqual(before);
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  // The provider sends no `false`, so that one is left to `npm run repair`.
  expect(await passwordPolicy()).toMatchObject({
    check_zxcvbn: true,
    zxcvbn_score_threshold: 2,
    check_have_i_been_pwned: true,
  });
  expect(await repair(workspace, [])).toBe(0);
  expect(await passwordPolicy()).toMatchObject({ check_zxcvbn: true, check_have_i_been_pwned: false });
  expect((await review()).verdict).toBe("unchanged");
});

test("another brand that was made the default is told as unsafe, and no `up` fails of it", async () => {
  interface Brand {
    readonly brand_uuid: string;
    readonly default: boolean;
  }
  const [own] = (await trial.authentik<List<Brand>>("/core/brands/?domain=authentik-default")).results;
  const path = `/core/brands/${own?.brand_uuid ?? ""}/`;
  await trial.authentik(path, "PATCH", { default: false });
  const other = await trial.authentik<Brand>("/core/brands/", "POST", {
    domain: "other.example.org",
    default: true,
  });
  expect((await review()).verdict).toBe("unsafe");
  const said = jest.spyOn(console, "error").mockImplementation(() => undefined);
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  expect(said.mock.calls.flat().join("\n")).toContain(
    "Brand other.example.org is the default instead: its flows let people in, not the program's, and a change of authentik-default is refused.\n" +
      "  mend: take the default from brand other.example.org in Authentik",
  );
  said.mockRestore();
  await trial.authentik(`/core/brands/${other.brand_uuid}/`, "PATCH", { default: false });
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  expect(await trial.authentik(path)).toMatchObject({ default: true });
});

test("what was given by hand stands nowhere in the state, nor in the log", () => {
  const state = join(trial.folder, ".sandbox", "state");
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  expect(files.length).toBeGreaterThan(5);
  for (const { parentPath, name } of files)
    expect({ name, held: readFileSync(join(parentPath, name), "utf8").includes(KEY) }).toEqual({
      name,
      held: false,
    });
  expect(trial.log).not.toContain(KEY);
});
