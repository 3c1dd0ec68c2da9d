import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { buildSync } from "esbuild";

import { FaultProxy } from "../../sandbox/fault-proxy";
import { Trial, type List } from "../../sandbox/trial";
import { HandBuilt, LIVE_SECRETS, TENANTS_CLIENT } from "./hand-built";

// One adoption that is killed, and meets a server that fails, at every stage; each run goes on where the one before
// it ended.
const STACK = "adopted";
const SETTINGS: Readonly<Record<string, string>> = {
  "plana-sso:composition": "prod",
  "plana-sso:domain": "trial.example.org",
  "plana-sso:databaseHost": "pg01",
  "plana-sso:google": "true",
  "kubernetes:enableSecretMutable": "true",
  "kubernetes:enableConfigMapMutable": "true",
};
type Row = Readonly<Record<string, unknown>>;

let trial: Trial | undefined;
let proxy: FaultProxy | undefined;
let program = "";

beforeAll(async () => {
  trial = await Trial.start();
  await HandBuilt.build(trial);
  await trial.must(["stack", "init", STACK]);
  for (const [key, value] of Object.entries(SETTINGS))
    await trial.must(["config", "set", key, value, "--stack", STACK]);
  await trial.setSecret("plana-sso:googleClientSecret", LIVE_SECRETS.google, STACK);
  proxy = await FaultProxy.start(trial.sandbox.authentik.url);
  program = join(trial.folder, "adopt.cjs");
  buildSync({
    stdin: { contents: ENTRY, resolveDir: join(__dirname, "..", ".."), loader: "ts" },
    outfile: program,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
    external: ["@goauthentik/api", "@pulumi/*", "@kubernetes/client-node", "typescript"],
  });
}, 900_000);

afterAll(async () => {
  await proxy?.close();
  await trial?.stop();
});

jest.setTimeout(900_000);

/** The command as an operator runs it, on servers that the environment names. */
const ENTRY = `
  import { adopt } from "./adoption";
  import { openWorkspace } from "./state/workspace";
  import { prod } from "./stacks/prod";
  const [, , folder = "", ...args] = process.argv;
  openWorkspace(folder, "${STACK}").then(
    (workspace) => adopt(workspace, args, prod),
  ).then((code) => { process.exitCode = code; }, (error) => { console.error(error.message); process.exitCode = 1; });
`;

const there = (): { trial: Trial; proxy: FaultProxy } => {
  if (!trial || !proxy) throw new Error("nothing was started");
  return { trial, proxy };
};

/**
 * Runs the adoption as a process of its own.
 *
 * @param doomed says of each request to Authentik whether everything is killed with it, as a runner that dies does.
 */
