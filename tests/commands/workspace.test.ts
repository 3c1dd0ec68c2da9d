import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sandboxWorkspace } from "../../commands/workspace";
import type { Sandbox } from "../../sandbox/sandbox";

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
