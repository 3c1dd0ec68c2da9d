import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Command, CommanderError } from "commander";

import { converge } from "../commands/converge";
import type { Workspace } from "../commands/workspace";
import { connect, type Live } from "../live/connect";
import { Secret } from "../live/secret";
import { LiveObjects } from "../identity/live-objects";
import type { Organisation } from "../stacks/organisation";
import { deployment } from "../state/resources";
import { bootstrapTokenFrom } from "./bootstrap-token";
import { configuration, inOneValue, needed, OUTPOST_KEY, type Needed } from "./configuration";
import type { TakenOver } from "./takeover";
import type { Difference } from "./differences";
import { hintsOf } from "./hints";
import { compare, picture, type Picture, type Subject } from "./picture";
import {
  adoptRelease,
  differences,
  importAll,
  plan,
  preview,
  rehearse,
  takesRelease,
  type Plan,
} from "./plan";
import { configure, exists, forget, rehearsal } from "./rehearsal";
import { changedReport, place, planReport } from "./report";
import { snake } from "../identity/kinds";

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
  const command = new Command("npm run adopt --")
    .description(
      "adopts what runs already: plans it; with --apply imports it, runs `up` and proves the result",
    )
    .option("--apply", "import, run `up`, and prove that nothing has changed", false)
    .option("--no-up", "with --apply: stop after the import and its proof")
    .option("--accept <place...>", "what `up` may overwrite: <name>.<field>, <name>, or all", [])
    .option(
      "--bootstrap-token-stdin",
      "read the bootstrap token, or the decrypted SOPS file, from standard input",
      false,
    )
    .exitOverride();
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const options = command.opts<{
    apply: boolean;
    up: boolean;
    accept: string[];
    bootstrapTokenStdin: boolean;
  }>();
  const piped = options.bootstrapTokenStdin ? readFileSync(0, "utf8") : undefined;
  return adoptStack(workspace, { ...options, piped, organisation, say: (text) => console.log(text) });
}

/** See `adopt`. */
export async function adoptStack(workspace: Workspace, options: AdoptOptions): Promise<number> {
  const { organisation, say, apply } = options;
  const live = await connect(workspace);
  if (await isInterrupted(workspace)) {
    say(
      `Stack ${workspace.stack} holds operations that were interrupted.\n  mend: npm run repair -- --stack ${workspace.stack}`,
    );
    return 1;
  }
  const given = options.piped === undefined ? [] : [bootstrapTokenFrom(options.piped)];
  say("Reading what runs …");
  const copy = await rehearsal(workspace);
  const need = await needed(copy, live, organisation.applications, hintsOf(organisation), given);
  if (contrary(need, workspace.stack, say)) return 1;
  await configure(copy, inOneValue(need.missing, await configuration(copy)));
  // The id is a hint here: the program would refuse another one before anything could be told.
  await forget(copy, OUTPOST_KEY);
  const hints = hintsOf(organisation, need.outpost.configured);
  say("Rehearsing the import on this machine; nothing is written to a server or to the stack …");
  const found = await plan(copy, live, hints);
  const changes = [...(await rehearse(copy, found, live)), ...need.lost.map(lostSetting)];
  say(`\n${planReport(found, changes)}\n`);
  for (const { path, from } of need.missing) say(`taken over into the configuration: ${path}, from ${from}`);

  const file = join(workspace.directory, `adopt-${workspace.stack}.json`);
  writeFileSync(file, `${JSON.stringify(found.importFile, null, 2)}\n`);
  say(`\nThe file for \`pulumi import --file\`: ${file}`);
  if (found.ambiguous.length + found.refused.length > 0) {
    say(
      "\nNothing is adopted while something is ambiguous or refused: settle it in Authentik or in the data, and run this again.",
    );
    return 1;
  }
  const unexpected = changes.filter(
    (each) => each.harmless === undefined && !isAccepted(each, options.accept),
  );
  if (unexpected.length > 0) {
    say(
      "\nPut what is to stay into the program, or accept that it is overwritten:\n" +
        `  npm run adopt -- --stack ${workspace.stack} --accept ${unexpected.map((each) => `'${place(each)}'`).join(" ")}`,
    );
    return 1;
  }
  if (!apply) {
    say(
      `\nNothing stands in the way. Next: npm run adopt -- --stack ${workspace.stack} --apply${acceptArguments(options.accept)}`,
    );
    return 0;
  }
  return carryOut(workspace, live, found, need, options);
}

