import { Command, Option } from "commander";

import { converge } from "../repair/converge";
import { parse } from "../shell/parse";
import { whileWaiting } from "../shell/patience";
import type { Workspace } from "../state/workspace";
import { connect, type Live } from "../live/connect";
import { Secret } from "../live/secret";
import { emptyFields } from "../repair/emptied";
import { select } from "../state/folder-backend";
import { isDamaged, mend, sealImported, unlocked } from "../repair/mend";
import { count } from "../shell/words";
import type { Organisation } from "../stacks/organisation";
import { visibleLines } from "../stacks/visible";
import { deployment, preview } from "../state/engine";
import { acceptArguments, isAccepted, place, quoted } from "./acceptance";
import { bootstrapTokenFrom } from "./bootstrap-token";
import { configurationByPath, inOneValue, needed, OUTPOST_KEY, type Needed } from "./configuration";
import type { Difference } from "./differences";
import { digestKey, firstPicture } from "./first-picture";
import { hintsOf } from "./hints";
import { dropLastApplied } from "./last-applied";
import { writePrivately } from "./private-file";
import { adoptRelease, differences, importAll, plan, rehearse, takesRelease, type Plan } from "./plan";
import { compare, isAgreed, kept, picture, type Picture } from "./picture";
import { hasRelease } from "./release";
import { discard, forget, rehearsal, takeOver } from "./rehearsal";
import { changedReport, planReport } from "./report";
import { SERVER_SETTINGS, type TakenOver } from "./takeover";

export interface AdoptOptions {
  /** Imports, runs `up` and proves the result; otherwise nothing is written. */
  readonly apply: boolean;
  /** Runs `up` after the import. */
  readonly up: boolean;
  /** Overwrites that are meant: `<name>.<field>`, `<name>` or `all`. */
  readonly accept: readonly string[];
  /** What was piped in: the bootstrap token, or the decrypted SOPS file. */
  readonly piped?: string;
  readonly organisation: Organisation;
  readonly say: (text: string) => void;
}

/**
 * `npm run adopt`: plans the adoption of what runs already; with `--apply` imports it, runs `up` and proves that
 * nothing that was there has changed. Can be run again after an interruption at any point.
 *
 * @returns 0 done, 1 refused or failed, 2 wrong use.
 */
export async function adopt(
  workspace: Workspace,
  args: readonly string[],
  organisation: Organisation,
): Promise<number> {
  const flags = readFlags(args);
  if (typeof flags === "number") return flags;
  const piped = flags.bootstrapTokenStdin ? await standardInput() : undefined;
  return adoptStack(workspace, {
    ...flags,
    piped,
    organisation,
    say: (text) => console.log(visibleLines(text)),
  });
}

interface Flags extends Pick<AdoptOptions, "apply" | "up" | "accept"> {
  readonly bootstrapTokenStdin: boolean;
}

/** What was given on the command line; the exit code where there is nothing to run. */
export function readFlags(args: readonly string[]): Flags | 0 | 2 {
  const command = new Command("npm run adopt --")
    .description(
      "adopts what runs already: plans it; with --apply imports it, runs `up` and proves the result",
    )
    .option("--apply", "import, run `up`, and prove that nothing has changed", false)
    .option("--import-only", "with --apply: stop after the import and its proof, without `up`", false)
    // Its old name, of which npm leaves no trace where it stands before `--`.
    .addOption(new Option("--no-up").hideHelp())
    .option("--accept <place...>", "what `up` may overwrite: <name>.<field>, <name>, or all", [])
    .option(
      "--bootstrap-token-stdin",
      "read the bootstrap token, or the decrypted SOPS file, from standard input",
      false,
    )
    .exitOverride();
  const ended = parse(command, args);
  if (ended !== undefined) return ended;
  const { importOnly, ...flags } = command.opts<Flags & { readonly importOnly: boolean }>();
  return { ...flags, up: flags.up && !importOnly };
}

async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString("utf8");
}

/**
 * What an adopted object of the cluster has otherwise was set by another manager, from whom server-side apply takes it
 * only when it is told to. That it is meant has been shown, and accepted, before anything is written.
 */
