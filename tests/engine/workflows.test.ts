import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { load } from "js-yaml";

import { run } from "../../shell/process";
import { Sandbox } from "../../sandbox/sandbox";
import { ROOT } from "../stack-files";
import { ForgeServer, TOKEN } from "../workflows/forge-server";

// The workflows' own commands, in their order, as a runner would run them: against servers that the environment names,
// with the variables that each step is given and no others.
interface Step {
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let folder: string;
let servers: Sandbox;
let forge: ForgeServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-"));
  servers = await Sandbox.start({ root: ROOT, directory: join(folder, "servers") });
  forge = await ForgeServer.start();
  writeFileSync(join(folder, "event.json"), JSON.stringify({ pull_request: { number: 12 } }));
}, 900_000);

afterAll(async () => {
  await forge.close();
  await servers.close();
  rmSync(folder, { recursive: true, force: true });
});

jest.setTimeout(900_000);

/** Runs the steps of a job until one fails. @returns what each ended with, by its command. */
async function job(file: string, name: string): Promise<[string, number][]> {
  const text = readFileSync(join(ROOT, ".forgejo", "workflows", `${file}.yaml`), "utf8");
  const { jobs } = load(text) as { jobs: Record<string, { steps: Step[] }> };
  const ended: [string, number][] = [];
  for (const { run: command, if: condition, env } of jobs[name]?.steps ?? []) {
    if (command === undefined || condition?.includes("failure()")) continue;
    const [, script = "", given] = /^npm run (\S+)(?: -- (.*))?$/.exec(command) ?? [];
    const words = (given ?? "").split(" ").filter(Boolean);
    const args = words.map((word) => (word === "prod" ? "local" : word));
    const { code, stdout, stderr } = await run(
      process.execPath,
      [join(ROOT, "commands", "start.mjs"), script, ...args],
      { cwd: ROOT, env: environment(env ?? {}) },
    );
    ended.push([script, code]);
    if (code !== 0) throw new Error(`${command}: ${code}\n${stdout}${stderr}`);
    expect(stdout + stderr).not.toContain(servers.token);
    expect(stdout + stderr).not.toContain(TOKEN);
  }
  return ended;
}

/** What a runner sets on every step, and what the step asks for. */
function environment(asked: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const {
    KUBECONFIG,
    AUTHENTIK_URL,
    AUTHENTIK_TOKEN,
    PULUMI_BACKEND_URL,
    PULUMI_CONFIG_PASSPHRASE_FILE,
    ...rest
  } = servers.env;
  const plain = {
    ...rest,
    GITHUB_SERVER_URL: forge.url,
    GITHUB_REPOSITORY: "plana/sso",
    GITHUB_RUN_NUMBER: "7",
    GITHUB_EVENT_PATH: join(folder, "event.json"),
  };
  return {
    ...plain,
    ...("FORGEJO_TOKEN" in asked ? { FORGEJO_TOKEN: TOKEN } : {}),
    // Production's stack file names Authentik; this stack takes it from the environment.
    ...("KUBECONFIG_CONTENT" in asked
      ? {
          KUBECONFIG_CONTENT: readFileSync(KUBECONFIG ?? "", "utf8"),
          AUTHENTIK_URL,
          AUTHENTIK_TOKEN,
          PULUMI_BACKEND_URL,
          PULUMI_CONFIG_PASSPHRASE_FILE,
        }
      : {}),
  };
}

test("from a pull request to drift that is told and undone", async () => {
  expect(await job("pull-request", "review")).toEqual([
    ["scan", 0],
    ["preview", 0],
    ["review", 0],
    ["comment", 0],
  ]);
  expect(forge.comments).toHaveLength(1);
  expect(forge.comments[0]).toMatchObject({ issue: 12 });
  expect(forge.comments[0]?.body).toContain("<!-- plana-sso:access-report:local -->\n");
  expect(forge.comments[0]?.body).toContain("chudomir.monevski");

  const deployed = [
    ["scan", 0],
    ["repair", 0],
    ["up", 0],
    ["outcome", 0],
  ];
  expect(await job("deploy", "deploy")).toEqual(deployed);
  expect(await job("drift", "drift")).toEqual([
    ["scan", 0],
    ["repair", 0],
    ["drift", 0],
    ["outcome", 0],
  ]);
  expect(forge.issues).toEqual([]);

  // Somebody takes everybody out of a group by hand.
  const headers = { authorization: `Bearer ${servers.token}`, "content-type": "application/json" };
  const groups = `${servers.authentik.url}/api/v3/core/groups/`;
  const { results } = (await (await fetch(`${groups}?name=plana-staff`, { headers })).json()) as {
    results: { pk: string }[];
  };
  const url = `${groups}${results[0]?.pk ?? ""}/`;
  const changed = await fetch(url, { method: "PATCH", headers, body: JSON.stringify({ users: [] }) });
  expect(changed.status).toBe(200);
  await job("drift", "drift");
  expect(forge.issues).toMatchObject([{ state: "open" }]);
  expect(forge.issues[0]?.body).toContain("plana-staff");

  expect(await job("deploy", "deploy")).toEqual(deployed);
  await job("drift", "drift");
  expect(forge.issues).toMatchObject([{ state: "closed" }]);
  // Nothing was written for a run that came through.
  expect(forge.count("POST", /issues$/)).toBe(1);
});
