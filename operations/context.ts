import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";

import pino, { type Logger } from "pino";

import type { Workspace } from "../state/workspace";
import { connectAsOperator, type Live } from "../live/connect";
import type { Organisation } from "../stacks/organisation";
import { visible } from "../stacks/visible";
import { askTerminal } from "./confirm";
import { Refusal } from "./refusal";

export { Refusal };

/** What every verb works with. */
export interface Context {
  readonly workspace: Workspace;
  /** The data of the composition that the stack runs. */
  readonly organisation: Organisation;
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
  /** Aborted when the operator stops the command: the step that runs is finished, no other is begun. */
  readonly signal: AbortSignal;
  /** The servers behind the stack, asked as whoever runs the command; connected at the first call. */
  live(): Promise<Live>;
  /** Progress, for people: on standard error, so that the result stays alone on standard output. */
  say(text: string): void;
  /** Writes the one line per action that goes to Loki. */
  log(action: Action): void;
  /**
   * Asks before something that cuts access.
   *
   * @throws Refusal when the answer is no, or when nobody can be asked and `--yes` was not given.
   */
  confirm(question: string): Promise<void>;
}

/** What was done. No value of it is a secret. */
export interface Action {
  readonly verb: string;
  /** The person, application or token that it was done to. */
  readonly whom: string;
  /** A step of it, as `sessions ended`. */
  readonly step: string;
  readonly outcome: "done" | "failed" | "would be done";
  readonly detail?: string;
}

/** What a verb ends with. */
export interface Result {
  /** 0 done and verified, 1 refused or failed. */
  readonly code: 0 | 1;
  /** For people. */
  readonly text: string;
  /** For programs (`--json`). */
  readonly data: unknown;
}

export interface ContextOptions {
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** Where log lines go; standard error unless told otherwise. */
  readonly logTo?: { write(line: string): void };
  readonly say?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Connects to the servers; otherwise than usual in tests. */
  readonly connect?: (workspace: Workspace) => Promise<Live>;
}

/** Makes the context of one command. */
export function contextOf(
  workspace: Workspace,
  organisation: Organisation,
  options: ContextOptions,
): Context {
  const {
    dryRun,
    yes,
    logTo,
    say = (text) => console.error(text),
    connect: open = connectAsOperator,
  } = options;
  const logger: Logger = pino(
    {
      base: { service: "plana-sso", stack: workspace.stack, who: operator(workspace.env) },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "step",
    },
    logTo ?? { write: (line) => process.stderr.write(line) },
  );
  let servers: Promise<Live> | undefined;
  return {
    workspace,
    organisation,
    dryRun,
    signal: options.signal ?? new AbortController().signal,
    live: () => (servers ??= open(workspace)),
    say,
    log: ({ step, outcome, ...fields }) =>
      logger[outcome === "failed" ? "error" : "info"]({ ...fields, outcome }, step),
    async confirm(asked) {
      if (yes || dryRun) return;
      const question = visible(asked);
      if (!process.stdin.isTTY) throw new Refusal(`${question}\n  mend: add --yes; nobody can be asked here`);
      if (!(await askTerminal(question, process.stdin, process.stderr)))
        throw new Refusal("Nothing was done.");
    },
  };
}

/** Who acts: the CI's actor, else the git identity, else the account on this machine. */
function operator(env: NodeJS.ProcessEnv): string {
  const actor = env.GITHUB_ACTOR || env.FORGEJO_ACTOR;
  if (actor) return actor;
  try {
    return execFileSync("git", ["config", "user.email"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return userInfo().username;
  }
}
