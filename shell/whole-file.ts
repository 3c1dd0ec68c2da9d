import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes a file whole or not at all: an interruption leaves the old or the new text, never a part.
 *
 * @param mode of the file, as `0o600`; else as the process makes files.
 */
export function writeWhole(path: string, text: string, mode?: number): void {
  replace(path, text, () => true, mode);
}

/**
 * The same of a file that others edit, too: where it no longer says what was read of it, nothing is written, so that no
 * change of theirs is lost. It is read last of all, right before the new text takes its place.
 *
 * @param before what was read.
 * @returns whether it was written.
 */
export function rewriteWhole(path: string, before: string, text: string): boolean {
  return replace(path, text, () => readFileSync(path, "utf8") === before);
}

function replace(path: string, text: string, may: () => boolean, mode?: number): boolean {
  // Two that write at once do not write into each other's.
  const draft = `${path}.${process.pid}.draft`;
  try {
    writeFileSync(draft, text, { mode });
    const allowed = may();
    if (allowed) renameSync(draft, path);
    return allowed;
  } finally {
    rmSync(draft, { force: true });
  }
}
