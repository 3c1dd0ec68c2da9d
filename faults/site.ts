import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run, type Finished } from "../shell/process";
import { FaultProxy, type Fault, type Passed } from "../sandbox/fault-proxy";
import { kubeconfig } from "../sandbox/kubernetes/server";
import { Sandbox } from "../sandbox/sandbox";

/** Name of the stack that is harmed. */
export const STACK = "faults";

/** Where a site's servers and state lie in its folder. */
const SANDBOX = ".sandbox";

/** Where its state lies in the folder of a site. */
export const STATE_FILE = join(SANDBOX, "state", ".pulumi", "stacks", "plana-sso", `${STACK}.json`);

/** Where the state of the stack and of the servers of a folder is. */
export function directoryOf(folder: string): string {
  return join(folder, SANDBOX);
}

/** What stands before the two servers: the same for every site, since the stack's configuration names its addresses. */
export interface Doors {
  readonly authentik: FaultProxy;
  readonly kubernetes: FaultProxy;
}

/** What a command said that ended, or was ended from outside. */
export interface Ended {
  /** Exit code; undefined where it was ended from outside. */
  readonly code: number | undefined;
  readonly said: string;
  /** Whether it was ended since it did not end by itself. */
  readonly hung?: boolean;
  /** Whether the harm has met it, where that can be missed. */
  readonly struck?: boolean;
}

export interface RunOptions {
  /** Gets what ends the command and all it started at once, as a runner that dies does. */
  readonly begin?: (kill: () => void) => void;
  /** Runs the command inside another one. */
  readonly within?: (command: readonly string[]) => readonly string[];
}

/** Patience with one command, in milliseconds; an operator's is about as long. */
const PATIENCE = 240_000;

/** A copy of the project with servers of its own, to be harmed: what an operator has in a shell, and who listens behind. */
export class Site {
  /** Requests of both servers, in the order in which they came. */
  count = 0;

  /** What ends each command that is running. */
  private readonly running = new Set<() => void>();

  private constructor(
    readonly folder: string,
    readonly sandbox: Sandbox,
    readonly authentik: FaultProxy,
    readonly kubernetes: FaultProxy,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.heal();
  }

  /** @param folder a copy of the project; what its servers hold is in `.sandbox`. */
  static async open(root: string, folder: string, { authentik, kubernetes }: Doors): Promise<Site> {
    const directory = directoryOf(folder);
    const sandbox = await Sandbox.start({ root, directory });
    authentik.target = sandbox.authentik.url;
    kubernetes.target = sandbox.kubernetes.url;
    const file = join(directory, "kubeconfig-faults");
    writeFileSync(file, kubeconfig(kubernetes.url, sandbox.token), { mode: 0o600 });
    const env = { ...sandbox.env, KUBECONFIG: file, CI: "true" };
    // Where Authentik is, and the token, stand in the stack's configuration, as in production.
    return new Site(folder, sandbox, authentik, kubernetes, {
      ...env,
      AUTHENTIK_URL: undefined,
      AUTHENTIK_TOKEN: undefined,
    });
  }

  /** Where the state of the stack and of the servers is. */
  get directory(): string {
    return directoryOf(this.folder);
  }

  get stateFile(): string {
    return join(this.folder, STATE_FILE);
  }

  /** Whether a command has left its lock on the stack. */
  get isLocked(): boolean {
    const folder = join(this.directory, "state", ".pulumi", "locks", "organization", "plana-sso", STACK);
    return existsSync(folder) && readdirSync(folder).length > 0;
  }

  /** From now on: what happens at a request to either server. Numbers count both, and start with 1 here. */
  watch(
    fault: (request: Passed, number: number, server: "authentik" | "kubernetes") => Fault | undefined,
  ): void {
    this.count = 0;
    for (const server of ["authentik", "kubernetes"] as const) {
      this[server].fail((request) => fault(request, (this.count += 1), server));
    }
  }

  /** Lets everything through again. */
  heal(): void {
    this.watch(() => undefined);
  }

  /** A command of the Pulumi CLI, with an operator's environment. */
  pulumi(args: readonly string[], stdin?: string): Promise<Finished> {
    const { command, leading } = this.sandbox.cli;
    return run(command, [...leading, ...args, "--stack", STACK, "--non-interactive"], {
      cwd: this.folder,
      env: this.env,
      stdin,
    });
  }

  /** A command of package.json, in a process group of its own. */
  async run(
    args: readonly string[],
    { begin, within = (command) => command }: RunOptions = {},
  ): Promise<Ended> {
    const [command = "", ...rest] = within([
      process.execPath,
      join(this.folder, "commands", "start.mjs"),
      ...args,
    ]);
    const child = spawn(command, rest, {
      cwd: this.folder,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    const kill = () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, "SIGKILL");
    };
    let hung = false;
    const bound = setTimeout(() => {
      hung = true;
      kill();
    }, PATIENCE);
    this.running.add(kill);
    begin?.(kill);
    const code = await new Promise<number | undefined>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit) => resolve(exit ?? undefined));
    });
    this.running.delete(kill);
    clearTimeout(bound);
    // What had been asked for is still being answered.
    if (code === undefined) await new Promise((resolve) => setTimeout(resolve, 500));
    return { code, said, hung };
  }

  /** Ends every command that is running. */
  kill(): void {
    for (const kill of this.running) kill();
  }

  /** Stops both servers; the folder stays. */
  async close(): Promise<void> {
    this.heal();
    await this.sandbox.close();
  }

  /** Stops both servers and takes the folder away. */
  async remove(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
