import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** What a finished command cost. */
export interface Cost {
  /** Milliseconds from start to end. */
  readonly wall: number;
  /** Milliseconds of processor time of the whole process tree; unlike the wall time, hardly moved by other load. */
  readonly cpu?: number;
  /** Largest sum of resident memory of the process tree, in bytes; shared pages count once per process. */
  readonly memory?: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds after which it is ended, and the measurement fails. */
  readonly limit: number;
}

// `getconf CLK_TCK` and `getconf PAGESIZE` of Linux on the machines Node is built for.
const TICK = 10;
const PAGE = 4096;
const EVERY = 100;

/**
 * Runs a command and samples what it and its children use, from `/proc`; elsewhere than on Linux there is only the time.
 *
 * @throws Error with its output when it fails or takes longer than its limit.
 */
export async function measure({ command, args, cwd, env, limit }: Command): Promise<Cost> {
  const started = performance.now();
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limit,
    killSignal: "SIGINT",
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  }
  const tree = new Tree(child.pid ?? 0);
  const timer = setInterval(() => tree.sample(), EVERY);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => tree.sample());
      child.once("close", resolve);
    });
    const wall = performance.now() - started;
    if (code !== 0) {
      const why = code === null ? `was ended after ${Math.round(limit / 1000)} s` : `exit ${code}`;
      throw new Error(`${command} ${args.join(" ")}: ${why}\n${said.stdout}${said.stderr}`);
    }
    return { wall, ...tree.used(), ...said };
  } finally {
    clearInterval(timer);
  }
}

/** The processes below one, as `/proc` tells them. */
class Tree {
  private readonly ticks = new Map<number, number>();
  private peak = 0;

  constructor(private readonly root: number) {}

  sample(): void {
    if (!existsSync("/proc/self/stat")) return;
    const parents = new Map<number, number>();
    const used = new Map<number, { ticks: number; pages: number }>();
    for (const entry of readdirSync("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
        // The name in parentheses may hold anything; after it: state, parent, …, utime (12th), stime, …, rss (22nd).
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        parents.set(Number(entry), Number(fields[1]));
        used.set(Number(entry), {
          ticks: Number(fields[11]) + Number(fields[12]),
          pages: Number(fields[21]),
        });
      } catch {
        // It has ended since it was listed.
      }
    }
    let memory = 0;
    for (const [id, { ticks, pages }] of used) {
      if (!this.isBelow(id, parents)) continue;
      this.ticks.set(id, Math.max(ticks, this.ticks.get(id) ?? 0));
      memory += pages * PAGE;
    }
    this.peak = Math.max(this.peak, memory);
  }

  used(): Pick<Cost, "cpu" | "memory"> {
    if (this.peak === 0) return {};
    const ticks = [...this.ticks.values()].reduce((sum, one) => sum + one, 0);
    return { cpu: ticks * TICK, memory: this.peak };
  }

  private isBelow(id: number, parents: ReadonlyMap<number, number>): boolean {
    for (let at: number | undefined = id; at; at = parents.get(at)) if (at === this.root) return true;
    return false;
  }
}
