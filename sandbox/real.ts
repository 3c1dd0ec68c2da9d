import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { ownSecret } from "./sandbox";

/** The CLI and the environment with which the program runs on real servers. */
export interface Real {
  readonly cli: { readonly command: string; readonly args: readonly string[] };
  readonly env: NodeJS.ProcessEnv;
  /** Where what belongs to this machine is kept. */
  readonly directory: string;
}

const NEEDED = ["AUTHENTIK_URL", "AUTHENTIK_TOKEN", "KUBECONFIG"] as const;

/**
 * Real servers instead of the sandbox, chosen by nothing but the environment: `AUTHENTIK_URL`, `AUTHENTIK_TOKEN` and
 * `KUBECONFIG`. Where no Pulumi backend or passphrase is set, the state lies in the project's own `.local/real`.
 *
 * @returns undefined when `AUTHENTIK_URL` is not set: the sandbox is meant.
 * @throws Error when one of the three is missing.
 */
export function realEnvironment(root: string): Real | undefined {
  if (!process.env.AUTHENTIK_URL) return undefined;
  const missing = NEEDED.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    throw new Error(
      `AUTHENTIK_URL is set, so real servers are meant, but ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing.\n` +
        `  mend: export ${missing.map((name) => `${name}=…`).join(" ")}   (or unset AUTHENTIK_URL for the sandbox)`,
    );
  }
  const directory = join(root, ".local", "real");
  const env: NodeJS.ProcessEnv = { ...process.env };
  if (!env.PULUMI_BACKEND_URL && !env.PULUMI_ACCESS_TOKEN) {
    mkdirSync(join(directory, "state"), { recursive: true });
    env.PULUMI_BACKEND_URL = `file://${join(directory, "state")}`;
  }
  if (env.PULUMI_CONFIG_PASSPHRASE === undefined && !env.PULUMI_CONFIG_PASSPHRASE_FILE) {
    mkdirSync(directory, { recursive: true });
    const file = join(directory, "passphrase");
    ownSecret(file);
    env.PULUMI_CONFIG_PASSPHRASE_FILE = file;
  }
  return { cli: pinnedCli(root), env, directory };
}

/** A `pulumi` on the path of the pinned version, else npm's package, which fetches it. */
function pinnedCli(root: string): Real["cli"] {
  const manifest = JSON.parse(readFileSync(join(root, "node_modules/pulumi/package.json"), "utf8")) as {
    version: string;
  };
  const found = spawnSync("pulumi", ["version"], { encoding: "utf8" });
  if (!found.error && found.stdout.trim() === `v${manifest.version}`) return { command: "pulumi", args: [] };
  return { command: process.execPath, args: [join(root, "node_modules/pulumi/run.js")] };
}
