import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Reads a JSON state file; a file that is not there yet gives `initial()`. */
export function readState<T>(file: string, initial: () => T): T {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return initial();
    throw error;
  }
}

/** Writes a JSON state file whole or not at all, so that a killed process never leaves half a file behind. */
export function writeState(file: string, state: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  const next = `${file}.next`;
  writeFileSync(next, JSON.stringify(state, null, 1), { mode: 0o600 });
  renameSync(next, file);
}
