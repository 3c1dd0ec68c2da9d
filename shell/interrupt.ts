import type { ChildProcess } from "node:child_process";

/** Signals that end a command, each with the exit code by which a shell tells of it. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type Signal = keyof typeof CODES;

/** Milliseconds within which a signal is the one before, told again: npm hands on what the terminal has told to all. */
const ECHO = 500;

/** Milliseconds in which a program that was told as well says so. */
const MOMENT = 1_000;

/** How the engine says that it was told. A second time it would leave what it does half done. */
const TOLD = "received; cancelling";

/** The command was interrupted: what ran has ended, and nothing is begun after it. */
export class Interrupted extends Error {
  /** Exit code of the command. */
  readonly code: number;

  constructor(signal: Signal) {
    super(
      `Interrupted (${signal}): what ran has ended, and nothing else was begun.\n  mend: run the same command again`,
    );
    this.name = "Interrupted";
    this.code = CODES[signal];
  }
}

interface Program {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly said: () => string;
  passedOn?: true;
}

/** Of the whole process, as signals are. */
const running = new Set<Program>();
let by: Signal | undefined;
let gently: { readonly stop: () => void; since?: number } | undefined;

/**
 * The one answer to signals, of every command. While a program runs, this process outlives it: the servers of the sandbox,
 * the kubeconfig and the reader of what the program says are here, and the engine is killed by writing to nobody.
 */
export function answerSignals(): void {
  for (const signal of Object.keys(CODES) as Signal[]) process.on(signal, () => interrupted(signal));
}

function interrupted(signal: Signal): void {
  // Ctrl-C at the terminal has told the program, too; the others may be for this process alone.
  if (signal !== "SIGINT") for (const program of running) passOn(program);
  if (gently) {
    const { since } = gently;
    if (since !== undefined && Date.now() - since < ECHO) return;
    if (since === undefined) {
      gently.since = Date.now();
      gently.stop();
      return;
    }
  }
  if (running.size === 0) process.exit(CODES[signal]);
  if (by === undefined && !gently)
    console.error("Interrupted: what runs ends in order; a second Ctrl-C ends it at once.");
  by ??= signal;
}

/** Once, and not to whom a signal to the whole group has told it already, as `timeout` and a shell's `kill %1` send it. */
function passOn(program: Program): void {
  if (program.passedOn) return;
  program.passedOn = true;
  // The engine does not answer SIGHUP.
  setTimeout(() => program.said().includes(TOLD) || program.child.kill("SIGTERM"), MOMENT).unref();
}

/** @throws Interrupted when the command was interrupted: whatever comes next is not begun. */
export function checkInterrupted(): void {
  if (by !== undefined) throw new Interrupted(by);
}

/** Waits for the end of a program, which answers signals until then. @throws Interrupted when there was one. */
export async function untilEnded<T>(child: ChildProcess, said: () => string, end: Promise<T>): Promise<T> {
  const program: Program = { child, said };
  running.add(program);
  try {
    const ended = await end;
    checkInterrupted();
    return ended;
  } finally {
    running.delete(program);
  }
}

/**
 * Does something that stops by itself, between two of its steps.
 *
 * @param stop told at the first signal; a second one ends the command as any other.
 */
export async function stoppable<T>(stop: () => void, act: () => Promise<T>): Promise<T> {
  gently = { stop };
  try {
    return await act();
  } finally {
    gently = undefined;
  }
}
