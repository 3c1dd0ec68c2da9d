import { Command, Option } from "commander";

import { place } from "../adoption/acceptance";
import { converge } from "./converge";
import { parse } from "../shell/parse";
import { whileWaiting } from "../shell/patience";
import type { Workspace } from "../state/workspace";
import { connect } from "../live/connect";
import { visibleLines } from "../stacks/visible";
import { emptyFields } from "./emptied";
import { beginAnew, mend } from "./mend";

/**
 * `npm run repair`: mends what an interrupted `up` left behind, converges, and empties what no `up` empties.
 *
 * @returns 0 done, 1 refused or failed, 2 wrong use.
 */
export async function repair(workspace: Workspace, args: readonly string[]): Promise<number> {
  const command = new Command("npm run repair --")
    .description(
      "mends what an interrupted `up` left behind: its lock, and objects that are not in the state; then runs `up`",
    )
    .option(
      "--owner-is-gone <user@host:pid...>",
      "owners of locks on other machines that have ended for certain",
      [],
    )
    .option(
      "--start-over",
      "begin with an empty state, where it is damaged and no copy is left; `npm run adopt` then takes over what runs",
      false,
    )
    .option("--state-only", "mend the state only, without `up`", false)
    // Its old name, of which npm leaves no trace where it stands before `--`.
    .addOption(new Option("--no-up").hideHelp())
    .exitOverride();
  const ended = parse(command, args);
  if (ended !== undefined) return ended;
  const { ownerIsGone, stateOnly, up, startOver } = command.opts<{
    ownerIsGone: string[];
    stateOnly: boolean;
    up: boolean;
    startOver: boolean;
  }>();
  const say = (text: string) => console.error(visibleLines(text));
  if (startOver) return (await beginAnew(workspace, { gone: ownerIsGone, say })) ? 0 : 1;
  if (!(await mend(workspace, { gone: ownerIsGone, say }))) return 1;
  if (stateOnly || !up) return 0;
  const { code } = await converge(workspace, [], ownerIsGone);
  if (code !== 0) return code;
  const live = await connect(workspace);
  const emptied = await whileWaiting(
    "what `up` leaves full: a refreshed preview",
    () => emptyFields(workspace, live),
    say,
  );
  for (const each of emptied) say(`${place(each)}: emptied through the API, which no \`up\` does`);
  return 0;
}
