import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Secret } from "../../live/secret";
import { configured } from "../../live/configuration";
import { SECRETS, Trial, type List } from "../../sandbox/trial";
import { operator as run, workspaceOf, type Ended, type OperatorOptions } from "./operator";

interface Token {
  readonly identifier: string;
  readonly user: number;
  readonly expiring: boolean;
}

let trial: Trial;
const stack = "rotate";
const seen: string[] = [];
/** Every key that a rotation has made. */
const keys: string[] = [];
const OLD_BOOTSTRAP = SECRETS["plana-sso:bootstrapToken"] ?? "";
const OLD_AUTOMATION = "automation-token-of-the-trial-0001";
/** As an operator with the stack's own token: nothing in the environment. */
const own = { stack, env: { AUTHENTIK_TOKEN: undefined } } as const;

beforeAll(async () => {
  trial = await Trial.start();
  await trial.createStack(stack);
  const { results } = await trial.authentik<List<{ pk: number }>>("/core/users/?username=akadmin");
  const user = results[0]?.pk;
  for (const [identifier, key] of [
    ["authentik-bootstrap-token", OLD_BOOTSTRAP],
    ["automation", OLD_AUTOMATION],
  ]) {
    await trial.authentik("/core/tokens/", "POST", { identifier, user, intent: "api", expiring: false });
    await fetch(`${trial.sandbox.authentik.url}/api/v3/core/tokens/${identifier}/set_key/`, {
      method: "POST",
      headers: { authorization: `Bearer ${trial.sandbox.token}`, "content-type": "application/json" },
      body: JSON.stringify({ key }),
    });
  }
  await trial.setSecret("authentik:token", OLD_AUTOMATION, stack);
  await trial.must(["up", "--yes", "--refresh", "--stack", stack]);
}, 900_000);
afterAll(() => trial.stop());
jest.setTimeout(900_000);

async function operator(args: readonly string[], options: OperatorOptions = own): Promise<Ended> {
  const ended = await run(trial, args, options);
  seen.push(ended.printed, ended.said, JSON.stringify(ended.lines));
  return ended;
}

async function stored(key: string): Promise<string> {
  const value = ((await configured(workspaceOf(trial, own), key)) ?? new Secret("")).reveal();
  if (!keys.includes(value)) keys.push(value);
  return value;
}

