import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

import { valueInFile } from "./stack-file";
import { ownSecret, Sandbox, type Cli } from "../sandbox/sandbox";
import { run, type Finished } from "../shell/process";
import { StackConfig } from "./stack-config";

export interface CliOptions {
  readonly stdin?: string;
  /** Passes the output on to the terminal, beside collecting it. */
  readonly show?: boolean;
  /** Leaves the terminal to the CLI, which may ask there; nothing is collected. */
  readonly terminal?: boolean;
  /** Added to the workspace's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** What every command works with: one stack, the CLI that drives it and the servers behind it. */
export interface Workspace {
  /** The program's folder. */
  readonly folder: string;
  readonly stack: string;
  /** Where what belongs to this machine is kept; never committed. */
  readonly directory: string;
  /** Environment of the CLI: backend, passphrase, and `AUTHENTIK_URL`, `AUTHENTIK_TOKEN`, `KUBECONFIG` where they are set. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether the servers are the embedded ones. */
  readonly sandboxed: boolean;
  /** Runs a command of the CLI as it is given. */
  cli(args: readonly string[], options?: CliOptions): Promise<Finished>;
  /** Runs a command of the CLI on the stack, with the stack's configuration. */
  pulumi(args: readonly string[], options?: CliOptions): Promise<Finished>;
  /** Selects the stack; makes the embedded default where there is none yet. */
  select(): Promise<Finished>;
  /** The file that holds the stack's configuration. */
  configFile(): string;
  /** The same stack with another configuration and another backend: for a rehearsal. */
  elsewhere(configFile: string, env: NodeJS.ProcessEnv): Workspace;
  close(): Promise<void>;
}

/**
 * Has the engine write the state once, at the end of what it does, and not whole after each step, which takes a time that
 * grows with the square of the resources. What is killed meanwhile forgets what it did: only for a state that is thrown away.
 */
export const WITHOUT_CHECKPOINTS: NodeJS.ProcessEnv = {
  PULUMI_EXPERIMENTAL: "true",
  PULUMI_SKIP_CHECKPOINTS: "true",
};

/** Commands of the CLI that read the stack's configuration. */
const CONFIGURED = new Set(["up", "preview", "destroy", "refresh", "config", "import"]);

interface Parts extends Pick<Workspace, "folder" | "stack" | "directory" | "env" | "sandboxed"> {
  /** Asked anew for each command. */
  readonly cliNow: () => Cli;
  /** Where it is not the stack's own. */
  readonly configFile?: string;
  readonly close?: () => Promise<void>;
}

function workspaceOf({ cliNow, close, configFile, ...parts }: Parts): Workspace {
  const { folder, stack, directory, env } = parts;
  // Only the embedded default has its salt beside the committed file.
  const local =
    stack === "local" && configFile === undefined ? new StackConfig(folder, directory, stack) : undefined;
  const configured = (args: readonly string[]) => {
    if (!CONFIGURED.has(args[0] ?? "")) return [];
    return configFile === undefined ? (local?.arguments() ?? []) : ["--config-file", configFile];
  };
  const cli = async (args: readonly string[], options: CliOptions = {}) => {
    const colour = options.show && process.stdout.isTTY ? ["--color", "always"] : [];
    const manner = options.terminal ? [] : ["--non-interactive", ...colour];
    const { command, leading } = cliNow();
    try {
      return await run(command, [...leading, ...args, ...configured(args), ...manner], {
        ...options,
        cwd: folder,
        env: { ...env, ...options.env },
      });
    } finally {
      local?.settle();
    }
  };
  return {
    ...parts,
    cli,
    pulumi: (args, options) => cli([...args, "--stack", stack], options),
    // Of any other name, a stack is made on purpose: a mistyped one would be made, and adopt nothing.
    select: () => cli(["stack", "select", stack, ...(stack === "local" ? ["--create"] : [])]),
    configFile: () => configFile ?? local?.file() ?? join(folder, `Pulumi.${stack}.yaml`),
    elsewhere: (file, changed) =>
      workspaceOf({ ...parts, cliNow, configFile: file, env: { ...env, ...changed } }),
    close: close ?? (() => Promise.resolve()),
  };
}

/**
 * Opens the workspace of a stack.
 *
 * Real servers are used where the environment names them (`AUTHENTIK_URL`, `AUTHENTIK_TOKEN`, `KUBECONFIG`) or where
 * the stack's own file does (`authentik:url`); every other stack runs on the sandbox.
 *
 * @throws Error when the address is the environment's, and the rest of it is missing there.
 */
export async function openWorkspace(root: string, stack: string): Promise<Workspace> {
  const named = Boolean(valueInFile(join(root, `Pulumi.${stack}.yaml`), "authentik:url"));
  if (named || process.env.AUTHENTIK_URL) return realWorkspace(root, stack, named);
  const directory = join(root, ".local", "sandbox");
  const sandbox = await Sandbox.start({ root, directory });
  return sandboxWorkspace(sandbox, root, stack, () => sandbox.close());
}

/** The workspace of a stack on a sandbox that runs already. */
export function sandboxWorkspace(
  sandbox: Sandbox,
  folder: string,
  stack: string,
  close?: () => Promise<void>,
): Workspace {
  const { directory } = sandbox.options;
  return workspaceOf({
    folder,
    stack,
    directory,
    env: sandbox.env,
    sandboxed: true,
    cliNow: () => sandbox.cli,
    close,
  });
}

const NEEDED = ["AUTHENTIK_URL", "AUTHENTIK_TOKEN", "KUBECONFIG"] as const;

/** @param named whether the stack's own file says where Authentik is, and so, perhaps, how to get in. */
function realWorkspace(root: string, stack: string, named: boolean): Workspace {
  const missing = named ? [] : NEEDED.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    throw new Error(
      `AUTHENTIK_URL is set, so real servers are meant, but ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing.\n` +
        `  mend: export ${missing.map((name) => `${name}=…`).join(" ")}   (or unset AUTHENTIK_URL for the sandbox)`,
    );
  }
  const directory = join(root, ".local", "real");
  mkdirSync(directory, { recursive: true });
  const env: NodeJS.ProcessEnv = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  // A stack that names its servers itself has a backend of its own; the embedded default has none.
  if (stack === "local") {
    if (!env.PULUMI_BACKEND_URL && !env.PULUMI_ACCESS_TOKEN) {
      mkdirSync(join(directory, "state"), { recursive: true });
      env.PULUMI_BACKEND_URL = `file://${join(directory, "state")}`;
    }
    if (env.PULUMI_CONFIG_PASSPHRASE === undefined && !env.PULUMI_CONFIG_PASSPHRASE_FILE) {
      const file = join(directory, "passphrase");
      ownSecret(file);
      env.PULUMI_CONFIG_PASSPHRASE_FILE = file;
    }
  }
  const cliNow = pinnedCli(root, env);
  return workspaceOf({ folder: root, stack, directory, env, sandboxed: false, cliNow });
}

