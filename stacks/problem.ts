// Not the whole SDK: a command that only wants `nearest` would load a TypeScript compiler with it.
import { RunError } from "@pulumi/pulumi/errors";

import { visible } from "./visible";

/** One thing that is wrong with a stack's configuration or data. */
export interface Problem {
  /** Where: a config key (`plana-sso:domain`) or a place in the data (`people: boyan.rabchev`). */
  readonly key: string;
  /** What stands there; never a secret. */
  readonly value?: string;
  readonly expected: string;
  /** The command, or the edit, that mends it. */
  readonly mend: string;
}

/**
 * Stops the program with all problems at once, before any resource is registered.
 *
 * @throws RunError, which the engine prints without a stack trace.
 */
export function refuse(stack: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map(({ key, value, expected, mend }) => {
    const found = value === undefined ? "missing" : `found ${JSON.stringify(value)}`;
    return `  ${visible(`${key}: ${found}; expected ${expected}`)}\n      mend: ${visible(mend)}`;
  });
  throw new RunError(`${count} in stack "${stack}"; nothing was changed.\n${lines.join("\n")}`);
}

/** The name nearest to `wanted`, to suggest in an error; undefined when none is near. */
export function nearest(wanted: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: editDistance(wanted.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(2, Math.floor(wanted.length / 3)) ? best.name : undefined;
}

/** The question that follows what was expected; empty where nothing is near. */
export function didYouMean(guess: string | undefined): string {
  return guess ? `; did you mean ${guess}?` : "";
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, right] of Array.from(b).entries()) {
      const substitution = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(substitution, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