const FORCE = { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" };

/** See `adopt`. */
export async function adoptStack(stackOf: Workspace, options: AdoptOptions): Promise<number> {
  const { stack } = stackOf;
  const { say, apply } = options;
  const given = options.piped === undefined ? [] : [bootstrapTokenFrom(options.piped)];
  const selected = await select(stackOf, say);
  if (selected.code !== 0) {
    say(
      `Stack ${stack} cannot be selected: ${selected.stderr.trim()}\n` +
        `  mend: where it was never made: npx pulumi stack init ${stack}   (docs/production.md)`,
    );
    return 1;
  }
  const workspace = stackOf.elsewhere(stackOf.configFile(), FORCE);
  const damaged = await isDamaged(workspace);
  const interrupted = damaged ? 0 : (await deployment(workspace)).pending.length;
  if (damaged || interrupted > 0) {
    const what = damaged
      ? "The state cannot be read"
      : `${count(interrupted, "operation was", "operations were")} interrupted`;
    if (!apply) say(`${what}; --apply mends that first, as npm run repair does.`);
    if (apply ? !(await mend(workspace, { gone: [], say, adopting: true })) : damaged) return 1;
  }
  const live = await connect(workspace);
  say("Reading what runs …");
  const copy = await rehearsal(workspace);
  try {
    return await decide(workspace, copy, live, given, options);
  } finally {
    discard(copy);
  }
}

/** Shows the plan; carries it out where it is to be, and nothing stands in the way. */
async function decide(
  workspace: Workspace,
  copy: Workspace,
  live: Live,
  given: readonly TakenOver[],
  options: AdoptOptions,
): Promise<number> {
  const { organisation, say, apply, accept } = options;
  const { stack } = workspace;
  const need = await needed(copy, live, organisation.applications, hintsOf(organisation), given);
  if (unsettled(need, stack, say)) return 1;
  await takeOver(copy, inOneValue(need.missing, await configurationByPath(copy)));
  // The id is a hint here: the program would refuse another one before anything could be told.
  await forget(copy, OUTPOST_KEY);
  const hints = hintsOf(organisation, need.outpost.configured);
  // What runs is taken as it is, its secret key too, however short.
  if (await hasRelease(live, need.namespace)) await adoptRelease(copy);
  say("Rehearsing the import on this machine; nothing is written to a server or to the stack …");
  const found = await whileWaiting("the plan: a preview", () => plan(copy, live, hints), say);
  const overwritten = await whileWaiting("the rehearsal", () => rehearse(copy, found, live), say);
  const changes = [...overwritten, ...need.lost.map(lostSetting)];
  say(`\n${planReport(found, changes)}\n`);
  for (const { path, from } of need.missing) say(`taken over into the configuration: ${path}, from ${from}`);

  const file = `adopt-${stack}.json`;
  const path = writePrivately(workspace.directory, file, `${JSON.stringify(found.importFile, null, 2)}\n`);
  say(`\nThe file for \`pulumi import --file\`: ${path}`);
  if (found.ambiguous.length + found.refused.length + found.routes.length > 0) {
    say(
      "\nNothing is adopted while something is ambiguous, refused or in the way: settle it on the servers or in the data, and run this again.",
    );
    return 1;
  }
  const unexpected = changes.filter((each) => each.harmless === undefined && !isAccepted(each, accept));
  if (unexpected.length > 0) {
    say(
      "\nPut what is to stay into the program, or accept that it is overwritten:\n" +
        `  npm run adopt -- --stack ${stack} --accept ${unexpected.map((each) => quoted(place(each))).join(" ")}`,
    );
    return 1;
  }
  if (!apply) {
    say(
      `\nNothing stands in the way. Next: npm run adopt -- --stack ${stack} --apply${acceptArguments(accept)}`,
    );
    return 0;
  }
  return carryOut(workspace, live, found, need, changes, options);
}

async function carryOut(
  workspace: Workspace,
  live: Live,
  found: Plan,
  need: Needed,
  changes: readonly Difference[],
  { accept, up, say }: AdoptOptions,
): Promise<number> {
  await takeOver(workspace, [...need.missing, ...movedOutpost(need)]);
  const before = await firstPicture(workspace, live, found, need, changes, say);
  if (takesRelease(found.adopt)) await adoptRelease(workspace);
  say("\nImporting …");
  const importing = () => importAll(workspace, found.importFile);
  if (!(await unlocked(workspace, { gone: [], say }, () => whileWaiting("the import", importing, say))))
    return 1;
  await sealImported(workspace, say);
  const steps = await whileWaiting("the proof: a preview", () => preview(workspace), say);
  const proof = await differences(steps, live);
  const unexpected = proof.filter((each) => each.harmless === undefined && !isAccepted(each, accept));
  for (const each of proof.filter(({ harmless }) => harmless !== undefined)) {
    say(`  ${place(each)}: ${each.harmless ?? ""}`);
  }
  if (unexpected.length > 0) {
    say(
      `After the import \`up\` would change what was not agreed:\n${unexpected.map((each) => `  ${place(each)}`).join("\n")}`,
    );
    return 1;
  }
  say(
    "Imported. What `up` would still change on adopted objects changes nothing on the servers, or was accepted.",
  );
  if (!up) return 0;
  const adopted = before.objects.map(({ subject }) => subject);
  await dropLastApplied(live, adopted);
  const ran = await converge(workspace);
  if (ran.code !== 0) {
    await sealImported(workspace, say);
    say(`\`up\` failed; run this again when it is mended.`);
    return 1;
  }
  return prove(workspace, live, before, accept, say);
}

/** A refreshed preview without a change, and every adopted object as it was. */
async function prove(
  workspace: Workspace,
  live: Live,
  before: Picture,
  accept: readonly string[],
  say: (text: string) => void,
): Promise<number> {
  const refreshed = "the proof: a refreshed preview";
  const meant = (each: Difference) => isAccepted(each, accept) || isAgreed(before, each);
  const emptied = await whileWaiting(refreshed, () => emptyFields(workspace, live, meant), say);
  for (const each of emptied) say(`  ${place(each)}: emptied through the API, which no \`up\` does`);
  const check = () => workspace.pulumi(["preview", "--refresh", "--expect-no-changes"]);
  const still = await whileWaiting(refreshed, check, say);
  if (still.code !== 0) {
    say(`After \`up\` a refreshed preview still shows changes:\n${still.stdout}${still.stderr}`);
    return 1;
  }
  const after = await picture(
    live,
    before.objects.map(({ subject }) => subject),
    await digestKey(workspace),
    before.namespace,
  );
  const changed = compare(before, after).filter(
    ({ subject: { name }, field }) => !isAccepted({ name, field }, accept),
  );
  if (changed.length > 0) {
    say(
      `Adopted, but not everything is as it was before:\n${changedReport(changed)}\n` +
        "  mend: change it back, or name what is meant with --accept, and run this again",
    );
    return 1;
  }
  kept(workspace).remove();
  const settings = Object.keys(before.settings).length;
  say(
    `Adopted: a refreshed preview shows no change, and ${before.objects.length} objects and ${settings} settings of the server are field for field as they were, but for what was accepted.`,
  );
  return 0;
}

/** Says where the configuration and the servers disagree; true where somebody has to settle it first. */
function unsettled(
  { contrary: found, unused, unread }: Needed,
  stack: string,
  say: (text: string) => void,
): boolean {
  for (const { path, from } of unused) {
    say(`${path}: ${from} has another value than the server reads; the server's is taken.`);
  }
  for (const { path, from } of found) {
    say(
      `${path}: the configuration has another value than ${from}; with it \`up\` would change what runs.\n` +
        `  mend: pulumi config rm --path '${path}' --stack ${stack}   (it is then taken over)`,
    );
  }
  for (const { path, secret, from } of unread) {
    say(
      `${path}: not set, and ${from} only says where its value lies, which cannot be read from here; expected the value itself.\n` +
        `  mend: npm run pulumi -- config set ${secret ? "--secret " : ""}${path} --stack ${stack}`,
    );
  }
  return found.length + unread.length > 0;
}

/** The id that is written down, where it is another one there. */
function movedOutpost({ outpost: { live, configured: known } }: Needed): TakenOver[] {
  if (live === undefined || known === undefined || live === known) return [];
  return [{ path: OUTPOST_KEY, value: new Secret(live), secret: false, from: "the embedded outpost" }];
}

function lostSetting(field: string): Difference {
  return { urn: "", ...SERVER_SETTINGS, field, live: "(set)", program: undefined };
}