async function carryOut(
  workspace: Workspace,
  live: Live,
  found: Plan,
  need: Needed,
  { accept, up, say }: AdoptOptions,
): Promise<number> {
  await workspace.select();
  await configure(workspace, [...need.missing, ...movedOutpost(need)]);
  const before = await firstPicture(workspace, live, found);
  if (takesRelease(found.adopt)) await adoptRelease(workspace);
  say("\nImporting …");
  await importAll(workspace, found.importFile);
  const proof = await differences(await preview(workspace), new LiveObjects(live.authentik));
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
  const ran = await converge(workspace);
  if (ran.code !== 0) {
    say(`\`up\` failed; run this again when it is mended.`);
    return 1;
  }
  return prove(workspace, live, before, [...proof, ...need.lost.map(lostSetting)], accept, say);
}

/** A refreshed preview without a change, and every adopted object as it was. */
async function prove(
  workspace: Workspace,
  live: Live,
  before: Picture,
  proof: readonly Difference[],
  accept: readonly string[],
  say: (text: string) => void,
): Promise<number> {
  const still = await workspace.pulumi(["preview", "--refresh", "--expect-no-changes"]);
  if (still.code !== 0) {
    say(`After \`up\` a refreshed preview still shows changes:\n${still.stdout}${still.stderr}`);
    return 1;
  }
  const after = await picture(
    live,
    before.objects.map(({ subject }) => subject),
    await digestKey(workspace),
  );
  const agreed = new Set(
    proof
      .filter((each) => each.harmless === undefined && isAccepted(each, accept))
      .map((each) => `${each.name} ${snake(each.field)}`),
  );
  const changed = compare(before, after).filter(
    ({ subject, field }) =>
      !agreed.has(`${subject.name} ${field}`) && !isAccepted({ name: subject.name, field }, accept),
  );
  if (changed.length > 0) {
    say(`Adopted, but not everything is as it was before:\n${changedReport(changed)}`);
    return 1;
  }
  rmSync(pictureFile(workspace));
  say(
    `Adopted: a refreshed preview shows no change, and ${before.objects.length} objects are field for field as they were.`,
  );
  return 0;
}

/** The picture from before the first import: an interrupted adoption keeps it. */
async function firstPicture(workspace: Workspace, live: Live, { adopt: adopted }: Plan): Promise<Picture> {
  const file = pictureFile(workspace);
  const earlier = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Picture) : { objects: [] };
  const known = new Set(earlier.objects.map(({ subject }) => `${subject.type} ${subject.id}`));
  const subjects: Subject[] = adopted
    .filter(({ resource }) => resource.type !== "kubernetes:helm.sh/v3:Release")
    .map(({ resource: { type, name }, id }) => ({ type, id, name }))
    .filter(({ type, id }) => !known.has(`${type} ${id}`));
  const taken = await picture(live, subjects, await digestKey(workspace));
  const whole: Picture = { objects: [...earlier.objects, ...taken.objects] };
  mkdirSync(workspace.directory, { recursive: true });
  writeFileSync(file, JSON.stringify(whole, null, 1), { mode: 0o600 });
  return whole;
}

function pictureFile(workspace: Workspace): string {
  return join(workspace.directory, `before-adoption-${workspace.stack}.json`);
}

/** The digests of a picture are keyed with the server's secret key: known here, and nowhere in the picture. */
async function digestKey(workspace: Workspace): Promise<Secret> {
  return (await configuration(workspace)).get("plana-sso:secretKey") ?? new Secret(workspace.stack);
}

async function isInterrupted(workspace: Workspace): Promise<boolean> {
  return (await exists(workspace)) && (await deployment(workspace)).pending.length > 0;
}

function contrary({ contrary: found }: Needed, stack: string, say: (text: string) => void): boolean {
  for (const { path, from } of found) {
    say(
      `${path}: the configuration has another value than ${from}; with it \`up\` would change what runs.\n` +
        `  mend: pulumi config rm --path '${path}' --stack ${stack}   (it is then taken over)`,
    );
  }
  return found.length > 0;
}

/** The id that is written down, where it is another one there. */
function movedOutpost({ outpost: { live, configured: known } }: Needed): TakenOver[] {
  if (live === undefined || known === undefined || live === known) return [];
  return [{ path: OUTPOST_KEY, value: new Secret(live), secret: false, from: "the embedded outpost" }];
}

function lostSetting(name: string): Difference {
  return {
    urn: "",
    type: "server setting",
    name: "server-settings",
    field: name,
    live: "(set)",
    program: undefined,
  };
}

function isAccepted(each: Pick<Difference, "name" | "field">, accept: readonly string[]): boolean {
  return accept.some((given) => given === "all" || given === each.name || given === place(each));
}

function acceptArguments(accept: readonly string[]): string {
  return accept.length === 0 ? "" : ` --accept ${accept.map((each) => `'${each}'`).join(" ")}`;
}