async function run(doomed: (method: string, path: string, said: string) => boolean = () => false) {
  const { trial, proxy } = there();
  const child = spawn(process.execPath, [program, trial.folder, "--apply", "--accept", "all"], {
    cwd: trial.folder,
    env: { ...trial.sandbox.env, AUTHENTIK_URL: proxy.url },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  let killed = false;
  const timer = setInterval(() => {
    if (killed || !proxy.passed.some(({ method, path }) => doomed(method, path, said))) return;
    killed = true;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, 5);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(timer);
  // What the plugins had asked for is still being answered.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { code, said, killed };
}

/** True from the n-th time on. */
function after(n: number, counts: (method: string, path: string, said: string) => boolean) {
  const seen = new Set<unknown>();
  return (method: string, path: string, said: string) => {
    if (counts(method, path, said)) seen.add(`${method} ${path} ${there().proxy.passed.length}`);
    return seen.size >= n;
  };
}

test("killed while the objects are imported", async () => {
  there().proxy.heal();
  const { killed, said } = await run(
    after(15, (method, _, text) => method === "GET" && text.includes("Importing …")),
  );
  expect(killed).toBe(true);
  expect(said).not.toContain("Imported.");
});

test("a server that fails while the objects are imported is said, and nothing was changed", async () => {
  const { trial, proxy } = there();
  const before = trial.stateOf("authentik");
  proxy.fail(({ path }) =>
    /\/providers\/oauth2\/\d+\/$/.test(path) ? { status: 403, body: "{}" } : undefined,
  );
  const { code } = await run();
  expect(code).toBe(1);
  expect(trial.stateOf("authentik")).toBe(before);
});

test("a server that fails in the middle of the import: what it left is taken over by the next run", async () => {
  const { trial, proxy } = there();
  let importing = false;
  const read = new Set<string>();
  proxy.fail(({ path }) => {
    if (!importing || !/\/providers\/oauth2\/\d+\/$/.test(path)) return undefined;
    // The first time is the preview of the import, before which nothing is recorded.
    if (read.has(path)) return { status: 500, body: "" };
    read.add(path);
    return undefined;
  });
  const { code, said } = await run((_method, _path, text) => {
    importing ||= text.includes("Importing …");
    return false;
  });
  expect(code).toBe(1);
  expect(said).not.toContain("Imported.");
  // Applications are recorded, and name providers that are not.
  const { stdout } = await trial.must(["stack", "export", "--stack", STACK]);
  expect(stdout).toContain("authentik:index/application:Application::forgejo");
  expect(stdout).not.toContain("authentik:index/providerOauth2:ProviderOauth2::forgejo");
});

/** As Helm labels its record. */
const SECOND_REVISION = /"status":\s*"deployed",\s*"version":\s*"2"/;

test("killed in the middle of up, when Helm has upgraded the release and the state may not know of it", async () => {
  const { trial, proxy } = there();
  proxy.heal();
  const { killed, said } = await run(
    (_method, _path, text) =>
      text.includes("Release authentik updating") && SECOND_REVISION.test(trial.stateOf("kubernetes")),
  );
  expect(killed).toBe(true);
  expect(said).toContain("Imported.");
});

test("a server that fails in the middle of up", async () => {
  let writes = 0;
  there().proxy.fail(({ method }) => {
    if (method === "GET") return undefined;
    writes += 1;
    return writes > 10 ? { status: 500, body: "<html><body>Server Error (500)</body></html>" } : undefined;
  });
  const { code, said } = await run();
  expect(code).toBe(1);
  expect(said).toMatch(/operations? (?:was|were) interrupted/);
  expect(said).toContain("`up` failed; run this again when it is mended.");
});

test("the last run finishes: what was adopted and accepted before is not asked for again, nothing is doubled", async () => {
  const { trial, proxy } = there();
  proxy.heal();
  const { code, said } = await run();
  expect({ code, said: said.slice(-1_500) }).toMatchObject({ code: 0 });
  expect(said).toMatch(/Adopted: a refreshed preview shows no change, and \d+ objects/);
  for (const path of [
    "/core/users/",
    "/core/groups/",
    "/providers/all/",
    "/policies/bindings/",
    "/stages/all/",
  ]) {
    const { results } = await trial.authentik<List<Row>>(`${path}?page_size=500`);
    const names = results.map(({ username, name, target, group, policy, user }) =>
      JSON.stringify([username ?? name, target, group, policy, user]),
    );
    expect(names).toHaveLength(new Set(names).size);
  }
});

test("every secret and every id is what it was", async () => {
  const { trial } = there();
  const { rows } = JSON.parse(trial.stateOf("authentik")) as {
    rows: Readonly<Record<string, readonly Row[]>>;
  };
  const secrets = Object.fromEntries(
    (rows["providers/oauth2"] ?? []).map((row) => [String(row.pk), [row.client_id, row.client_secret]]),
  );
  expect(secrets).toMatchObject({
    10: [TENANTS_CLIENT, LIVE_SECRETS.client("odoo-tenants")],
    14: ["hand-built-matomo", LIVE_SECRETS.client("matomo")],
  });
  expect(rows["sources/oauth"]).toMatchObject([{ consumer_secret: LIVE_SECRETS.google }]);
  const { data } = await trial.cluster<{ data: Readonly<Record<string, string>> }>(
    "/api/v1/namespaces/authentik/secrets/authentik-settings",
  );
  expect(Buffer.from(data.AUTHENTIK_SECRET_KEY ?? "", "base64").toString()).toBe(LIVE_SECRETS.secretKey);
  const config = readFileSync(join(trial.folder, `Pulumi.${STACK}.yaml`), "utf8");
  for (const secret of [LIVE_SECRETS.secretKey, LIVE_SECRETS.google, LIVE_SECRETS.smtpPassword])
    expect(config).not.toContain(secret);
});
