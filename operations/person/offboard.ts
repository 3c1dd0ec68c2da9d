import type { AuthentikApi } from "../../live/authentik";
import { configured } from "../../live/configuration";
import { ServerError } from "../../live/server-error";
import { Refusal, type Context, type Result } from "../context";
import { mend } from "../mend";
import { mergeFirst } from "../merge";
import { StackSettings } from "../settings";
import { Steps } from "../steps";
import { TOKENS } from "../token/kinds";
import { ownerOf } from "../token/tokens";
import { administrator, findNamed, isService, unknownPerson, type Account } from "./accounts";
import { cutOff, keptOn, type CutOff, type Left } from "./cut-off";
import { activityQuery, askLoki, type Activity } from "./loki";
import { RosterFile } from "./roster-file";
import { findPerson, onRoster, type OnRoster, type Who } from "./who";

export interface OffboardOptions {
  /** Acts on the server, too, before the merge. */
  readonly now: boolean;
  readonly authenticators: boolean;
  /** Also the last administrator. */
  readonly force: boolean;
  /** Address of Loki, before that of the configuration. */
  readonly loki?: string;
  /** How far back Loki is asked. */
  readonly days: number;
}

/**
 * Marks a person as leaving in the roster, for review; at once takes everything from the account where that is asked.
 *
 * @throws Refusal for an unknown person, the last administrator, or the account that the command itself uses.
 */
export async function offboard(context: Context, wanted: string, options: OffboardOptions): Promise<Result> {
  const file = RosterFile.of(context);
  const roster = onRoster(context.organisation, file.entries);
  if (!options.now) {
    const person = findNamed(wanted, roster);
    if (!person) throw unknownPerson(wanted, roster, `in ${file.path}`);
    const marked = await mark(context, file, person);
    return {
      code: 0,
      text: `${marked.text}\n\nThe account still works: commit it for review; the next \`up\` disables it. To act at once: --now`,
      data: { person: person.username, dryRun: context.dryRun, change: marked.change },
    };
  }

  const { authentik: api } = await context.live();
  const who = await findPerson(wanted, roster, api);
  await protect(context, api, who, options.force);
  const username = who.account?.username ?? who.roster?.username ?? wanted;
  await context.confirm(
    `Cut off ${username} (${who.account?.name ?? who.roster?.name ?? ""}) on ${api.options.url} at once?`,
  );
  const marked = who.roster
    ? await mark(context, file, who.roster)
    : { change: "", text: `${username} is not in ${file.path}: there is nothing to mark.` };
  const cut = who.account
    ? await cutOff(context, api, who.account, options.authenticators)
    : { done: [], failed: [], left: [] };
  const notes = who.account ? await notesOf(api, who.account, options.authenticators) : [];
  const activity = await activityOf(context, username, options);
  // What is read back counts: a change whose answer was lost is done all the same.
  const fine =
    cut.left.length === 0 && activity.failed === undefined && (!context.dryRun || cut.failed.length === 0);
  return {
    code: fine ? 0 : 1,
    text: report(context, username, { marked: marked.text, account: who.account, cut, notes, activity }),
    data: {
      person: username,
      dryRun: context.dryRun,
      change: marked.change,
      done: cut.done,
      failed: cut.failed,
      left: cut.left,
      notes,
      activity,
    },
  };
}

/** Marks the line of the roster; twice is the same as once. */
async function mark(
  context: Context,
  file: RosterFile,
  { entry, email }: OnRoster,
): Promise<{ readonly change: string; readonly text: string }> {
  if (entry.leaving) return { change: "", text: `${email} is marked as leaving already.` };
  const text = await file.leaving(entry);
  const change = file.difference(text);
  const steps = new Steps(context, { verb: "person offboard", whom: email });
  await steps.take("marked as leaving in the roster", () => {
    file.save(text);
    return Promise.resolve();
  });
  return { change, text: context.dryRun ? `Nothing was written. The change would be:\n${change}` : change };
}

