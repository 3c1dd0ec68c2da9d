import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

import { writeWhole } from "../shell/whole-file";

/** From this size on, in characters, a state is not written at every change but once a second. */
const LARGE = 3_000_000;
const PAUSE = 1_000;

/** The state of a server, kept in a JSON file. */
export class StateFile<T> {
  value: T;
  private size = 0;
  private later: NodeJS.Timeout | undefined;

  /** Reads the file; where there is none yet, begins with `initial()`. */
  constructor(
    private readonly file: string,
    initial: () => T,
  ) {
    this.value = (read(file) as T | undefined) ?? initial();
  }

  /** Puts the value on disk; a large one soon. */
  save(): void {
    if (this.size < LARGE) this.write();
    else this.later ??= setTimeout(() => this.write(), PAUSE);
  }

  /** Puts on disk what has not been put there yet. */
  flush(): void {
    if (this.later) this.write();
  }

  private write(): void {
    clearTimeout(this.later);
    this.later = undefined;
    mkdirSync(dirname(this.file), { recursive: true });
    const text = JSON.stringify(this.value, null, 1);
    this.size = text.length;
    writeWhole(this.file, text, 0o600);
  }
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
