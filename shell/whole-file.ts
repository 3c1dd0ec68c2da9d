import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes a file whole or not at all: an interruption leaves the old or the new text, never a part.
 *
 * @param mode of the file, as `0o600`; else as the process makes files.
 */
export function writeWhole(path: string, text: string, mode?: number): void {
  // Two that write at once do not write into each other's.
  const draft = `${path}.${process.pid}.draft`;
  try {
    writeFileSync(draft, text, { mode });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
