import { Command, CommanderError } from "commander";

import type { Workspace } from "../commands/workspace";
import type { Organisation } from "../stacks/organisation";
import { access } from "./access";
import { contextOf, Refusal, type ContextOptions } from "./context";
import { doctor } from "./doctor";
import { person } from "./person";
import { secret } from "./secret";
import { token } from "./token";
import type { AddVerb, Run } from "./verb";

/** Every verb; a new one is a line here. */
const VERBS: readonly AddVerb[] = [person, access, token, secret, doctor];

interface GlobalOptions {
  readonly stack: string;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly yes: boolean;
}

/** Opens what a verb needs; only when one is really run, so that help needs no stack. */
export type Open = (
  stack: string,
) => Promise<{ readonly workspace: Workspace; readonly organisation: Organisation }>;

/**
 * `npm run ops -- <verb>`: what operators do, one command each.
 *
 * @param verbs other than all, for tests.
 * @returns 0 done and verified, 1 refused or failed, 2 wrong use.
 */
export async function operate(
  args: readonly string[],
  open: Open,
  output: Pick<ContextOptions, "logTo" | "say" | "connect"> & {
    readonly print?: (text: string) => void;
  } = {},
  verbs: readonly AddVerb[] = VERBS,
): Promise<number> {
  const print = output.print ?? ((text: string) => console.log(text));
  const say = output.say ?? ((text: string) => console.error(text));
  let code = 0;
  const program = new Command("npm run ops --")
    .description(
      "What operators do, one command each. Exit code: 0 done and verified, 1 refused or failed, 2 wrong use.",
    )
    .option("-s, --stack <name>", "the stack", "local")
    .option("--dry-run", "say what would be done, and do nothing", false)
    .option("--json", "the result as JSON on standard output", false)
    .option("-y, --yes", "do not ask before access is cut", false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => print(text.trimEnd()), writeErr: (text) => say(text.trimEnd()) });
  const run: Run = async (act) => {
    const { stack, dryRun, json, yes } = program.opts<GlobalOptions>();
    const { workspace, organisation } = await open(stack);
    const context = contextOf(workspace, organisation, { dryRun, yes, ...output, say });
    const result = await act(context);
    print(json ? JSON.stringify(result.data, null, 2) : result.text);
    code = result.code;
  };
  for (const add of verbs) add(program, run);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    say(error instanceof Error ? error.message : String(error));
    return error instanceof Refusal ? error.code : 1;
  }
  return code;
}
