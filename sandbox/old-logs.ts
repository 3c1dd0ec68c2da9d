import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const DAY = 24 * 60 * 60 * 1000;

/**
 * Takes away the logs of older runs. The CLI writes one of every run into its home, a megabyte for an `up`, and takes none
 * away.
 *
 * @param home the sandbox's own `PULUMI_HOME`.
 */
export function dropOldLogs(home: string): void {
  const folder = join(home, "logs");
  if (!existsSync(folder)) return;
  const before = Date.now() - DAY;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    // Another sandbox may have taken it away meanwhile.
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() && found.mtimeMs < before) rmSync(file, { force: true });
  }
}
