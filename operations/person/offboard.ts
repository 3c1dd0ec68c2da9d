import type { AuthentikApi } from "../../live/authentik";
import { configured } from "../../live/configuration";
import type { Secret } from "../../live/secret";
import { saidOf, ServerError } from "../../live/server-error";
import { visible } from "../../stacks/visible";
import { Refusal, type Context, type Result } from "../context";
import { mend } from "../mend";
import { mergeFirst } from "../merge";
import { StackSettings } from "../settings";
import { TOKENS } from "../token/kinds";
import { ownerOf } from "../token/tokens";
import { administrator, findNamed, isService, unknownPerson, type Account } from "./accounts";
import { cutOff, keptOn, type CutOff, type Left } from "./cut-off";
import { markedAfter, markLeaving, rosterOf, type Marked, type Roster } from "./leaving";
import { activityQuery, addressOf, askLoki, type Activity } from "./loki";
import { findPerson, othersOf, type OnRoster, type Others, type Who } from "./who";

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
 * Marks a person as leaving in the roster, for review; where that is asked, first takes everything from the account at once.
 *
 * @throws Refusal for an unknown person, the last administrator, or the account that the command itself uses.
 */
export async function offboard(context: Context, wanted: string, options: OffboardOptions): Promise<Result> {
  const roster = rosterOf(context);
  if (!options.now) return markOnly(context, wanted, roster);
  // It is asked last of all: what was typed wrong is to be said before anything is done.
  if (options.loki !== undefined) addressOf(options.loki);

  const { workspace, dryRun } = context;
  const { authentik: api } = await context.live();
  // Before anybody is looked for: whom the token may not see would be told as not there.
  const self = await administrator(api);
  const who = await findPerson(wanted, roster.people, api);
  const unknown = await protect(context, api, self, who, options.force);
  const username = who.account?.username ?? who.roster?.username ?? wanted;
  const server = api.options.url;
  await context.confirm(
    `Cut off ${username} (${who.account?.name ?? who.roster?.name ?? ""}) on ${server} at once?`,
  );
  // First what lets the person in: a roster that cannot be written keeps nobody from being cut off.
  const cut = who.account
    ? await cutOff(context, api, who.account, options.authenticators)
    : { done: [], failed: [], left: [] };
  const kept = who.account ? await notesOf(api, who.account, options.authenticators) : [];
  const others = othersOf(who);
  const notes = [...unknown, ...othersText(others, workspace.stack), ...kept];
  const marked: Marked = who.roster
    ? await markedAfter(context, who.roster)
    : { change: "", text: `${username} is not in the roster: there is nothing to mark.` };
  const beside = [
    { what: "other active accounts with the same address", count: others.sameAddress.length },
    { what: "marks missing in the roster", count: Number(marked.failed ?? false) },
  ];
  const left = [...cut.left, ...beside.filter(({ count }) => count > 0)];
  const activity = await activityOf(context, username, options);
  // What is read back counts: a change whose answer was lost is done all the same.
  const fine = left.length === 0 && activity.failed === undefined && (!dryRun || cut.failed.length === 0);
  return {
    code: fine ? 0 : 1,
    text: report(context, username, { server, marked, ...who, cut, left, notes, activity }),
    data: {
      person: username,
      server,
      dryRun,
      change: marked.change,
      done: cut.done,
      failed: cut.failed,
      left,
      notes,
      activity,
    },
  };
}

/** Whatever fails here, the account is not touched: that must be said, since it still works. */
async function markOnly(context: Context, wanted: string, roster: Roster): Promise<Result> {
  const untouched = (why: string) =>
    new Refusal(`${why}\nThe account was not touched, and still works. To cut it off all the same: --now`);
  const { file, people, failed = "" } = roster;
  if (!file) throw untouched(failed);
  const person = findNamed(wanted, people);
  if (!person) throw unknownPerson(wanted, people, `in ${file.path}`);
  const marked = await markLeaving(context, person).catch((error: unknown) => {
    throw untouched(saidOf(error));
  });
  return {
    code: 0,
    text: `${marked.text}\n\nThe account still works: commit it for review; the next \`up\` disables it. To act at once: --now`,
    data: { person: person.username, dryRun: context.dryRun, change: marked.change },
  };
}

/**
 * Whoever is cut off must not be the last who could undo it, nor the one who does it.
 *
 * @returns what could not be looked at.
 */
