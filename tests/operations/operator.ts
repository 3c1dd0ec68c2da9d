import { sandboxWorkspace, type Workspace } from "../../commands/workspace";
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
}

/** The workspace of a trial's stack. */
export function workspaceOf(trial: Trial, { stack, env = {} }: OperatorOptions): Workspace {
  const workspace = sandboxWorkspace(trial.sandbox, trial.folder, stack);
  return workspace.elsewhere(workspace.configFile(), { ...workspace.env, ...env });
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
  const workspace = workspaceOf(trial, options);
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
    },
    options.verbs,
  );
  return { code, printed: printed.join("\n"), said: said.join("\n"), lines };
}
