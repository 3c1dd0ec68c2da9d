import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { WITHOUT_CHECKPOINTS } from "../state/workspace";
import { FaultProxy } from "../sandbox/fault-proxy";
import { Sandbox } from "../sandbox/sandbox";
import { CONFIG, STACK } from "./config";
import { measure } from "./measure";

/** What one measurement of one row gave; what was not counted is absent. */
export interface Sample {
  /** Milliseconds. */
  readonly wall: number;
  /** Milliseconds of processor time of the process tree. */
  readonly cpu?: number;
  /** Bytes at the peak of the process tree. */
  readonly memory?: number;
  /** Requests that the emulated Authentik and cluster answered. */
  readonly requests?: number;
  /** Look-ups of built-in objects by the program. */
  readonly lookUps?: number;
}

/** Longest that one command may take: an hour. */
const LIMIT = 60 * 60_000;

/** A program on a fresh sandbox: nothing is there yet but what Authentik ships. */
export class Stage {
  private constructor(
    readonly program: string,
    readonly sandbox: Sandbox,
    private readonly directory: string,
    private readonly door: FaultProxy | undefined,
  ) {}

  /** @param latency milliseconds by which Authentik's answers come later than the emulated one gives them. */
  static async open(root: string, program: string, latency: number): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), "plana-sso-stage-"));
    const sandbox = await Sandbox.start({ root, directory });
    const door = latency > 0 ? await FaultProxy.start(sandbox.authentik.url) : undefined;
    door?.fail(() => ({ delay: latency }));
    const stage = new Stage(program, sandbox, directory, door);
    try {
      await stage.configure();
    } catch (error) {
      // Its servers would keep the process alive.
      await stage.close();
      throw error;
    }
    return stage;
  }

  private async configure(): Promise<void> {
    await this.must(["stack", "init", STACK]);
    for (const [key, value] of Object.entries(CONFIG.values)) {
      await this.must(["config", "set", key, value, "--stack", STACK]);
    }
    for (const [key, value] of Object.entries(CONFIG.secrets)) {
      await this.must(["config", "set", "--secret", key, "--stack", STACK], { stdin: value });
    }
  }

  private get env(): NodeJS.ProcessEnv {
    return { ...this.sandbox.env, ...(this.door && { AUTHENTIK_URL: this.door.url }) };
  }

  /** Measures a command of the engine itself, without npm's wrapper around it. */
  pulumi(...args: string[]): Promise<Sample> {
    return this.sample("pulumi", [...args, "--stack", STACK, "--non-interactive"]);
  }

  /** Measures a command of package.json with all of its start-up, without npm around it. */
  npm(...args: string[]): Promise<Sample> {
    return this.sample(process.execPath, [join(this.program, "commands/start.mjs"), ...args]);
  }

  /** Brings all up, unmeasured, and without the engine's record of each step, which whoever runs the product keeps. */
  async seed(): Promise<void> {
    await this.must(["up", "--yes", "--skip-preview", "--stack", STACK], { env: WITHOUT_CHECKPOINTS });
  }

  /** What a preview says, as a file. */
  async previewFile(): Promise<string> {
    const file = join(this.directory, "preview.json");
    const args = ["preview", "--json", "--show-sames", "--stack", STACK];
    writeFileSync(file, await this.must(args));
    return file;
  }

  /** A second stack of the same configuration, which knows nothing of what is on the servers. */
  async unknownStack(): Promise<string> {
    const name = `${STACK}-unknown`;
    const file = (stack: string) => join(this.program, `Pulumi.${stack}.yaml`);
    copyFileSync(file(STACK), file(name));
    await this.must(["stack", "init", name]);
    return name;
  }

  private async sample(command: string, args: readonly string[]): Promise<Sample> {
    const before = this.requests();
    const { wall, cpu, memory } = await measure({
      command,
      args,
      cwd: this.program,
      env: this.env,
      limit: LIMIT,
    });
    return { wall, cpu, memory, requests: this.requests() - before };
  }

  async close(): Promise<void> {
    await this.door?.close();
    await this.sandbox.close();
    rmSync(this.directory, { recursive: true, force: true });
    for (const stack of [STACK, `${STACK}-unknown`]) {
      rmSync(join(this.program, `Pulumi.${stack}.yaml`), { force: true });
    }
  }

  private requests(): number {
    return this.sandbox.authentik.requests() + this.sandbox.kubernetes.requests();
  }

  private async must(
    args: readonly string[],
    options: { stdin?: string; env?: NodeJS.ProcessEnv } = {},
  ): Promise<string> {
    const env = { ...this.env, ...options.env };
    const { code, stdout, stderr } = await this.sandbox.pulumi(args, { ...options, env, cwd: this.program });
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }
}
