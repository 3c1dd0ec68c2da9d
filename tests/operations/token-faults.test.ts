import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CliOptions, Workspace } from "../../state/workspace";
import { AuthentikApi } from "../../live/authentik";
import { Secret } from "../../live/secret";
import { operate } from "../../operations";
import { startAuthentik, type Authentik } from "../../sandbox/authentik";
import { prod } from "../../stacks/prod";
import { FaultProxy, FAULTS } from "../../sandbox/fault-proxy";
import { ROOT } from "../stack-files";

// Every step of a rotation is interrupted, and every request fails in every way a server can. The engine is played:
// what it would apply the keys to only remembers them.
const MASTER = "master-token-7d1c55a0";
const KINDS = {
  automation: { key: "authentik:token", identifier: "automation", type: "pulumi:providers:authentik" },
  bootstrap: {
    key: "plana-sso:bootstrapToken",
    identifier: "authentik-bootstrap-token",
    type: "kubernetes:core/v1:Secret",
  },
} as const;
type Kind = keyof typeof KINDS;
const STEPS = 8;

let folder: string;
let server: Authentik;
let proxy: FaultProxy;
let akadmin: number;
/** Whose token the program talks with. */
let robot: number;
const config: Record<string, string> = {};
/** What the engine has applied. */
const applied: Record<string, string> = {};
const keys = new Set<string>();
const shown: string[] = [];
const environment: Record<string, string | undefined> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-"));
  server = await startAuthentik({
    stateFile: join(folder, "authentik.json"),
    token: MASTER,
    cacheDir: join(ROOT, ".local", "cache"),
  });
  proxy = await FaultProxy.start(server.url);
  akadmin = Number((await first("/core/users/?username=akadmin")).pk);
  const { pk: admins } = await first("/core/groups/?name=authentik+Admins");
  robot = (
    await ask<{ pk: number }>("POST", "/core/users/", { username: "robot", name: "", groups: [admins] })
  ).pk;
  for (const [identifier, user] of [
    ["automation", robot],
    ["authentik-bootstrap-token", akadmin],
  ])
    await ask("POST", "/core/tokens/", { identifier, user, intent: "api", expiring: false });
  for (const { key, identifier } of Object.values(KINDS)) {
    config[key] = await keyOf(identifier);
    applied[key] = config[key];
  }
  // The sandbox tells every 404.
  jest.spyOn(console, "error").mockImplementation(() => undefined);
}, 120_000);
afterAll(async () => {
  await proxy.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => proxy.heal());
jest.setTimeout(600_000);

async function ask<T>(method: string, path: string, body?: unknown, token = MASTER): Promise<T> {
  const response = await fetch(`${server.url}/api/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === "" ? {} : JSON.parse(text)) as T;
}

async function first(path: string): Promise<Record<string, unknown>> {
  const { results } = await ask<{ results: Record<string, unknown>[] }>("GET", path);
  return results[0] ?? {};
}

const keyOf = async (identifier: string) =>
  (await ask<{ key: string }>("GET", `/core/tokens/${identifier}/view_key/`)).key;

const accepts = (key: string) =>
  ask("GET", "/core/users/me/", undefined, key).then(
    () => true,
    () => false,
  );

async function tokens(): Promise<string[]> {
  const { results } = await ask<{ results: { identifier: string }[] }>("GET", "/core/tokens/?intent=api");
  return results.map(({ identifier }) => identifier).sort();
}

/** The state, in which one resource of each kind holds the key; and the preview of applying the configuration to it. */
function engine([command = "", second]: readonly string[]): string {
  const resource = ({ key, type }: (typeof KINDS)[Kind]) => ({
    urn: `urn:pulumi:prod::plana-sso::${type}::${type.includes("Secret") ? "authentik-settings" : "authentik"}`,
    type,
    custom: true,
    inputs: { stringData: applied[key] },
  });
  const kinds = Object.values(KINDS);
  if (second === "export") return JSON.stringify({ deployment: { resources: kinds.map(resource) } });
  // No update has failed.
  if (second === "history") return "[]";
  const { key } = KINDS.bootstrap;
  const change = { op: "update", urn: resource(KINDS.bootstrap).urn, detailedDiff: { stringData: {} } };
  if (command === "preview") return JSON.stringify({ steps: applied[key] === config[key] ? [] : [change] });
  return "";
}

function workspace(): Workspace {
  const none = () => {
    throw new Error("not needed here");
  };
  const said = (stdout: string) => Promise.resolve({ code: 0, stdout, stderr: "" });
  return {
    folder,
    stack: "prod",
    directory: folder,
    env: { GITHUB_ACTOR: "the-operator", ...environment },
    sandboxed: false,
    cli: none,
    pulumi: (args: readonly string[], { stdin = "" }: CliOptions = {}) => {
      if (args[1] === "set") config[args.at(-1) ?? ""] = stdin;
      else if (args[0] === "config") {
        const entries = Object.entries(config).map(([key, value]) => [key, { value, secret: true }]);
        return said(JSON.stringify(Object.fromEntries(entries)));
      }
      const targets = args.filter((_, index) => args[index - 1] === "--target");
      if (args[0] === "up")
        for (const each of Object.values(KINDS))
          if (targets.some((urn) => urn.includes(each.type))) applied[each.key] = config[each.key] ?? "";
      return said(engine(args));
    },
    select: none,
    configFile: () => "Pulumi.prod.yaml",
    elsewhere: none,
    close: () => Promise.resolve(),
  };
}

async function rotate(
  which: Kind,
  { interruptAfter = 0, patience = 5_000, args = [] as readonly string[] } = {},
) {
  const seen: string[] = [];
  let lines = 0;
  const remember = () => Object.values(config).forEach((key) => keys.add(key));
  remember();
  const code = await operate(
    ["--yes", ...args, "token", "rotate", "--which", which],
    () => Promise.resolve({ workspace: workspace(), organisation: prod }),
    {
      print: (text) => seen.push(text),
      say: (text) => seen.push(text),
      logTo: {
        write: (line) => {
          seen.push(line);
          lines += 1;
          if (lines === interruptAfter) throw new Error("interrupted");
        },
      },
      connect: () =>
        Promise.resolve({
          authentik: new AuthentikApi({
            url: proxy.url,
            token: new Secret(environment.AUTHENTIK_TOKEN ?? config[KINDS.automation.key] ?? ""),
            retries: 1,
            timeout: patience,
            longestPause: 10,
          }),
          get cluster(): never {
            throw new Error("no cluster is needed here");
          },
        }),
    },
  );
  remember();
  shown.push(seen.join("\n"));
  return { code, lines, seen: seen.join("\n") };
}

/** At no point are both keys invalid: neither where they are stored, nor where they were applied. */
async function expectValid(which: Kind): Promise<void> {
  const { key } = KINDS[which];
  expect([await accepts(config[key] ?? ""), await accepts(applied[key] ?? "")]).toEqual([true, true]);
}

/** A run to the end: the new key everywhere, the old one nowhere, and no token more than before. */
async function expectRotated(which: Kind, old: string): Promise<void> {
  const { code, seen } = await rotate(which);
  expect({ code, seen: code === 0 ? "" : seen }).toEqual({ code: 0, seen: "" });
  const now = config[KINDS[which].key] ?? "";
  expect([await accepts(old), await accepts(now), applied[KINDS[which].key] === now]).toEqual([
    false,
    true,
    true,
  ]);
  expect(await tokens()).toEqual(["authentik-bootstrap-token", "automation"]);
  expect(await ask("GET", `/core/tokens/${KINDS[which].identifier}/`)).toMatchObject({
    user: which === "automation" ? robot : akadmin,
    intent: "api",
  });
}

const kinds = Object.keys(KINDS) as Kind[];

test.each(kinds)("%s: a dry run tells every step and changes nothing", async (which) => {
  const before = JSON.stringify([config, applied, await keyOf(KINDS[which].identifier)]);
  const { code, lines } = await rotate(which, { args: ["--dry-run"] });
  expect([code, lines]).toEqual([0, STEPS]);
  expect(JSON.stringify([config, applied, await keyOf(KINDS[which].identifier)])).toBe(before);
  expect(proxy.passed.filter(({ method }) => method !== "GET")).toEqual([]);
});

test.each(kinds)(
  "%s: interrupted after any step, one key is valid, and the next run finishes",
  async (which) => {
    const { key } = KINDS[which];
    for (let after = 1; after <= STEPS; after += 1) {
      const old = config[key] ?? "";
      const cut = await rotate(which, { interruptAfter: after });
      expect([after, cut.code]).toEqual([after, 1]);
      expect(cut.seen).toContain("interrupted");
      await expectValid(which);
      const between = config[key];
      await expectRotated(which, old);
      // Going on is not making yet another key, until there is nothing left to go on with.
      if (after >= 2 && after < STEPS - 1) expect([after, config[key]]).toEqual([after, between]);
    }
  },
);

test.each(kinds)("%s: run twice, each run makes another key", async (which) => {
  const old = config[KINDS[which].key] ?? "";
  await expectRotated(which, old);
  const second = config[KINDS[which].key] ?? "";
  expect(second).not.toBe(old);
  await expectRotated(which, second);
});

test.each(kinds.flatMap((which) => Object.keys(FAULTS).map((name) => [which, name] as const)))(
  "%s: %s at any request: a valid key is stored, and the next run finishes",
  async (which, name) => {
    const fault = FAULTS[name];
    const { key } = KINDS[which];
    const whole = await rotate(which);
    if (whole.code) throw new Error(whole.seen);
    const requests = proxy.passed.length;
    expect(requests).toBeGreaterThan(10);
    const patience = name === "timeout" ? 300 : 5_000;
    let failed = 0;
    for (let at = 1; at <= requests; at += 1) {
      const old = config[key] ?? "";
      proxy.fail((_request, number) => (number === at || number === at + 1 ? fault : undefined));
      const broken = await rotate(which, { patience });
      failed += broken.code;
      // A server that has understood and says no says why.
      if (broken.code !== 0)
        expect(broken.seen).toMatch(/mend:|Authentik: (GET|POST|PATCH|DELETE) \S+: (404|409)/);
      await expectValid(which);
      proxy.heal();
      await expectRotated(which, old);
    }
    // 404 is an answer, too: "there is none yet".
    expect(failed).toBeGreaterThan(name === "404" ? 3 : 5);
  },
);

test("a token that expires gets its whole time again, stays its owner's, and when it ends is said", async () => {
  const { key, identifier } = KINDS.bootstrap;
  const old = config[key] ?? "";
  await ask("PATCH", `/core/tokens/${identifier}/`, { user: akadmin, expiring: true });
  const { code, seen } = await rotate("bootstrap", { args: ["--json"] });
  expect({ code, seen }).toMatchObject({ code: 0 });
  const { expires, user } = await ask<{ expires: string; user: number }>(
    "GET",
    `/core/tokens/${identifier}/`,
  );
  expect([user, Date.parse(expires) > Date.now() + 86_000_000]).toEqual([akadmin, true]);
  expect(seen).toContain(`"expires": "${expires}"`);
  expect([await accepts(old), await accepts(config[key] ?? "")]).toEqual([false, true]);
  expect((await rotate("bootstrap")).seen).toContain("Authentik then gives it a key that nobody has");
  await ask("PATCH", `/core/tokens/${identifier}/`, { user: akadmin, expiring: false });
});

test("the token that takes over never expires, however long a run is interrupted", async () => {
  const { identifier } = KINDS.automation;
  await ask("PATCH", `/core/tokens/${identifier}/`, { user: robot, expiring: true });
  await rotate("automation", { interruptAfter: 3 });
  expect(await ask("GET", `/core/tokens/${identifier}-next/`)).toMatchObject({ expiring: false });
  await ask("PATCH", `/core/tokens/${identifier}/`, { user: robot, expiring: false });
  await rotate("automation");
  expect(await tokens()).toEqual(["authentik-bootstrap-token", "automation"]);
});

test("the program's token is not revoked as the bootstrap token, also where the configuration has another key for that", async () => {
  const { key } = KINDS.bootstrap;
  const kept = [config[key], config[KINDS.automation.key]];
  config[KINDS.automation.key] = await keyOf("authentik-bootstrap-token");
  config[key] = "never-used-by-the-server";
  const { code, seen } = await rotate("bootstrap");
  expect(code).toBe(1);
  expect(seen).toContain("the program talks to Authentik with the bootstrap token");
  expect(seen).toContain("npm run ops -- --stack prod token rotate --which automation");
  expect(await accepts(config[KINDS.automation.key] ?? "")).toBe(true);
  expect(proxy.passed.filter(({ method }) => method !== "GET")).toEqual([]);
  [config[key], config[KINDS.automation.key]] = kept as [string, string];
});

test("no key was let be seen", () => {
  expect(keys.size).toBeGreaterThan(100);
  const all = shown.join("\n");
  for (const key of [...keys, MASTER]) expect(all.includes(key)).toBe(false);
});
