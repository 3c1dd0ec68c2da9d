import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openWorkspace, sandboxWorkspace } from "../../state/workspace";
import type { Sandbox } from "../../sandbox/sandbox";
import { ROOT } from "../stack-files";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-workspace-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a CLI is started with, that writes its arguments down instead of doing anything. */
async function startedWith(options: { readonly terminal?: boolean; readonly show?: boolean }) {
  const script = join(folder, "cli.cjs");
  const file = join(folder, "arguments.json");
  writeFileSync(
    script,
    `require("node:fs").writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.argv.slice(2)));`,
  );
  const sandbox = {
    options: { directory: folder },
    cli: { command: process.execPath, leading: [script] },
    env: process.env,
  } as unknown as Sandbox;
  const { code } = await sandboxWorkspace(sandbox, folder, "trial").cli(["config", "set"], options);
  return [code, ...(JSON.parse(readFileSync(file, "utf8")) as string[])];
}

test("a command that works by itself is never asked, one to which the terminal is left may be", async () => {
  expect(await startedWith({})).toEqual([0, "config", "set", "--non-interactive"]);
  expect(await startedWith({ show: true })).toContain("--non-interactive");
  // A secret is typed where it is asked for: `config set --secret` refuses it otherwise.
  expect(await startedWith({ terminal: true })).toEqual([0, "config", "set"]);
});

describe("the environment's variables of real servers", () => {
  const NAMES = ["AUTHENTIK_URL", "AUTHENTIK_TOKEN", "KUBECONFIG"] as const;
  const before = NAMES.map((name) => process.env[name]);
  const set = (values: readonly (string | undefined)[]) =>
    NAMES.forEach((name, index) => {
      const value = values[index];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    });
  afterEach(() => set(before));

  test("are asked for together, unless the stack's own file says where Authentik is", async () => {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "Pulumi.plain.yaml"), "config:\n  authentik:url: https://auth.example.org\n");
    writeFileSync(join(folder, "Pulumi.sealed.yaml"), "config:\n  authentik:url:\n    secure: v1:x\n");
    writeFileSync(join(folder, "Pulumi.bare.yaml"), "config: {}\n");
    set(["https://auth.example.org", "of-an-administrator", undefined]);
    await expect(openWorkspace(folder, "bare")).rejects.toThrow("but KUBECONFIG is missing");
    for (const stack of ["plain", "sealed"])
      expect(await openWorkspace(folder, stack)).toMatchObject({ stack, sandboxed: false });
  });
});
