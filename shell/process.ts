import { spawn } from "node:child_process";

import { checkInterrupted, untilEnded } from "./interrupt";

/** What a finished program said. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Secrets go this way, never as arguments: those are seen in the process list. */
  readonly stdin?: string;
  /** Passes the output on to the terminal, beside collecting it. */
  readonly show?: boolean;
  /** Leaves the terminal to the program, which may ask there; nothing is collected. */
  readonly terminal?: boolean;
}

/** Runs a program to its end. @throws Interrupted when a signal came meanwhile, or before. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const { cwd, env, show, terminal, stdin } = options;
  checkInterrupted();
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: terminal ? "inherit" : [show ? "inherit" : "pipe", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      if (show) process[name].write(text);
    });
  }
  // A program that ends without reading its input is no fault of ours.
  child.stdin?.on("error", () => undefined);
  if (!show) child.stdin?.end(stdin ?? "");
  const end = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit, signalled) => resolve(exit ?? (signalled ? 128 : 1)));
  });
  const code = await untilEnded(child, () => output.stdout + output.stderr, end);
  return { code, ...output };
}