async function accepted(key: string): Promise<boolean> {
  const response = await fetch(`${trial.sandbox.authentik.url}/api/v3/core/users/me/`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return response.ok;
}

async function tokens(): Promise<string[]> {
  const { results } = await trial.authentik<List<Token>>("/core/tokens/?intent=api");
  return results.map(({ identifier }) => identifier).sort();
}

async function inCluster(): Promise<string> {
  const { data } = await trial.cluster<{ data: Record<string, string> }>(
    "/api/v1/namespaces/authentik/secrets/authentik-settings",
  );
  return Buffer.from(data.AUTHENTIK_BOOTSTRAP_TOKEN ?? "", "base64").toString();
}

async function podAnnotations(): Promise<string> {
  const { spec } = await trial.cluster<{ spec: { template: { metadata: unknown } } }>(
    "/apis/apps/v1/namespaces/authentik/deployments/authentik-server",
  );
  return JSON.stringify(spec.template.metadata);
}

test("a dry run changes nothing", async () => {
  const config = () => readFileSync(join(trial.folder, `Pulumi.${stack}.yaml`), "utf8");
  const before = [trial.stateOf("authentik"), trial.stateOf("kubernetes"), config()];
  for (const which of ["bootstrap", "automation"]) {
    const { code, lines } = await operator(["--dry-run", "token", "rotate", "--which", which]);
    expect(code).toBe(0);
    expect(new Set(lines.map(({ outcome }) => outcome))).toEqual(new Set(["would be done"]));
  }
  expect([trial.stateOf("authentik"), trial.stateOf("kubernetes"), config()]).toEqual(before);
});

test("the bootstrap token: stored, in the cluster, pods rolled, old one refused", async () => {
  const pods = await podAnnotations();
  const { code, said, printed } = await operator(["token", "rotate"]);
  expect({ code, said }).toMatchObject({ code: 0 });
  expect(printed).toContain("until then the program gives the server another key than the new one");
  const key = await stored("plana-sso:bootstrapToken");
  expect([await accepted(OLD_BOOTSTRAP), await accepted(key)]).toEqual([false, true]);
  expect(await inCluster()).toBe(key);
  expect(await podAnnotations()).not.toBe(pods);
  expect(await tokens()).toEqual(["authentik-bootstrap-token", "automation"]);
  expect(await trial.changes(stack, "--refresh")).toEqual([]);
});

test("the automation token: while another is in the environment, none is revoked", async () => {
  const foreign = await operator(["token", "rotate", "--which", "automation"], { stack });
  expect(foreign.code).toBe(1);
  expect(foreign.printed).toContain("AUTHENTIK_TOKEN is set in the environment");
  const key = await stored("authentik:token");
  expect(key).not.toBe(OLD_AUTOMATION);
  expect([await accepted(OLD_AUTOMATION), await accepted(key)]).toEqual([true, true]);

  const { code, said, printed } = await operator(["token", "rotate", "--which", "automation"]);
  expect({ code, said }).toMatchObject({ code: 0 });
  expect(printed).toContain("until then the program asks with the old key, which is refused");
  expect(await stored("authentik:token")).toBe(key);
  expect([await accepted(OLD_AUTOMATION), await accepted(key)]).toEqual([false, true]);
  expect(await tokens()).toEqual(["authentik-bootstrap-token", "automation"]);
});

test("after the old key is gone the state holds the new one: a refresh works with nothing but the stack", async () => {
  const workspace = workspaceOf(trial, own);
  const { code, stdout, stderr } = await workspace.pulumi(["preview", "--refresh", "--expect-no-changes"]);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
});

// After every step and at every request: token-faults.test.ts. Here where the engine has still to act, or just has.
test.each([
  ["bootstrap", "plana-sso:bootstrapToken", [3]],
  ["automation", "authentik:token", [2]],
])(
  "%s: interrupted beside the engine's step, one key is valid, and the next run finishes",
  async (...row) => {
    const [which, name, cuts] = row;
    const args = ["token", "rotate", "--which", which];
    const { lines } = await operator(["--dry-run", ...args]);
    expect(lines.length).toBe(8);
    for (const after of cuts) {
      const old = await stored(name);
      const cut = await operator(args, { ...own, interruptAfter: after });
      expect(cut).toMatchObject({ code: 1, said: expect.stringContaining("interrupted") as string });
      const between = await stored(name);
      expect(await accepted(between)).toBe(true);
      const ended = await operator(args);
      expect({ code: ended.code, said: ended.said }).toMatchObject({ code: 0 });
      const now = await stored(name);
      expect([await accepted(old), await accepted(now)]).toEqual([false, true]);
      // Going on is not making yet another key, until there is nothing left to go on with.
      if (after >= 2 && after < lines.length - 1) expect(now).toBe(between);
      expect(await tokens()).toEqual(["authentik-bootstrap-token", "automation"]);
    }
    expect(await inCluster()).toBe(await stored("plana-sso:bootstrapToken"));
  },
);

test("a bootstrap token that the program itself talks with is not revoked", async () => {
  const automation = await stored("authentik:token");
  await trial.setSecret("authentik:token", await stored("plana-sso:bootstrapToken"), stack);
  const before = trial.stateOf("authentik");
  const { code, said } = await operator(["token", "rotate"]);
  expect(code).toBe(1);
  expect(said).toContain("the program talks to Authentik with the bootstrap token");
  expect(trial.stateOf("authentik")).toBe(before);

  // Rotating the automation token then makes one of the program's own, and leaves the bootstrap token alone.
  expect(await operator(["token", "rotate", "--which", "automation"])).toMatchObject({ code: 0 });
  expect(await tokens()).toEqual(["authentik-bootstrap-token", "automation", "plana-automation"]);
  expect(await accepted(await stored("plana-sso:bootstrapToken"))).toBe(true);
  expect(await accepted(await stored("authentik:token"))).toBe(true);
  expect(await accepted(automation)).toBe(true);
});

test("a stored token that the server does not accept is said, with the command that mends it", async () => {
  const key = await stored("authentik:token");
  await trial.setSecret("authentik:token", "not-a-token", stack);
  const { code, said } = await operator(["token", "rotate", "--which", "automation"], { stack });
  expect(code).toBe(1);
  expect(said).toContain("authentik:token of stack rotate is not accepted");
  await trial.setSecret("authentik:token", key, stack);
});

test("an unknown token is wrong use", async () => {
  expect((await operator(["token", "rotate", "--which", "bootstap"])).code).toBe(2);
});

test("no key was let be seen", () => {
  // The search below is of worth only when there is something to look for.
  expect(keys.length).toBeGreaterThanOrEqual(5);
  for (const key of [...keys, OLD_BOOTSTRAP, OLD_AUTOMATION, trial.sandbox.token]) {
    for (const text of [...seen, trial.log]) expect(text.includes(key)).toBe(false);
  }
});
