import type { Command } from "commander";

import type { Context, Result } from "./context";

/** Runs a verb in the context of the command line's options. */
export type Run = (act: (context: Context) => Promise<Result>) => Promise<void>;

/** Adds one verb, or a noun with its verbs, to the command line. */
export type AddVerb = (program: Command, run: Run) => void;

/** What the help of a verb ends with: command lines, each without `npm run ops --`. */
export function examples(...lines: readonly string[]): string {
  // Where a program reads what is printed, npm must print nothing.
  const whole = lines.map((line) => `  npm run ${line.includes("--json") ? "-s " : ""}ops -- ${line}`);
  return `\nExamples:\n${whole.join("\n")}`;
}
