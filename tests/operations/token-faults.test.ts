import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CliOptions, Workspace } from "../../commands/workspace";
import { AuthentikApi } from "../../live/authentik";
import { Secret } from "../../live/secret";
import { operate } from "../../operations";
import { startAuthentik, type Authentik } from "../../sandbox/authentik";
import { prod } from "../../stacks/prod";
import { FaultProxy, FAULTS } from "../../sandbox/fault-proxy";
import { ROOT } from "../stack-files";

// Every request of a rotation fails in every way a server can; no engine is needed for that.
const MASTER = "master-token-7d1c55a0";
const KEY = "authentik:token";

let folder: string;
let server: Authentik;
let proxy: FaultProxy;
const config: Record<string, string> = {};
const keys = new Set<string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-"));
  server = await startAuthentik({
    stateFile: join(folder, "authentik.json"),
    token: MASTER,
    cacheDir: join(ROOT, ".local", "cache"),
  });
  proxy = await FaultProxy.start(server.url);
  const [akadmin] = (await ask<{ results: { pk: number }[] }>("GET", "/core/users/?username=akadmin"))
    .results;
  await ask("POST", "/core/tokens/", {
    identifier: "automation",
    user: akadmin?.pk,
    intent: "api",
    expiring: false,
  });
  config[KEY] = (await ask<{ key: string }>("GET", "/core/tokens/automation/view_key/")).key;
  // The sandbox tells every 404.
  jest.spyOn(console, "error").mockImplementation(() => undefined);
}, 120_000);
afterAll(async () => {
  await proxy.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
jest.setTimeout(600_000);

async function ask<T>(method: string, path: string, body?: unknown, token = MASTER): Promise<T> {
  const response = await fetch(`${server.url}/api/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  return (await response.json()) as T;
}

const accepts = (key: string) =>
  ask("GET", "/core/users/me/", undefined, key).then(
    () => true,
    () => false,
  );

function workspace(): Workspace {
  const none = () => {
    throw new Error("not needed here");
  };
  const said = (stdout: string, code = 0) => Promise.resolve({ code, stdout, stderr: "" });
  return {
    folder,
    stack: "prod",
    directory: folder,
    env: { GITHUB_ACTOR: "the-operator" },
    sandboxed: false,
    cli: none,
    pulumi: (args: readonly string[], { stdin = "" }: CliOptions = {}) => {
      const key = args.at(-1) ?? "";
      if (args[1] === "get") return said(config[key] ?? "", config[key] === undefined ? 1 : 0);
      if (args[1] === "set") config[key] = stdin;
      else if (args[1] === "export") return said('{"deployment":{"resources":[]}}');
      return said("");
    },
    select: none,
    configFile: () => "Pulumi.prod.yaml",
    elsewhere: none,
    close: () => Promise.resolve(),
  };
}

async function rotate() {
  const seen: string[] = [];
  keys.add(config[KEY] ?? "");
  const code = await operate(
    ["--yes", "token", "rotate", "--which", "automation"],
    () => Promise.resolve({ workspace: workspace(), organisation: prod }),
    {
      print: (text) => seen.push(text),
      say: (text) => seen.push(text),
      logTo: { write: (line) => seen.push(line) },
      connect: () =>
        Promise.resolve({
          authentik: new AuthentikApi({
            url: proxy.url,
            token: new Secret(config[KEY] ?? ""),
            retries: 1,
            timeout: 1_000,
            longestPause: 10,
          }),
          get cluster(): never {
            throw new Error("no cluster is needed here");
          },
        }),
    },
  );
  keys.add(config[KEY] ?? "");
  return { code, seen: seen.join("\n") };
}

test.each(Object.keys(FAULTS))(
  "%s at any request: a valid key is stored, and the next run finishes",
  async (name) => {
    const fault = FAULTS[name];
    proxy.heal();
    const whole = await rotate();
    if (whole.code) throw new Error(whole.seen);
    const requests = proxy.passed.length;
    expect(requests).toBeGreaterThan(10);
    const shown: string[] = [];
    let failed = 0;
    for (let at = 1; at <= requests; at += 1) {
      proxy.fail((_request, number) => (number === at || number === at + 1 ? fault : undefined));
      const broken = await rotate();
      failed += broken.code;
      if (broken.code !== 0) expect(broken.seen).toMatch(/mend:|Authentik: (GET|POST|PATCH|DELETE) /);
      expect(await accepts(config[KEY] ?? "")).toBe(true);
      proxy.heal();
      const ended = await rotate();
      expect({ at, ...ended, seen: ended.seen }).toEqual({
        at,
        code: 0,
        seen: ended.seen.slice(0, ended.code ? 0 : undefined),
      });
      expect(await accepts(config[KEY] ?? "")).toBe(true);
      shown.push(broken.seen, ended.seen);
    }
    // 404 is an answer, too: "there is none yet".
    expect(failed).toBeGreaterThan(name === "404" ? 3 : 5);
    const tokens = await ask<{ results: { identifier: string }[] }>("GET", "/core/tokens/?intent=api");
    expect(tokens.results.map(({ identifier }) => identifier)).toEqual(["automation"]);
    for (const key of [...keys, MASTER]) expect(shown.join("\n").includes(key)).toBe(false);
  },
);
