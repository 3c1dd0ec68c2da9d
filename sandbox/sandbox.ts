import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { version as kubernetesVersion } from "@pulumi/kubernetes/package.json";
import { version as randomVersion } from "@pulumi/random/package.json";

import { run, type Finished } from "../shell/process";
import { parameterization } from "../sdks/authentik.schema.json";
import { startAuthentik, type Authentik } from "./authentik";
import { buildEngine } from "./engine/build";
import { kubeconfig, startKubernetes, type Kubernetes } from "./kubernetes/server";
import { dropOldLogs } from "./old-logs";

export interface SandboxOptions {
  /** The project whose node_modules, engine and plugins are used. */
  readonly root: string;
  /** Where this sandbox keeps its state: the objects of both servers and Pulumi's own state. */
  readonly directory: string;
}

/** How the CLI is started. */
export interface Cli {
  readonly command: string;
  /** What comes before its arguments. */
  readonly leading: readonly string[];
}

/** The embedded default: an emulated Authentik, an emulated cluster, stand-in plugins, and the real engine. */
export class Sandbox {
  private constructor(
    readonly options: SandboxOptions,
    public authentik: Authentik,
    readonly kubernetes: Kubernetes,
    /** API token of both servers. */
    readonly token: string,
    /** Environment under which the CLI finds all of it. */
    readonly env: NodeJS.ProcessEnv,
    private readonly binaries: string,
  ) {}

  /** Builds the engine when it is not there yet, and starts both servers on the state of the folder. */
  static async start(options: SandboxOptions): Promise<Sandbox> {
    const { root, directory } = options;
    const local = join(root, ".local");
    const home = join(local, "pulumi");
    const binaries = await buildEngine(root, home);
    dropOldLogs(home);
    installPlugins(root, home);
    const stateFolder = join(directory, "state");
    mkdirSync(stateFolder, { recursive: true });
    const token = ownSecret(join(directory, "token"));
    ownSecret(join(directory, "passphrase"));
    const authentik = await authentikOf(options, token);
    const kubernetes = await startKubernetes({ stateFile: join(directory, "kubernetes.json"), token });
    const kubeconfigFile = join(directory, "kubeconfig");
    writeFileSync(kubeconfigFile, kubeconfig(kubernetes.url, token), { mode: 0o600 });
    const env = {
      ...process.env,
      PATH: `${binaries}${delimiter}${process.env.PATH ?? ""}`,
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${stateFolder}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: join(directory, "passphrase"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      AUTHENTIK_URL: authentik.url,
      AUTHENTIK_TOKEN: token,
      KUBECONFIG: kubeconfigFile,
    };
    return new Sandbox(options, authentik, kubernetes, token, env, binaries);
  }

  /** The CLI itself: npm's package, which would find it under `PULUMI_HOME`, dies of signals before it. */
  get cli(): Cli {
    return { command: join(this.binaries, "pulumi"), leading: [] };
  }

  /** Runs the CLI in a program's folder. */
  pulumi(
    args: readonly string[],
    options: { cwd?: string; stdin?: string; show?: boolean; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Finished> {
    const { command, leading } = this.cli;
    return run(command, [...leading, ...args, "--non-interactive"], {
      ...options,
      cwd: options.cwd ?? this.options.root,
      env: { ...this.env, ...options.env },
    });
  }

  /** Starts the emulated Authentik anew on what is on disk, as after a crash. It has another address then. */
  async restartAuthentik(): Promise<void> {
    await this.authentik.close();
    this.authentik = await authentikOf(this.options, this.token);
  }

  /** Stops both servers; the state stays. */
  async close(): Promise<void> {
    await Promise.all([this.authentik.close(), this.kubernetes.close()]);
  }
}

function authentikOf({ root, directory }: SandboxOptions, token: string): Promise<Authentik> {
  const stateFile = join(directory, "authentik.json");
  return startAuthentik({ stateFile, token, cacheDir: join(root, ".local", "cache") });
}

/** A random secret that is made on first use and kept beside the state it protects. */
export function ownSecret(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

/** Puts the stand-ins where the engine looks for installed plugins. */
function installPlugins(root: string, home: string): void {
  const { baseProvider } = parameterization;
  const plugins = [
    { plugin: baseProvider.name, version: baseProvider.version, name: "authentik" },
    { plugin: "kubernetes", version: kubernetesVersion, name: "kubernetes" },
    { plugin: "random", version: randomVersion, name: "random" },
  ];
  for (const { plugin, version: pinned, name } of plugins) {
    const folder = join(home, "plugins", `resource-${plugin}-v${pinned}`);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `pulumi-resource-${plugin}`);
    const script = join(root, ".local", "build", "plugin.cjs");
    writeFileSync(
      file,
      `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(script)} ${name} "$@"\n`,
    );
    chmodSync(file, 0o755);
  }
}
