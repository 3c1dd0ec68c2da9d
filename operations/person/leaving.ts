import { saidOf } from "../../live/server-error";
import { Refusal, type Context } from "../context";
import { ChangedMeanwhile } from "../refusal";
import { Steps } from "../steps";
import { isSame } from "./accounts";
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
 * Marks a person in the roster; twice is the same as once. The file is read anew for it: since it was looked at first, minutes
 * may have gone by, and another offboarding, an editor or a `git pull` have written it.
 *
 * @throws Refusal where the file cannot be edited, or the person is no longer in it.
 */
export async function markLeaving(context: Context, { email }: OnRoster): Promise<Marked> {
  if (entryNow(context, email).entry.leaving)
    return { change: "", text: `${email} is marked as leaving already.` };
  const steps = new Steps(context, { verb: "person offboard", whom: email });
  let change = "";
  const mark = async () => {
    change = await marking(context, email);
  };
  if (context.dryRun) await mark();
  await steps.take("marked as leaving in the roster", mark);
  return { change, text: context.dryRun ? `Nothing was written. The change would be:\n${change}` : change };
}

/** How often an edit is made again, on the text that somebody else has written meanwhile. */
const ATTEMPTS = 5;

/** @returns the lines that changed, or would. */
async function marking(context: Context, email: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const { file, failed = "", entry } = entryNow(context, email);
    if (!file) throw new Refusal(failed);
    const text = await file.leaving(entry);
    try {
      if (!context.dryRun) file.save(text);
      return file.difference(text);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** A person's entry as the roster has it now, by the address, which is what an account is known by. */
function entryNow(context: Context, email: string): Roster & Pick<OnRoster, "entry"> {
  const roster = rosterOf(context);
  const person = roster.people.find((each) => isSame(each.email, email));
  if (person) return { ...roster, entry: person.entry };
  const where = roster.file?.path ?? "the roster";
  throw new Refusal(
    `${email} is on no line of ${where} any more\n  mend: put the line back, then run this again`,
  );
}

/** The same of somebody who is cut off by now: what cannot be written is told, and is no reason to say nothing else. */
export async function markedAfter(context: Context, person: OnRoster): Promise<Marked> {
  try {
    return await markLeaving(context, person);
  } catch (error) {
    const text =
      `NOT marked in the roster: ${saidOf(error)}\n` +
      `  by hand: add \`leaving: true\` to the entry of ${person.name}, and merge it before the next \`up\`, which would enable the account again`;
    return { change: "", text, failed: true };
  }
}
