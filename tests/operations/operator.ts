import { sandboxWorkspace, type Workspace } from "../../state/workspace";
import type { Finished } from "../../shell/process";
import { AuthentikApi } from "../../live/authentik";
import { Cluster } from "../../live/cluster";
import { Secret } from "../../live/secret";
import { operate } from "../../operations";
import type { AddVerb } from "../../operations/verb";
import { prod } from "../../stacks/prod";
import type { Trial } from "../../sandbox/trial";

/** What a command ended with, and everything it let be seen. */
export interface Ended {
  readonly code: number;
  readonly printed: string;
  readonly said: string;
  /** Its log lines. */
  readonly lines: readonly { readonly step: string; readonly outcome: string }[];
}

export interface OperatorOptions {
  readonly stack: string;
  /** Changed in the environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the command as a lost machine would, after this many steps were logged. */
  readonly interruptAfter?: number;
  readonly verbs?: readonly AddVerb[];
  /** Answers of `stack export`, for commands between which the state does not change. */
  readonly exported?: Map<string, Finished>;
  /** Address of Authentik, where it is not the sandbox's own; then with little patience. */
  readonly through?: { readonly url: string; readonly patience: number };
}

/** The workspace of a trial's stack. */
export function workspaceOf(trial: Trial, { stack, env = {} }: OperatorOptions): Workspace {
  const workspace = sandboxWorkspace(trial.sandbox, trial.folder, stack);
  return workspace.elsewhere(workspace.configFile(), { ...workspace.env, ...env });
}

function remembering(workspace: Workspace, exported: Map<string, Finished>): Workspace {
  return {
    ...workspace,
    async pulumi(args, options) {
      if (args[1] !== "export") return workspace.pulumi(args, options);
      const known = exported.get(args.join(" ")) ?? (await workspace.pulumi(args, options));
      exported.set(args.join(" "), known);
      return known;
    },
  };
}

/** As `connect`, but by way of something else, and soon at the end of its patience. */
function connecting(trial: Trial, { url, patience }: { readonly url: string; readonly patience: number }) {
  const token = new Secret(trial.sandbox.token);
  const authentik = new AuthentikApi({ url, token, retries: 0, timeout: patience });
  return () => Promise.resolve({ authentik, cluster: new Cluster(trial.sandbox.env.KUBECONFIG) });
}

/** Runs `npm run ops -- <args>` on a trial. */
export async function operator(
  trial: Trial,
  args: readonly string[],
  options: OperatorOptions,
): Promise<Ended> {
  const printed: string[] = [];
  const said: string[] = [];
  const lines: { readonly step: string; readonly outcome: string }[] = [];
  const own = workspaceOf(trial, options);
  const workspace = options.exported ? remembering(own, options.exported) : own;
  const code = await operate(
    ["--yes", ...args],
    () => Promise.resolve({ workspace, organisation: prod }),
    {
      print: (text) => printed.push(text),
      say: (text) => said.push(text),
      logTo: {
        write: (line) => {
          lines.push(JSON.parse(line) as { readonly step: string; readonly outcome: string });
          if (lines.length === options.interruptAfter) throw new Error("interrupted");
        },
      },
      connect: options.through && connecting(trial, options.through),
    },
    options.verbs,
  );
  return { code, printed: printed.join("\n"), said: said.join("\n"), lines };
}
