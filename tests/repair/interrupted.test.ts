import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { converge } from "../../repair/converge";
import { sandboxWorkspace, type Workspace } from "../../state/workspace";
import { beginAnew, mend, sealImported, standing } from "../../repair/mend";
import { dropCutNotes, select } from "../../state/folder-backend";
import { deployment } from "../../state/engine";
import { readPreview, RELEASE } from "../../state/resources";
import { Trial, type List } from "../../sandbox/trial";
import { nobody } from "../nobody";

// One stack whose `up` is killed; each test goes on where the one before it ended.
const STACK = "killed";
let trial: Trial;
let workspace: Workspace;
const said: string[] = [];
const options = {
  gone: [] as string[],
  say: (text: string) => {
    // On a slow machine the wait is told, too.
    if (!text.includes(": not yet, after ")) said.push(text);
  },
};

beforeAll(async () => {
  trial = await Trial.start();
  await trial.createStack(STACK, ["plana-sso:googleClientSecret", "plana-sso:googleClientId"]);
  await trial.must(["config", "set", "plana-sso:google", "false", "--stack", STACK]);
  workspace = sandboxWorkspace(trial.sandbox, trial.folder, STACK);
}, 900_000);

afterAll(() => trial.stop());

beforeEach(() => {
  said.length = 0;
});

jest.setTimeout(400_000);

interface Recorded {
  readonly urn: string;
  readonly dependencies?: readonly string[];
}

