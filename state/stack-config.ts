import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SALT = /^encryptionsalt: .*\n?/m;

/**
 * Keeps a committed stack file as it is. Pulumi writes the salt of the passphrase into the stack's file; the
 * passphrase of a sandbox is made on this machine, so its salt belongs beside it, not into the repository. Commands
 * then read a copy of the committed file with the salt, by `--config-file`.
 */
export class StackConfig {
  private readonly committed: string;
  private readonly copy: string;
  private readonly text: string;

  /** @param directory where the state of the sandbox, or of the local real run, lies. */
  constructor(root: string, directory: string, stack: string) {
    this.committed = join(root, `Pulumi.${stack}.yaml`);
    this.copy = join(directory, `Pulumi.${stack}.yaml`);
    this.text = existsSync(this.committed) ? readFileSync(this.committed, "utf8") : "";
    mkdirSync(directory, { recursive: true });
  }

  /** Takes the salt that Pulumi wrote when it made the stack out of the committed file again. */
  settle(): void {
    const salt = SALT.exec(existsSync(this.committed) ? readFileSync(this.committed, "utf8") : "")?.[0];
    if (salt === undefined || SALT.test(this.text)) return;
    writeFileSync(this.committed, this.text);
    this.write(salt);
  }

  /** Arguments by which a command finds the stack's configuration. */
  arguments(): string[] {
    const file = this.file();
    return file === this.committed ? [] : ["--config-file", file];
  }

  /** The file from which commands read the configuration. */
  file(): string {
    // Whoever keeps secrets in the stack file has its salt there too.
    if (SALT.test(this.text) || !existsSync(this.copy)) return this.committed;
    // What was set on this machine stays until the committed file changes.
    if (!existsSync(this.origin) || readFileSync(this.origin, "utf8") !== this.text) {
      this.write(SALT.exec(readFileSync(this.copy, "utf8"))?.[0] ?? "");
    }
    return this.copy;
  }

  /** What the committed file said when the copy was made. */
  private get origin(): string {
    return `${this.copy}.origin`;
  }

  private write(salt: string): void {
    writeFileSync(this.copy, `${this.text.trimEnd()}\n${salt}`);
    writeFileSync(this.origin, this.text);
  }
}
