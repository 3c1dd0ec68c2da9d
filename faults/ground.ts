import { spawn } from "node:child_process";
import { copyFileSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";

import { sandboxWorkspace, type Workspace } from "../commands/workspace";
import { FaultProxy } from "../sandbox/fault-proxy";
import { Sandbox } from "../sandbox/sandbox";
import { Trial } from "../sandbox/trial";
import { census, type Census } from "./census";

/** Name of the stack that is harmed. */
export const STACK = "faults";

const HALF = "half.json";

/** A sandbox to be harmed: what it holds is a copy. */
export interface Site {
  readonly directory: string;
  /** Stands before Authentik. */
  readonly proxy: FaultProxy;
  readonly workspace: Workspace;
}

/** What an engine said that was ended from outside, or by itself. */
export interface Ended {
  readonly code: number | undefined;
  readonly said: string;
}

/** A stack's servers and state in three copies: before its first `up`, after it, and Authentik alone half way. */
export class Ground {
  private attempts = 0;

  private constructor(
    private readonly root: string,
    private readonly trial: Trial,
    /** What is there after an `up` that nothing disturbs. */
    readonly whole: Census,
    /** How many requests Authentik gets during that `up`. */
    readonly requests: number,
  ) {}

  static async prepare(root: string): Promise<Ground> {
    const trial = await Trial.start(root);
    const copy = (name: string) =>
      cpSync(join(trial.folder, ".sandbox"), join(trial.folder, name), { recursive: true });
    await trial.createStack(STACK);
    copy(".empty");
    const proxy = await FaultProxy.start(trial.sandbox.authentik.url);
    try {
      let half = false;
      proxy.fail(({ method, path }) => {
        // Some of everything is there when the first application is made.
        if (!half && method === "POST" && path.startsWith("/api/v3/core/applications/")) {
          half = true;
          copyFileSync(join(trial.folder, ".sandbox", "authentik.json"), join(trial.folder, HALF));
        }
        return undefined;
      });
      trial.sandbox.env.AUTHENTIK_URL = proxy.url;
      await trial.must(["up", "--yes", "--skip-preview", "--stack", STACK]);
      const requests = proxy.passed.length;
      copy(".whole");
      return new Ground(root, trial, census(join(trial.folder, ".whole")), requests);
    } finally {
      await proxy.close();
    }
  }

  /** Lets something happen on a fresh copy. */
  async on<T>(
    copy: "empty" | "whole",
    before: (directory: string) => void,
    act: (site: Site) => Promise<T>,
  ): Promise<T> {
    this.attempts += 1;
    const directory = join(this.trial.folder, `.attempt-${this.attempts}`);
    cpSync(join(this.trial.folder, `.${copy}`), directory, { recursive: true });
    before(directory);
    const sandbox = await Sandbox.start({ root: this.root, directory });
    const proxy = await FaultProxy.start(sandbox.authentik.url);
    const own = sandboxWorkspace(sandbox, this.trial.folder, STACK);
    const workspace = own.elsewhere(own.configFile(), { ...own.env, AUTHENTIK_URL: proxy.url });
    try {
      return await act({ directory, proxy, workspace });
    } finally {
      await proxy.close();
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /** The state file of the emulated Authentik as it was half way. */
  get half(): string {
    return join(this.trial.folder, HALF);
  }

  /**
   * Runs `pulumi up` in a process group of its own.
   *
   * @param begin gets what ends the whole group at once, as a runner that dies does.
   * @param patience after which it is ended, in milliseconds.
   */
  async up(site: Site, begin: (kill: () => void) => void, patience: number): Promise<Ended> {
    const { sandbox } = this.trial;
    const { command, leading } = sandbox.cli;
    const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", STACK];
    const child = spawn(command, [...leading, ...args], {
      cwd: this.trial.folder,
      env: site.workspace.env,
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
    const bound = setTimeout(kill, patience);
    begin(kill);
    const code = await new Promise<number | undefined>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit) => resolve(exit ?? undefined));
    });
    clearTimeout(bound);
    // What had been asked for is still being answered.
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { code, said };
  }

  async close(): Promise<void> {
    await this.trial.stop();
  }
}
