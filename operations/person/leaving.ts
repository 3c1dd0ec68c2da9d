import { saidOf } from "../../live/server-error";
import { Refusal, type Context } from "../context";
import { Steps } from "../steps";
import { RosterFile } from "./roster-file";
import { onRoster, type OnRoster } from "./who";

/** The roster, with its file as far as that can be edited. */
export interface Roster {
  readonly people: readonly OnRoster[];
  readonly file?: RosterFile;
  /** Why the file cannot be edited. */
  readonly failed?: string;
}

/** Where the file cannot be edited, the people are those that the program has read from it. */
export function rosterOf(context: Context): Roster {
  const { organisation } = context;
  try {
    const file = RosterFile.of(context);
    return { file, people: onRoster(organisation, file.entries) };
  } catch (error) {
    return { people: onRoster(organisation, organisation.people), failed: saidOf(error) };
  }
}

/** That a person is marked as leaving, or why not. */
export interface Marked {
  /** The lines that changed, or would. */
  readonly change: string;
  readonly text: string;
  readonly failed?: true;
}

/**
 * Marks the entry of the roster; twice is the same as once.
 *
 * @throws Refusal where the file cannot be edited.
 */
export async function markLeaving(
  context: Context,
  { file, failed = "" }: Roster,
  { entry, email }: OnRoster,
): Promise<Marked> {
  if (entry.leaving) return { change: "", text: `${email} is marked as leaving already.` };
  if (!file) throw new Refusal(failed);
  const text = await file.leaving(entry);
  const change = file.difference(text);
  const steps = new Steps(context, { verb: "person offboard", whom: email });
  await steps.take("marked as leaving in the roster", () => {
    file.save(text);
    return Promise.resolve();
  });
  return { change, text: context.dryRun ? `Nothing was written. The change would be:\n${change}` : change };
}

/** The same of somebody who is cut off by now: what cannot be written is told, and is no reason to say nothing else. */
export async function markedAfter(context: Context, roster: Roster, person: OnRoster): Promise<Marked> {
  try {
    return await markLeaving(context, roster, person);
  } catch (error) {
    const text =
      `NOT marked in the roster: ${saidOf(error)}\n` +
      `  by hand: add \`leaving: true\` to the entry of ${person.name}, and merge it before the next \`up\`, which would enable the account again`;
    return { change: "", text, failed: true };
  }
}
