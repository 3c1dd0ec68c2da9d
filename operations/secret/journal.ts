import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { writeWhole } from "../../shell/whole-file";
import type { Workspace } from "../../state/workspace";

/** How far a reissue came that was interrupted. Holds no secret. */
export interface Progress {
  /** The generation that was asked for, where the secret is generated. */
  readonly generation?: number;
  /** Digest of the secret that was to be stored, where it is configured. */
  readonly digest?: string;
  /** Whether the new secret is on the server and in the cluster. */
  readonly applied: boolean;
  /** Since when, ISO 8601: pods that were restarted later have it. */
  readonly appliedAt?: string;
}

/** Milliseconds after which nobody goes on any more: who asks then wants another secret than the one that runs. */
const GOES_ON = 3_600_000;

/** A note on this machine by which an interrupted reissue goes on, instead of issuing yet another secret. */
export class Journal {
  private readonly file: string;

  constructor({ directory, stack }: Workspace, slug: string) {
    this.file = join(directory, `reissue-${stack}-${slug}.json`);
    mkdirSync(directory, { recursive: true });
  }

  /** How far a run of the last hour came. */
  read(): Progress | undefined {
    if (!existsSync(this.file) || Date.now() - statSync(this.file).mtimeMs > GOES_ON) return undefined;
    try {
      return JSON.parse(readFileSync(this.file, "utf8")) as Progress;
    } catch {
      return undefined; // Lost with the machine before it was on disk.
    }
  }

  write(progress: Progress): void {
    writeWhole(this.file, JSON.stringify(progress));
  }

  clear(): void {
    rmSync(this.file, { force: true });
  }
}