/** Whoever is cut off must not be the last who could undo it, nor the one who does it. */
async function protect(
  { workspace }: Context,
  api: AuthentikApi,
  { account, accounts }: Who,
  force: boolean,
): Promise<void> {
  const self = await administrator(api);
  if (!account) return;
  if (isService(account))
    throw new Refusal(`${account.username} is an account of a machine, not of a person; nothing was done`);
  if (self.pk === account.pk) {
    throw new Refusal(
      `${account.username} owns the token that this command uses: disabled, it could not finish\n` +
        "  mend: give the token of another administrator (AUTHENTIK_TOKEN)",
    );
  }
  const others = accounts.filter(
    (other) => other.superuser && other.active && !isService(other) && other.pk !== account.pk,
  );
  if (account.superuser && others.length === 0 && !force) {
    throw new Refusal(
      `${account.username} is the last active administrator: nobody could administer Authentik any more\n` +
        "  mend: make another administrator first, or add --force",
    );
  }
  // Whoever is to be cut off in a hurry is, also where the configuration cannot be read here.
  const stored = await configured(workspace, TOKENS.automation.key).catch(() => undefined);
  const owner = force || !stored ? undefined : await ownerOf(api, stored);
  if (owner?.pk === account.pk) {
    throw new Refusal(
      `${account.username} owns the token with which the program talks to Authentik (${TOKENS.automation.key}): it would go, too\n` +
        `  mend: make one of another administrator, then: ${mend.secret(TOKENS.automation.key, workspace.stack)}   or add --force`,
    );
  }
}

/** What must be told beside; not told is no reason to fail. */
async function notesOf(api: AuthentikApi, account: Account, authenticators: boolean): Promise<string[]> {
  try {
    return await keptOn(api, account, authenticators);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return [`What is kept could not be read: ${error.message}`];
  }
}

interface Asked extends Activity {
  readonly failed?: string;
}

async function activityOf(
  { workspace, dryRun }: Context,
  username: string,
  { loki, days }: OffboardOptions,
): Promise<Asked> {
  let query = activityQuery("authentik", username);
  try {
    const settings = await StackSettings.read(workspace);
    query = activityQuery(`${settings.optional("namespacePrefix")?.reveal() ?? ""}authentik`, username);
    const url = loki ?? settings.optional("lokiUrl")?.reveal();
    if (url === undefined || dryRun) return { query };
    return { query, found: await askLoki(url, query, days) };
  } catch (error) {
    // The account is cut off by now: that must be told.
    if (!(error instanceof ServerError || error instanceof Refusal)) throw error;
    return { query, failed: error.message };
  }
}

interface Told {
  readonly marked: string;
  readonly account?: Account;
  readonly cut: CutOff;
  readonly notes: readonly string[];
  readonly activity: Asked;
}

function report(
  { dryRun, workspace }: Context,
  username: string,
  { marked, account, cut, notes, activity }: Told,
): string {
  const lines = [marked, ""];
  const { done, failed, left } = cut;
  if (!account) lines.push(`${username} has no account on the server.`);
  else if (dryRun)
    lines.push("On the server would be done:", ...(done.length > 0 ? done : ["nothing"]).map(item));
  else {
    const complete = left.length === 0;
    lines.push(
      complete
        ? `${username} is cut off; read back from the server: disabled, in no group, nothing held.`
        : `${username} is NOT cut off completely.`,
      ...done.map(item),
      `Left: ${left.length === 0 ? "none" : left.map(leftText).join(", ")}`,
      ...failed.map((why) => `${complete ? "Not answered, but done" : "Refused"}: ${why}`),
    );
    if (!complete) lines.push("  mend: run this again; it does what is left");
  }
  if (notes.length > 0) lines.push("Kept:", ...notes.map(item));
  lines.push("", `Activity in Loki: ${activity.query}`);
  if (activity.found) {
    const { lines: count, first, last } = activity.found;
    lines.push(count === 0 ? "  no line: look at Loki's retention" : `  ${count} lines, ${first} to ${last}`);
  }
  if (activity.failed !== undefined) lines.push(`  could not be asked: ${activity.failed}`);
  if (!dryRun && account)
    lines.push("", mergeFirst("the roster's change", workspace.stack, "says that the person is active"));
  return lines.join("\n");
}

function item(text: string): string {
  return `  - ${text}`;
}

function leftText({ what, count }: Left): string {
  return count === undefined ? `${what} (not told by the server)` : `${count} ${what}`;
}
