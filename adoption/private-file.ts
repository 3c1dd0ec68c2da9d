import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { writeWhole } from "../shell/whole-file";

/**
 * Writes a file that only its owner reads.
 *
 * @returns the file's path.
 */
export function writePrivately(directory: string, name: string, text: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, name);
  writeWhole(path, text, 0o600);
  return path;
}
