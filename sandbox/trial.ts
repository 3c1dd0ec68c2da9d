import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Finished } from "../shell/process";
import { Sandbox } from "./sandbox";

const PROGRAM = ["index.ts", "Pulumi.yaml", "package.json", "tsconfig.json", "tsconfig.program.json"];

/** Secrets of the trial, of no worth; the tests look for them where none may be. */
export const SECRETS: Readonly<Record<string, string>> = {
  "plana-sso:databasePassword": "trial-database-password-77aa",
  "plana-sso:secretKey": "trial-secret-key-".padEnd(60, "5"),
  "plana-sso:bootstrapToken": "trial-bootstrap-token-99cc",
  "plana-sso:googleClientSecret": "trial-google-secret-11dd",
};

/** Configuration of a stack that runs production's composition beside production. */
export const SETTINGS: Readonly<Record<string, string>> = {
  "plana-sso:composition": "prod",
  "plana-sso:domain": "trial.example.org",
  "plana-sso:databaseHost": "pg01",
  "plana-sso:google": "true",
  "plana-sso:googleClientId": "trial-google-client",
  "kubernetes:enableSecretMutable": "true",
  "kubernetes:enableConfigMapMutable": "true",
};

/** A step of a previewed update, as `--json` tells it. */
export interface Step {
  readonly op: string;
  readonly urn: string;
}

/** A copy of the program that a test may edit, with a sandbox and an engine of its own. */
export class Trial {
  /** Everything the engine has printed in this trial. */
  log = "";

  private constructor(
    readonly folder: string,
    readonly sandbox: Sandbox,
  ) {}

  /** @param root the project's folder; a bundle, which lies elsewhere, names it. */
  static async start(root = join(__dirname, "..")): Promise<Trial> {
    const folder = mkdtempSync(join(tmpdir(), "plana-sso-"));
    // The policy pack as the launcher last bundled it, as `npm run up` uses it.
    const bundle = join(".local", "build", "policy");
    for (const name of [...PROGRAM, "components", "stacks", "policy", bundle]) {
      if (name !== bundle || existsSync(join(root, name))) {
        cpSync(join(root, name), join(folder, name), { recursive: true });
      }
    }
    for (const name of ["node_modules", "sdks"]) symlinkSync(join(root, name), join(folder, name));
    return new Trial(folder, await Sandbox.start({ root, directory: join(folder, ".sandbox") }));
  }

  /** A stack that runs production's composition beside production, set up with the README's commands. */
  async createStack(name: string, leaveOut: readonly string[] = []): Promise<void> {
    await this.must(["stack", "init", name]);
    for (const [key, value] of Object.entries(SETTINGS)) {
      if (!leaveOut.includes(key)) await this.must(["config", "set", key, value, "--stack", name]);
    }
    for (const [key, value] of Object.entries(SECRETS)) {
      if (!leaveOut.includes(key)) await this.setSecret(key, value, name);
    }
  }

  /** Sets a secret as an operator does: through standard input, never on the command line. */
  async setSecret(key: string, value: string, stack: string): Promise<void> {
    const { code, stderr } = await this.sandbox.pulumi(["config", "set", "--secret", key, "--stack", stack], {
      cwd: this.folder,
      stdin: value,
    });
    if (code !== 0) throw new Error(stderr);
  }

  async pulumi(args: readonly string[]): Promise<Finished> {
    const finished = await this.sandbox.pulumi(args, { cwd: this.folder });
    this.log += finished.stdout + finished.stderr;
    return finished;
  }

  /** Runs a command that has to succeed. */
  async must(args: readonly string[]): Promise<Finished> {
    const finished = await this.pulumi(args);
    if (finished.code !== 0) {
      throw new Error(
        `pulumi ${args.join(" ")}: exit ${finished.code}\n${finished.stdout}${finished.stderr}`,
      );
    }
    return finished;
  }

  /** What an update would do beside nothing. */
  async changes(stack: string, ...args: string[]): Promise<Step[]> {
    const { stdout } = await this.must(["preview", "--stack", stack, "--json", ...args]);
    const { steps } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { steps: Step[] };
    return steps.filter(({ op }) => !["same", "read", "refresh"].includes(op));
  }

  /** Replaces a text in a file of the program; the text must be there. */
  edit(file: string, from: string, to: string): void {
    const path = join(this.folder, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
    writeFileSync(path, text.replace(from, to));
  }

  /** Asks the emulated Authentik as an administrator. */
  async authentik<T>(path: string, method = "GET", body?: unknown): Promise<T> {
    const response = await fetch(`${this.sandbox.authentik.url}/api/v3${path}`, {
      method,
      headers: { authorization: `Bearer ${this.sandbox.token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Asks the emulated cluster. */
  async cluster<T>(path: string): Promise<T> {
    const response = await fetch(`${this.sandbox.kubernetes.url}${path}`, {
      headers: { authorization: `Bearer ${this.sandbox.token}` },
    });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** The state file of a server, to compare before and after. */
  stateOf(server: "authentik" | "kubernetes"): string {
    return readFileSync(join(this.folder, ".sandbox", `${server}.json`), "utf8");
  }

  async stop(): Promise<void> {
    await this.sandbox.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Results of a list endpoint. */
export interface List<T> {
  readonly results: readonly T[];
}
