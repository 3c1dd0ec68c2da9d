import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a script did: how it ended, what it said, and each call of an application's command. */
export interface Outcome {
  readonly status: number | null;
  readonly said: string;
  /** Arguments of each call, the command first. */
  readonly calls: readonly (readonly string[])[];
  /** The secret as each call has it in its environment. */
  readonly environment: readonly string[];
}

export interface Situation {
  /** Variables of the container. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Files beside the script: the Secret, mounted whole. */
  readonly mounted?: Readonly<Record<string, string>>;
  /** User id under which the container starts. */
  readonly uid?: number;
}

const RECORD = `printf '%s\\0' "$(basename "$0")" "$@" >>"$LOG/calls"; printf '\\1' >>"$LOG/calls"
printf '%s\\1' "\${OIDC_CLIENT_SECRET:-}" >>"$LOG/environment"
`;

/** Commands of the images, as far as the scripts use them. */
const IMAGE: Readonly<Record<string, string>> = {
  id: `echo "$UID_NOW"`,
  "su-exec": `[ "$1" = git ] || exit 1; shift; UID_NOW=1000 exec "$@"`,
  su: `[ "$1 $2 $3 $4 $5" = "-p www-data -s /bin/sh -c" ] || exit 1; UID_NOW=33 exec /bin/sh -c "$6"`,
};

/** A folder with stubs of an application's commands, in which its script runs under a real shell. */
export class Container {
  private readonly folder = mkdtempSync(join(tmpdir(), "container-"));

  /** @param commands bodies of the application's commands; each call is recorded before. */
  constructor(commands: Readonly<Record<string, string>>) {
    mkdirSync(join(this.folder, "bin"));
    for (const [name, body] of Object.entries(IMAGE)) this.executable(name, body);
    for (const [name, body] of Object.entries(commands)) this.executable(name, RECORD + body);
  }

  run(script: string, { environment = {}, mounted = {}, uid = 1000 }: Situation): Outcome {
    const secret = join(this.folder, "mounted secret");
    const log = mkdtempSync(join(this.folder, "log-"));
    rmSync(secret, { recursive: true, force: true });
    mkdirSync(secret);
    for (const [name, text] of Object.entries({ ...mounted, "setup.sh": script })) {
      writeFileSync(join(secret, name), text);
    }
    const { status, stdout, stderr } = spawnSync("sh", [join(secret, "setup.sh")], {
      cwd: this.folder,
      encoding: "utf8",
      env: {
        NODE_ENV: "test",
        PATH: `${join(this.folder, "bin")}:/usr/bin:/bin`,
        LOG: log,
        UID_NOW: String(uid),
        ...environment,
      },
    });
    const recorded = (name: string) => {
      const path = join(log, name);
      return existsSync(path) ? readFileSync(path, "utf8").split("\u0001").slice(0, -1) : [];
    };
    return {
      status,
      said: stdout + stderr,
      calls: recorded("calls").map((call) => call.split("\0").slice(0, -1)),
      environment: recorded("environment"),
    };
  }

  /** Whether a file is in the folder in which the script runs: what a value that is executed would leave. */
  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private executable(name: string, body: string): void {
    const path = join(this.folder, "bin", name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }
}