/** Kills the engine and all it started, as a runner that dies does, once so many objects have been made. */
async function killedAfter(created: number): Promise<void> {
  const { command, leading } = trial.sandbox.cli;
  const child = spawn(
    command,
    [...leading, "up", "--yes", "--skip-preview", "--non-interactive", "--stack", STACK],
    { cwd: trial.folder, env: trial.sandbox.env, stdio: ["ignore", "pipe", "ignore"], detached: true },
  );
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text.split(" created").length - 1;
    if (seen >= created && child.pid !== undefined && child.exitCode === null)
      process.kill(-child.pid, "SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  // What the plugins had asked for is still being answered.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  // A kill may cut such a note off, which the commands mend and the engine does not.
  await dropCutNotes(workspace, () => undefined);
}

test("a killed up leaves its lock and unfinished creations, and is mended by the next up", async () => {
  await killedAfter(40);
  expect((await deployment(workspace)).pending.length).toBeGreaterThan(0);
  const locked = await trial.pulumi(["up", "--yes", "--skip-preview", "--stack", STACK]);
  expect(locked.stdout + locked.stderr).toContain("the stack is currently locked by");
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("notes beside the state that a kill has cut off are taken away, and the state is read on", async () => {
  const note = join(trial.folder, ".sandbox/state/.pulumi/stacks/plana-sso", `${STACK}.json.attrs`);
  for (const cut of ["", '{"user.cache_control"']) {
    writeFileSync(note, cut);
    expect((await workspace.select()).code).not.toBe(0);
    expect((await select(workspace, options.say)).code).toBe(0);
    expect(said.at(-1)).toContain(`${STACK}.json.attrs was cut off`);
    writeFileSync(note, cut);
    expect((await standing(workspace)).isUnsettled).toBe(true);
    expect(await mend(workspace, options)).toBe(true);
    expect((await standing(workspace)).isUnsettled).toBe(false);
  }
});

test("values of the release that an import left in clear are sealed, also in the engine's copies of the state", async () => {
  const KEY = "worthless-key";
  const state = join(trial.folder, ".sandbox", "state");
  const inClear = () =>
    readdirSync(state, { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), "utf8").includes(KEY),
      )
      .map(({ name }) => name);
  const { stdout: whole } = await trial.must(["stack", "export", "--stack", STACK]);
  const imported = JSON.parse(whole) as {
    deployment: { resources: { type: string; inputs?: { values?: object } }[] };
  };
  const release = imported.deployment.resources.find(({ type }) => type === RELEASE);
  if (!release) throw new Error("the stack has no release");
  release.inputs = {
    ...release.inputs,
    values: { ...release.inputs?.values, authentik: { secret_key: KEY } },
  };
  const write = async (stdin: string) => {
    expect(await workspace.pulumi(["stack", "import"], { stdin })).toMatchObject({ code: 0 });
  };
  // The engine keeps the state before the last write, too.
  for (let time = 1; time <= 2; time += 1) await write(JSON.stringify(imported));
  expect(inClear().length).toBeGreaterThan(1);
  await sealImported(workspace, options.say);
  expect(inClear()).toEqual([]);
  const shown = await trial.must(["stack", "export", "--stack", STACK, "--show-secrets"]);
  expect(shown.stdout).toContain(KEY);
  await write(whole);
  await trial.must(["preview", "--expect-no-changes", "--stack", STACK]);
});

test("nothing is doubled", async () => {
  for (const path of [
    "/core/groups/",
    "/providers/all/",
    "/core/applications/?superuser_full_list=true",
    "/policies/bindings/",
  ]) {
    const { results } = await trial.authentik<List<Record<string, unknown>>>(
      `${path}${path.includes("?") ? "&" : "?"}page_size=500`,
    );
    const names = results.map(({ slug, name, target, group, policy }) =>
      JSON.stringify([slug ?? name, target, group, policy]),
    );
    expect(names).toHaveLength(new Set(names).size);
  }
});

test("the lock of another machine is told, and stays until somebody says that its owner is gone", async () => {
  const folder = join(
    trial.folder,
    ".sandbox",
    "state",
    ".pulumi",
    "locks",
    "organization",
    "plana-sso",
    STACK,
  );
  mkdirSync(folder, { recursive: true });
  const lock = { pid: 4711, username: "ci", hostname: "runner-7", timestamp: "2026-05-28T09:00:00Z" };
  writeFileSync(join(folder, "foreign.json"), JSON.stringify(lock));
  expect(await mend(workspace, options)).toBe(false);
  expect(said.join("\n")).toBe(
    "Stack killed is locked by ci@runner-7:4711 since 2026-05-28T09:00:00Z, who may still be at work.\n" +
      "  mend: wait for it; if it has ended for certain: npm run repair -- --stack killed --owner-is-gone ci@runner-7:4711",
  );
  expect(await mend(workspace, { ...options, gone: ["ci@runner-7:4711"] })).toBe(true);
  await trial.must(["preview", "--expect-no-changes", "--stack", STACK]);
});

test("the lock of a process that still runs here is not touched", async () => {
  const folder = join(
    trial.folder,
    ".sandbox",
    "state",
    ".pulumi",
    "locks",
    "organization",
    "plana-sso",
    STACK,
  );
  const alive = spawn("sleep", ["120"], { argv0: "pulumi", stdio: "ignore" });
  const lock = { pid: alive.pid, username: "anna", hostname: hostname(), timestamp: "2026-05-28T09:00:00Z" };
  writeFileSync(join(folder, "alive.json"), JSON.stringify(lock));
  try {
    const calls: string[] = [];
    const watched: Workspace = {
      ...workspace,
      pulumi: (args, more) => {
        calls.push(args.join(" "));
        return workspace.pulumi(args, more);
      },
    };
    expect(await mend(watched, options)).toBe(false);
    expect(calls).toContain("stack export");
    expect(calls).not.toContain("stack import");
    expect(said.join("\n")).toContain(`is locked by anna@${hostname()}:${alive.pid ?? 0} since`);
    expect(alive.exitCode).toBeNull();
  } finally {
    alive.kill("SIGKILL");
    await new Promise((resolve) => alive.once("close", resolve));
  }
  expect(await mend(workspace, options)).toBe(true);
  expect(said.join("\n")).toContain("its owner is gone.");
});

test("a creation of which two objects may be the outcome is told, and nothing is forgotten", async () => {
  // As the engine leaves it: written into the state itself, since `stack import` leaves unfinished operations out.
  const file = join(trial.folder, ".sandbox", "state", ".pulumi", "stacks", "plana-sso", `${STACK}.json`);
  const state = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint: { latest: { resources: { urn: string }[]; pending_operations?: unknown[] } };
  };
  const { latest } = state.checkpoint;
  const at = latest.resources.findIndex(({ urn }) => urn.endsWith("User::martin.kotrulev"));
  const [resource] = latest.resources.splice(at, 1);
  latest.pending_operations = [{ type: "creating", resource }];
  writeFileSync(file, JSON.stringify(state));
  const twin = await trial.authentik<{ pk: number }>("/core/users/", "POST", {
    username: "martin",
    name: "Martin",
    email: "martin.kotrulev@plana.solutions",
  });
  // Only where no account has the username its address may be anybody's.
  const { results } = await trial.authentik<List<{ pk: number }>>("/core/users/?username=martin.kotrulev");
  const account = `/core/users/${results[0]?.pk ?? 0}/`;
  await trial.authentik(account, "PATCH", { username: "m.kotrulev" });
  expect(await mend(workspace, options)).toBe(false);
  expect(said.at(-1)).toMatch(
    new RegExp(
      `User martin\\.kotrulev: may be "m\\.kotrulev" \\(\\d+\\) or "martin" \\(${twin.pk}\\); change or remove`,
    ),
  );
  expect((await deployment(workspace)).pending).toHaveLength(1);
  await trial.authentik(account, "PATCH", { username: "martin.kotrulev" });
  expect(await mend(workspace, options)).toBe(true);
  expect(said.join("\n")).toMatch(/User martin\.kotrulev: was made \(\d+\); imported/);
  const { url } = trial.sandbox.authentik;
  const headers = { authorization: `Bearer ${trial.sandbox.token}` };
  await fetch(`${url}/api/v3/core/users/${twin.pk}/`, { method: "DELETE", headers });
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("unfinished operations of a copy that is brought back are looked for", async () => {
  const file = join(trial.folder, ".sandbox", "state", ".pulumi", "stacks", "plana-sso", `${STACK}.json`);
  interface State {
    readonly checkpoint: {
      readonly latest: {
        readonly manifest: { time: string };
        readonly resources: { urn: string }[];
        pending_operations?: unknown[];
      };
    };
  }
  const state = JSON.parse(readFileSync(file, "utf8")) as State;
  const { latest } = state.checkpoint;
  const at = latest.resources.findIndex(({ urn }) => urn.endsWith("User::martin.kotrulev"));
  const [resource] = latest.resources.splice(at, 1);
  latest.pending_operations = [{ type: "creating", resource }];
  latest.manifest.time = new Date().toISOString();
  writeFileSync(`${file}.bak`, JSON.stringify(state));
  writeFileSync(file, "");
  expect(await mend(workspace, options)).toBe(true);
  expect(said.slice(0, 3)).toEqual([
    expect.stringContaining(`Brought back: ${file}.bak`),
    "1 operation was interrupted.",
    expect.stringMatching(/User martin\.kotrulev: was made \(\d+\); imported/),
  ]);
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("a Helm release that only the program knows any more is freed, so that it can be made again", async () => {
  const { stdout: whole } = await trial.must(["stack", "export", "--stack", STACK]);
  const { resources } = (JSON.parse(whole) as { deployment: { resources: { urn: string; type: string }[] } })
    .deployment;
  const release = resources.find(({ type }) => type === RELEASE)?.urn ?? "";
  // Others name it among what they depend on; the state must be whole without it.
  const without = JSON.parse(whole, (_key, value: unknown) =>
    Array.isArray(value)
      ? value.filter((each: unknown) => each !== release && (each as { urn?: unknown }).urn !== release)
      : value,
  ) as unknown;
  expect(await workspace.pulumi(["stack", "import"], { stdin: JSON.stringify(without) })).toMatchObject({
    code: 0,
  });
  const records = "/api/v1/namespaces/authentik/secrets";
  interface Records {
    readonly items: readonly { readonly metadata: { readonly name: string } }[];
  }
  const held = async () =>
    (await trial.cluster<Records>(`${records}?labelSelector=owner=helm`)).items.map(
      ({ metadata }) => metadata.name,
    );
  const [record = ""] = await held();
  const cut = await fetch(`${trial.sandbox.kubernetes.url}${records}/${record}`, {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${trial.sandbox.token}`,
      "content-type": "application/merge-patch+json",
    },
    body: JSON.stringify({ metadata: { labels: { status: "pending-install" } } }),
  });
  expect(cut.status).toBe(200);
  expect(await mend(workspace, options)).toBe(true);
  expect(said).toContainEqual(expect.stringContaining("pending-install was cut off"));
  expect(await held()).toEqual([]);
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  expect(await held()).toHaveLength(1);
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

/** Makes the state forget some resources and what depends on them. @returns the whole state. */
async function forget(...ends: readonly string[]): Promise<string> {
  const { stdout: whole } = await trial.must(["stack", "export", "--stack", STACK]);
  const state = JSON.parse(whole) as { deployment: { resources: Recorded[] } };
  const { resources } = state.deployment;
  const gone = new Set(resources.flatMap(({ urn }) => (ends.some((end) => urn.endsWith(end)) ? [urn] : [])));
  for (const { urn, dependencies = [] } of resources)
    if (dependencies.some((each) => gone.has(each))) gone.add(urn);
  state.deployment.resources = resources.filter(({ urn }) => !gone.has(urn));
  const stdin = JSON.stringify(state);
  expect(await workspace.pulumi(["stack", "import"], { stdin })).toMatchObject({ code: 0 });
  return whole;
}

/** A stage, what binds it to flows and what these bindings depend on. */
const forgetChain = () => forget("Deny::plana-totp-missing");

// The provider makes nothing in the cluster that is there already.
test("what is in the cluster and was not written down is imported, but for a Secret, which nobody can compare", async () => {
  const whole = await forget("Service::matomo-admin-outpost", "Secret::grafana-oidc");
  expect(await mend(workspace, options)).toBe(true);
  expect(said).toContainEqual(
    expect.stringMatching(
      /Service matomo-admin-outpost: was made \(matomo\/matomo-admin-outpost\), and its answer was lost; imported/,
    ),
  );
  expect(said).toContainEqual(
    expect.stringMatching(/Secret grafana-oidc: is there \(monitoring\/grafana-oidc\) with another data;/),
  );
  const { stdout } = await workspace.pulumi(["preview", "--refresh", "--json", "--show-sames"]);
  const made = readPreview(stdout).flatMap(({ op, urn }) =>
    op === "create" ? [urn.slice(urn.lastIndexOf("::") + 2)] : [],
  );
  expect(made).toEqual(["grafana-oidc"]);
  expect(await workspace.pulumi(["stack", "import"], { stdin: whole })).toMatchObject({ code: 0 });
});

/** Writes to the cluster as `kubectl` does. */
async function kubectl(method: "POST" | "DELETE", path: string, body?: object): Promise<void> {
  const { url } = trial.sandbox.kubernetes;
  const { ok } = await fetch(`${url}${path}?fieldManager=kubectl-create`, {
    method,
    headers: { authorization: `Bearer ${trial.sandbox.token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!ok) throw new Error(`${method} ${path}`);
}

test("what somebody else made under the same name is never taken for the run's own, and stays", async () => {
  const whole = await forget("Namespace::monitoring", "Service::matomo-admin-outpost");
  const service = "/api/v1/namespaces/matomo/services/matomo-admin-outpost";
  const { spec } = await trial.cluster<{ spec: object }>(service);
  await kubectl("DELETE", "/api/v1/namespaces/monitoring");
  await kubectl("DELETE", service);
  await kubectl("POST", "/api/v1/namespaces", { metadata: { name: "monitoring" } });
  await kubectl("POST", "/api/v1/namespaces/matomo/services", {
    metadata: { name: "matomo-admin-outpost", annotations: { "pulumi.com/skipAwait": "true" } },
    spec,
  });
  const { code, stdout, stderr } = await converge(workspace);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain('namespaces "monitoring" already exists');
  for (let time = 1; time <= 2; time += 1) expect(await mend(workspace, options)).toBe(true);
  const adopt = "`npm run adopt -- --stack killed` shows what taking it over would change";
  // Each is said once by each mending.
  expect([...new Set(said.filter((line) => line.includes(": is there (")))]).toEqual([
    `  Namespace monitoring: is there (monitoring), and not made by Pulumi; ${adopt}, or, where it is an application's, leave it to whoever made it: npm run pulumi -- config set plana-sso:consumerNamespaces existing --stack killed`,
    `  Service matomo-admin-outpost: is there (matomo/matomo-admin-outpost), and not made by Pulumi; ${adopt}`,
  ]);
  const { resources } = await deployment(workspace);
  expect(resources.filter(({ name }) => /^(monitoring|matomo-admin-outpost)$/.test(name))).toEqual([]);
  await kubectl("DELETE", "/api/v1/namespaces/monitoring");
  await kubectl("DELETE", service);
  expect(await workspace.pulumi(["stack", "import"], { stdin: whole })).toMatchObject({ code: 0 });
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("a chain that nobody wrote down is recorded link by link, and left to an adoption", async () => {
  await forgetChain();
  expect(await mend(workspace, { ...options, adopting: true })).toBe(true);
  expect(said).toEqual([]);
  expect(await mend(workspace, options)).toBe(true);
  const imported = / {2}(\w+) \S+: was made \(\S+\), and its answer was lost; imported/;
  expect(said.map((line) => imported.exec(line)?.[1])).toEqual([
    "StageDeny",
    ...["FlowStageBinding", "FlowStageBinding"],
    ...["PolicyBinding", "PolicyBinding", "PolicyBinding", "PolicyBinding"],
  ]);
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("what names an object that is there with other fields is left to the adoption, like that object", async () => {
  const whole = await forgetChain();
  const { results } = await trial.authentik<List<{ pk: string; name: string }>>("/stages/deny/");
  const stage = results.find(({ name }) => name === "plana-totp-missing");
  await trial.authentik(`/stages/deny/${stage?.pk ?? ""}/`, "PATCH", { deny_message: "by hand" });
  expect(await mend(workspace, options)).toBe(true);
  expect(said).toEqual([
    expect.stringMatching(/ {2}StageDeny plana-totp-missing: is there \(\S+\) with another denyMessage; /),
  ]);
  expect(await workspace.pulumi(["stack", "import"], { stdin: whole })).toMatchObject({ code: 0 });
  expect(await converge(workspace)).toMatchObject({ code: 0 });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("a state is only begun anew where nothing can bring it back", async () => {
  const state = join(trial.folder, ".sandbox/state/.pulumi");
  const file = join(state, "stacks/plana-sso", `${STACK}.json`);
  const { stdout: whole } = await trial.must(["stack", "export", "--stack", STACK]);
  expect(await beginAnew(workspace, options)).toBe(false);
  writeFileSync(`${file}.attrs`, "");
  expect(await beginAnew(workspace, options)).toBe(false);
  writeFileSync(file, "");
  expect(await beginAnew(workspace, options)).toBe(false);
  expect(said.filter((line) => line.startsWith("The state"))).toEqual([
    expect.stringContaining("can be read; nothing was changed"),
    expect.stringContaining("can be read; nothing was changed"),
    expect.stringMatching(/can be brought back from \S+; nothing was changed/),
  ]);
  for (const kept of ["backups", "history"])
    rmSync(join(state, kept, "plana-sso", STACK), { recursive: true });
  rmSync(`${file}.bak`);
  expect(await beginAnew(workspace, options)).toBe(true);
  expect((await deployment(workspace)).resources).toEqual([]);
  expect(await workspace.pulumi(["stack", "import"], { stdin: whole })).toMatchObject({ code: 0 });
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
});

test("an Authentik that refuses the token or is gone is said once, before the engine refreshes", async () => {
  const before = [trial.stateOf("authentik"), trial.stateOf("kubernetes")];
  const elsewhere = (env: NodeJS.ProcessEnv) =>
    workspace.elsewhere(workspace.configFile(), { ...workspace.env, ...env });
  const url = await nobody();
  for (const [env, said] of [
    [{ AUTHENTIK_TOKEN: "not-the-token" }, "refused the API token"],
    [{ AUTHENTIK_URL: url }, `Authentik at ${url} cannot be reached`],
  ] as const) {
    const { code, stdout, stderr } = await converge(elsewhere(env));
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(said);
    expect((stdout + stderr).split("mend:")).toHaveLength(2);
    expect(stdout + stderr).not.toContain("refreshing");
  }
  expect([trial.stateOf("authentik"), trial.stateOf("kubernetes")]).toEqual(before);
});
