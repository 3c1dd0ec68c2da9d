import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes a file that only its owner reads, whole or not at all: whoever is interrupted leaves the earlier one.
 *
 * @returns the file's path.
 */
export function writePrivately(directory: string, name: string, text: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, name);
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, text, { mode: 0o600 });
  renameSync(beside, path);
  return path;
}
