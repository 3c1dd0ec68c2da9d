import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../../shell/process";
import { Sandbox } from "../../sandbox/sandbox";
import { ROOT } from "../stack-files";

// The way to real servers: the environment names an Authentik and a cluster that this command did not start.
let folder: string;
let servers: Sandbox;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-"));
  servers = await Sandbox.start({ root: ROOT, directory: join(folder, "servers") });
}, 900_000);

afterAll(async () => {
  await servers.close();
  rmSync(folder, { recursive: true, force: true });
});

jest.setTimeout(180_000);

function npmRun(command: string, leaveOut: readonly string[] = []) {
  const env = { ...servers.env };
  for (const name of leaveOut) Reflect.deleteProperty(env, name);
  return run(process.execPath, [join(ROOT, "commands", "start.mjs"), command], { cwd: ROOT, env });
}

test("the three variables lead to the servers they name", async () => {
  const committed = readFileSync(join(ROOT, "Pulumi.local.yaml"), "utf8");
  const before = servers.authentik.requests();
  const { code, stdout, stderr } = await npmRun("up");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toContain(`Authentik at ${servers.authentik.url}`);
  expect(stdout).toMatch(/^Vaultwarden +oidc +https:\/\/vaultwarden\.sso\.test +plana-staff$/m);
  expect(servers.authentik.requests()).toBeGreaterThan(before + 100);
  // What belongs to this machine is not written into the repository.
  expect(readFileSync(join(ROOT, "Pulumi.local.yaml"), "utf8")).toBe(committed);
});

test("one of the three alone is refused, saying what is missing", async () => {
  const { code, stderr } = await npmRun("preview", ["KUBECONFIG", "AUTHENTIK_TOKEN"]);
  expect(code).toBe(1);
  expect(stderr).toContain("AUTHENTIK_TOKEN and KUBECONFIG are missing");
});
