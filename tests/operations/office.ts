import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Finished } from "../../shell/process";
import type { Workspace } from "../../state/workspace";
import { AuthentikApi } from "../../live/authentik";
import type { Cluster } from "../../live/cluster";
import type { Live } from "../../live/connect";
import { Secret } from "../../live/secret";
import { operate } from "../../operations";
import type { AddVerb } from "../../operations/verb";
import { startAuthentik, type Authentik } from "../../sandbox/authentik";
import { prod } from "../../stacks/prod";
import { FaultProxy } from "../../sandbox/fault-proxy";
import { ROOT } from "../stack-files";

/** API token of the office's Authentik; looked for where no secret may be. */
export const TOKEN = "office-token-5c1d7f20";

export type Body = Record<string, unknown>;

export interface OpsOptions {
  readonly yes?: boolean;
  /** Ends it after so many log lines, as a lost machine would. */
  readonly interruptAfter?: number;
  readonly signal?: AbortSignal;
  readonly verbs?: readonly AddVerb[];
  /** Connects as a command does, by configuration and environment, and not past them. */
  readonly connected?: true;
}

/** What a command ended with, and everything it let be seen. */
export interface Ended {
  readonly code: number;
  readonly printed: string;
  readonly said: string;
  readonly lines: readonly Body[];
  /** All of it. */
  readonly seen: string;
}

/** An emulated Authentik behind a proxy that may fail, a roster, and a configuration; without the engine. */
export class Office {
  /** The stack's configuration; names without a colon are the program's own. */
  readonly config: Record<string, { value: string; secret?: boolean }> = {};
  /** Answer of `pulumi stack export`. */
  state = { deployment: { resources: [] as Body[] } };
  /** Plays the engine: answers `preview` and `up`. */
  engine: (args: readonly string[]) => Promise<string> = ([command = ""]) => {
    throw new Error(`pulumi ${command} is not needed here`);
  };
  cluster?: Cluster;
  /** With which a command asks Authentik. */
  token = TOKEN;
  /** Of a command with Authentik, in milliseconds. */
  patience = 1_500;
  /** What the CLI says when it cannot read the configuration. */
  failing?: string;
  /** Added to the environment of a command. */
  readonly env: Record<string, string> = {};

  private constructor(
    readonly folder: string,
    private readonly server: Authentik,
    readonly proxy: FaultProxy,
  ) {}

  static async open(): Promise<Office> {
    const folder = mkdtempSync(join(tmpdir(), "plana-sso-office-"));
    mkdirSync(join(folder, "stacks"));
    cpSync(join(ROOT, "stacks", "prod"), join(folder, "stacks", "prod"), { recursive: true });
    cpSync(join(ROOT, ".prettierrc.json"), join(folder, ".prettierrc.json"));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const server = await startAuthentik({
      stateFile: join(folder, "authentik.json"),
      token: TOKEN,
      cacheDir: join(folder, "cache"),
    });
    return new Office(folder, server, await FaultProxy.start(server.url));
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Address of the server itself, past the proxy. */
  get url(): string {
    return this.server.url;
  }

  get rosterPath(): string {
    return join(this.folder, "stacks", "prod", "people.ts");
  }

  roster(): string {
    return readFileSync(this.rosterPath, "utf8");
  }

  /** All objects of the server, as it keeps them. */
  stateFile(): string {
    return readFileSync(join(this.folder, "authentik.json"), "utf8");
  }

  /** Puts the roster back. */
  resetRoster(): void {
    cpSync(join(ROOT, "stacks", "prod", "people.ts"), this.rosterPath);
  }

  /** Asks the server as its administrator, past the proxy. */
  async ask<T = Body>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.server.url}${path.startsWith("/-/") ? path : `/api/v3${path}`}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? {} : JSON.parse(text)) as T;
  }

  async list(path: string): Promise<Body[]> {
    return (await this.ask<{ results: Body[] }>("GET", path)).results;
  }

  /** Puts something there that only Authentik itself makes. */
  plant(collection: string, body: Body): Promise<Body> {
    return this.ask("POST", `/-/sandbox/${collection}/`, body);
  }

  /** Runs `npm run ops -- <args>`. */
  async ops(args: readonly string[], options: OpsOptions = {}): Promise<Ended> {
    const { yes = true, interruptAfter = 0, signal, verbs, connected } = options;
    const printed: string[] = [];
    const said: string[] = [];
    const lines: Body[] = [];
    const code = await operate(
      yes ? ["--yes", ...args] : args,
      () => Promise.resolve({ workspace: this.workspace(), organisation: prod }),
      {
        print: (text) => printed.push(text),
        say: (text) => said.push(text),
        logTo: {
          write: (line) => {
            lines.push(JSON.parse(line) as Body);
            if (lines.length === interruptAfter) throw new Error("interrupted");
          },
        },
        connect: connected ? undefined : () => Promise.resolve(this.live()),
        signal,
      },
      verbs,
    );
    const texts = { printed: printed.join("\n"), said: said.join("\n") };
    return { code, ...texts, lines, seen: `${texts.printed}${texts.said}${JSON.stringify(lines)}` };
  }

  /** `config set --secret`, also of a path in a secret object. */
  private set(key: string, value: string): void {
    const [, name = key, , inner] = /^plana-sso:([^.]*)(\.(.*))?$/.exec(key) ?? [];
    if (inner === undefined) {
      this.config[name] = { value, secret: true };
      return;
    }
    const whole = JSON.parse(this.config[name]?.value ?? "{}") as Record<string, Record<string, string>>;
    const [first = "", second = ""] = inner.split(".");
    this.config[name] = {
      value: JSON.stringify({ ...whole, [first]: { ...whole[first], [second]: value } }),
      secret: true,
    };
  }

  private live(): Live {
    const { cluster } = this;
    const authentik = new AuthentikApi({
      url: this.proxy.url,
      token: new Secret(this.token),
      retries: 1,
      timeout: this.patience,
      longestPause: 20,
    });
    return {
      authentik,
      get cluster(): Cluster {
        if (cluster) return cluster;
        throw new Error("no cluster is needed here");
      },
    };
  }

  private workspace(): Workspace {
    const answer = (stdout: string): Promise<Finished> => Promise.resolve({ code: 0, stdout, stderr: "" });
    const configuration = (): Promise<Finished> => {
      if (this.failing !== undefined) return Promise.resolve({ code: 255, stdout: "", stderr: this.failing });
      const entries = Object.entries(this.config).map(([key, { value, secret }]) => [
        key.includes(":") ? key : `plana-sso:${key}`,
        { value, secret, objectValue: value.startsWith("{") ? (JSON.parse(value) as unknown) : undefined },
      ]);
      return answer(JSON.stringify(Object.fromEntries(entries)));
    };
    const refuse = () => {
      throw new Error("not needed here");
    };
    return {
      folder: this.folder,
      stack: "prod",
      directory: this.folder,
      env: { GITHUB_ACTOR: "the-operator", ...this.env },
      sandboxed: false,
      cli: refuse,
      pulumi: async (args, { stdin = "" } = {}) => {
        const [command = "", second] = args;
        if (second === "history") return answer("[]");
        if (command === "stack") return answer(JSON.stringify(this.state));
        if (command === "config" && second === "set") {
          this.set(args.at(-1) ?? "", stdin);
          return answer("");
        }
        if (command === "config") return configuration();
        return answer(await this.engine(args));
      },
      select: refuse,
      configFile: () => join(this.folder, "Pulumi.prod.yaml"),
      elsewhere: refuse,
      close: () => Promise.resolve(),
    };
  }
}