async function protect(
  { workspace }: Context,
  api: AuthentikApi,
  self: Pick<Account, "pk">,
  { account, accounts }: Who,
  force: boolean,
): Promise<string[]> {
  if (!account) return [];
  if (isService(account))
    throw new Refusal(`${account.username} is an account of a machine, not of a person; nothing was done`);
  if (self.pk === account.pk) {
    throw new Refusal(
      `${account.username} owns the token that this command uses: disabled, it could not finish\n` +
        "  mend: export AUTHENTIK_TOKEN=<token of another administrator>, which goes before the stack's own, then run this again",
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
  if (force) return [];
  const { key } = TOKENS.automation;
  const another = mend.secret(key, workspace.stack);
  let stored: Secret | undefined;
  try {
    stored = await configured(workspace, key);
  } catch {
    // Whoever is to be cut off in a hurry is, also where the configuration cannot be read here.
    return [
      `Whose token the program has (${key}) could not be read: if it is ${account.username}'s, it is gone. Then make one of another administrator, and: ${another}`,
    ];
  }
  const owner = stored && (await ownerOf(api, stored));
  if (owner?.pk === account.pk) {
    throw new Refusal(
      `${account.username} owns the token with which the program talks to Authentik (${key}): it would go, too\n` +
        `  mend: make one of another administrator, then: ${another}   or add --force`,
    );
  }
  return [];
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

/** Somebody who has left may still come in by another account: Authentik demands of no address that it is one person's. */
function othersText({ sameAddress, sameName }: Others, stack: string): string[] {
  const text = ({ username, name }: Account, what: string) =>
    `${visible(`${username} (${name})`)} is active and has the same ${what}; if it is the same person's:\n` +
    `      mend: ${mend.ops(stack, `person offboard ${visible(username)} --now`)}`;
  return [
    ...sameAddress.map((account) => `${text(account, "address")}   (else give it another address)`),
    ...sameName.map((account) => text(account, "name")),
  ];
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
    // The account is cut off by now: that must be told, whatever came in the way here.
    if (error instanceof ServerError || error instanceof Refusal) return { query, failed: error.message };
    return { query, failed: `asking ended unexpectedly (${saidOf(error)})` };
  }
}

interface Told {
  readonly server: string;
  readonly marked: Marked;
  readonly roster?: OnRoster;
  readonly account?: Account;
  readonly cut: CutOff;
  readonly left: readonly Left[];
  readonly notes: readonly string[];
  readonly activity: Asked;
}

function report(
  { dryRun, workspace }: Context,
  username: string,
  { server, marked, roster, account, cut, left, notes, activity }: Told,
): string {
  const lines: string[] = [];
  const { done, failed } = cut;
  const leftLine = `Left: ${left.length === 0 ? "none" : left.map(leftText).join(", ")}`;
  if (!account || dryRun) {
    if (!account) lines.push(`${username} has no account on ${server}.`);
    else lines.push(`On ${server} would be done:`, ...(done.length > 0 ? done : ["nothing"]).map(item));
    if (left.length > 0) lines.push(leftLine);
    lines.push(...failed.map((why) => `Refused: ${why}`));
  } else {
    const complete = cut.left.length === 0;
    lines.push(
      complete
        ? `${username} is cut off; read back from ${server}: disabled, in no group, nothing held.`
        : `${username} is NOT cut off completely on ${server}.`,
      ...done.map(item),
      leftLine,
      ...failed.map((why) => `${complete ? "Not answered, but done" : "Refused"}: ${why}`),
    );
    if (!complete) lines.push("  mend: run this again; it does what is left");
  }
  if (notes.length > 0) lines.push("Notes:", ...notes.map(item));
  lines.push("", marked.text, "", `Activity in Loki: ${activity.query}`);
  if (activity.found) {
    const { lines: count, first, last } = activity.found;
    lines.push(count === 0 ? "  no line: look at Loki's retention" : `  ${count} lines, ${first} to ${last}`);
  }
  if (activity.failed !== undefined) lines.push(`  could not be asked: ${activity.failed}`);
  // Without an account, too: a person who was not deployed yet would be.
  if (!dryRun && roster && !marked.failed)
    lines.push("", mergeFirst("the roster's change", workspace.stack, "says that the person is active"));
  return lines.join("\n");
}

function item(text: string): string {
  return `  - ${text}`;
}

function leftText({ what, count }: Left): string {
  return count === undefined ? `${what} (not told by the server)` : `${count} ${what}`;
}
