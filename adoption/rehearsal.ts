import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";

import type { CliOptions, Workspace } from "../state/workspace";
import { configure } from "../live/configuration";
import { exportState, importState } from "../state/engine";
import type { TakenOver } from "./takeover";

/**
 * A copy of the stack, with a configuration and a backend of its own on this machine. What would happen to the stack
 * is tried there: a preview and an import read the servers, and write nothing to them.
 *
 * The copy has the stack's own secrets provider, so that secrets stay encrypted as they are.
 */
export async function rehearsal(workspace: Workspace): Promise<Workspace> {
  const { stack, directory, folder } = workspace;
  const place = join(directory, "rehearsal", stack);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, "state"), { recursive: true, mode: 0o700 });
  copyFileSync(join(folder, "Pulumi.yaml"), join(place, "Pulumi.yaml"));
  const configFile = join(place, `Pulumi.${stack}.yaml`);
  const source = workspace.configFile();
  writeFileSync(configFile, existsSync(source) ? readFileSync(source) : "config: {}\n", { mode: 0o600 });
  const { secretsprovider, encryptionsalt } = (load(readFileSync(configFile, "utf8")) ?? {}) as {
    readonly secretsprovider?: string;
    readonly encryptionsalt?: string;
  };
  if (!secretsprovider && !encryptionsalt && /^\s+secure:/m.test(readFileSync(configFile, "utf8"))) {
    throw new Error(
      `the secrets of stack ${stack} are encrypted by its backend, and the rehearsal on this machine cannot read them\n` +
        `  mend: npx pulumi stack change-secrets-provider passphrase --stack ${stack}`,
    );
  }
  const copy = workspace.elsewhere(configFile, { PULUMI_BACKEND_URL: `file://${join(place, "state")}` });
  await must(copy, [
    "stack",
    "init",
    stack,
    // The salt is looked for, and written, where the copy is.
    "--cwd",
    place,
    ...(secretsprovider ? ["--secrets-provider", secretsprovider] : []),
  ]);
  await importState(copy, await exportState(workspace));
  return copy;
}

/** Takes a rehearsal off the disk. */
export function discard(copy: Workspace): void {
  rmSync(join(copy.configFile(), ".."), { recursive: true, force: true });
}

/** Writes what is taken over into the configuration. */
export async function takeOver(workspace: Workspace, taken: readonly TakenOver[]): Promise<void> {
  for (const { path, value, secret } of taken) await configure(workspace, path, value, secret);
}

/** Takes a key out of the configuration; it need not be there. */
export async function forget(workspace: Workspace, key: string): Promise<void> {
  await must(workspace, ["config", "rm", key, "--stack", workspace.stack]);
}

/** Runs a command of the CLI that has to succeed. @throws Error with what it said. */
export async function must(
  workspace: Workspace,
  args: readonly string[],
  options?: CliOptions,
): Promise<string> {
  const { code, stdout, stderr } = await workspace.cli(args, options);
  if (code !== 0)
    throw new Error(`pulumi ${args.slice(0, 2).join(" ")} failed:\n${(stderr || stdout).trim()}`);
  return stdout;
}