/**
 * A `pulumi` on the path of the pinned version, else the one that npm's package keeps. The package itself, which npm puts on
 * the path, dies of a signal before the CLI has ended; it runs only the first command of all, to fetch the CLI.
 *
 * @param env gets the kept one's folder on its path, where the CLI looks for what comes with it.
 */
function pinnedCli(root: string, env: NodeJS.ProcessEnv): () => Cli {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/pulumi/package.json"), "utf8")) as {
    version: string;
  };
  const folders = (env.PATH ?? "").split(delimiter);
  const installed = folders
    .filter((folder) => !folder.endsWith(join("node_modules", ".bin")))
    .map((folder) => join(folder, "pulumi"))
    .find((file) => existsSync(file));
  const told = installed && spawnSync(installed, ["version"], { encoding: "utf8" });
  if (told && !told.error && told.stdout.trim() === `v${version}`)
    return () => ({ command: installed, leading: [] });
  const folder = join(env.PULUMI_HOME || join(homedir(), ".pulumi"), "versions", version, "bin");
  env.PATH = [folder, ...folders].join(delimiter);
  const kept = join(folder, "pulumi");
  const fetching = { command: process.execPath, leading: [join(root, "node_modules/pulumi/run.js")] };
  return () => (existsSync(kept) ? { command: kept, leading: [] } : fetching);
}
