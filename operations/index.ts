import { Command, CommanderError } from "commander";

import type { Workspace } from "../state/workspace";
import { saidOf } from "../live/server-error";
import type { Organisation } from "../stacks/organisation";
import { visibleLines } from "../stacks/visible";
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
  readonly dryRun?: true;
  readonly json?: true;
  readonly yes?: true;
}

const EXAMPLES = `
Every day:
  npm run ops -- --stack prod person add Ivan Petrov --role senior-developer
  npm run ops -- --stack prod person invite ivan.petrov --print
  npm run ops -- --stack prod person offboard boyan.rabchev --now
  npm run ops -- --stack prod access forgejo
  npm run ops -- --stack prod doctor
More of each: its own --help, and docs/.`;

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
  output: Pick<ContextOptions, "logTo" | "say" | "connect" | "signal"> & {
    readonly print?: (text: string) => void;
  } = {},
  verbs: readonly AddVerb[] = VERBS,
): Promise<number> {
  const print = output.print ?? ((text: string) => console.log(text));
  const write = output.say ?? ((text: string) => console.error(text));
  const say = (text: string) => write(visibleLines(text));
  let code = 0;
  const program = new Command("npm run ops --")
    .description(
      "What operators do, one command each. Exit code: 0 done and verified, 1 refused or failed, 2 wrong use.",
    )
    .option("-s, --stack <name>", "the stack: prod, a trial, or the embedded one", "local")
    .option("--dry-run", "say what would be done, and do nothing")
    .option("--json", "the result, or why there is none, as JSON on standard output (npm run -s ops)")
    .option("-y, --yes", "do not ask before access is cut")
    .addHelpText("after", EXAMPLES)
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => print(text.trimEnd()), writeErr: (text) => say(text.trimEnd()) });
  const run: Run = async (act) => {
    const { stack, dryRun = false, json, yes = false } = program.opts<GlobalOptions>();
    const { workspace, organisation } = await open(stack);
    const result = await act(contextOf(workspace, organisation, { dryRun, yes, ...output, say }));
    print(json ? JSON.stringify(result.data, null, 2) : visibleLines(result.text));
    code = result.code;
  };
  for (const add of verbs) add(program, run);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message = saidOf(error);
    say(message);
    if (program.opts<GlobalOptions>().json) print(JSON.stringify({ error: message }, null, 2));
    return error instanceof Refusal ? error.code : 1;
  }
  return code;
}
