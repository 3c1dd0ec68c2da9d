import { importAll } from "../adoption/plan";
import { sealed } from "../adoption/sealed-import";
import { whileWaiting } from "../shell/patience";
import type { Workspace } from "../state/workspace";
import { connect, type Live } from "../live/connect";
import { count } from "../shell/words";
import { exportState, importState } from "../state/engine";
import { readDeployment, type PendingOperation, type Resource } from "../state/resources";
import { dropCutNotes, filesIn, foldersOf, isUnreadable } from "../state/folder-backend";
import { importFileOf, type Found } from "./import-pending";
import { conflictOf, isConflict, isGone, lockOwners, nameOf, ownerIn, type LockOwner } from "./lock";
import { resolvePending } from "./pending";
import { isOwnCluster } from "./other-cluster";
import { dropCopiesInClear, lastSoundCopy } from "./sound-copy";
import { freeReleases, type Freeing } from "./stuck-release";
import { findUnrecorded } from "./unrecorded";

export interface RepairOptions {
  /** Owners of locks of whom the operator says that they are gone, as `user@host:pid`. */
  readonly gone: readonly string[];
  /** Owners of locks of whom the engine has complained. */
  readonly locked?: readonly LockOwner[];
  readonly say: (text: string) => void;
  /** Whether what is on the servers and not in the state is left to the caller: an adoption takes it over itself. */
  readonly adopting?: true;
}

/**
 * Brings a state that cannot be read back from the engine's last sound copy, clears the lock of an owner that is gone,
 * imports the objects that an interrupted or failed update made and did not write down, forgets its unfinished operations,
 * and frees its Helm release. Can be run again after an interruption at any point.
 *
 * @returns whether the stack is sound; otherwise it has been said why not.
 */
export async function mend(workspace: Workspace, options: RepairOptions): Promise<boolean> {
  const { say } = options;
  const lost = await readable(workspace, options);
  if (!lost) return false;
  const read = readDeployment(await exportState(workspace));
  const state = { ...read, pending: [...read.pending, ...lost] };
  const live = await connect(workspace);
  const cluster = () => Promise.resolve(live.cluster);
  if (!(await isOwnCluster(workspace.stack, state.resources, cluster, say))) return false;
  let found: readonly Found[] | undefined = [];
  if (state.pending.length > 0) {
    say(`${count(state.pending.length, "operation was", "operations were")} interrupted.`);
    // Reads only: nothing is forgotten while something is not certain.
    found = await resolvePending(live, state, say);
    if (!found) return false;
  }
  const made = found;
  if (made.length > 0) {
    const inState = new Set(state.resources.map(({ urn }) => urn));
    const file = importFileOf(made, inState, pluginVersions(state.resources));
    if (!(await unlocked(workspace, options, () => importAll(workspace, file)))) return false;
  }
  // What somebody at work wrote between the export and the import below would be written over.
  const met = state.pending.length > 0 ? [] : (options.locked ?? []);
  if (!(await isFree(workspace, options, met))) return false;
  const settle = () =>
    unlocked(workspace, options, async () => importState(workspace, await exportState(workspace)));
  // Only now, since it forgets what was interrupted: an object that is not imported yet would be left for ever.
  if (state.pending.length > 0 && !(await settle())) return false;
  if (!(await unlocked(workspace, options, () => sealImported(workspace, say)))) return false;
  const releases = [...state.resources, ...state.pending.map(({ resource }) => resource)];
  const free: Freeing = { say, mayFree: () => (state.pending.length > 0 ? Promise.resolve(true) : settle()) };
  if (!(await freeReleases(live.cluster, releases, free))) return false;
  if (!options.adopting && !(await recordUnrecorded(workspace, live, options, free))) return false;
  if (state.pending.length > 0) say("The state is sound again.");
  return true;
}

/** Longest chain of objects of which each names the one before by an id. */
const MOST_ROUNDS = 8;

/** Imports what an update made and did not write down: first what depends on nothing, then what depends on that. */
async function recordUnrecorded(
  workspace: Workspace,
  live: Live,
  options: RepairOptions,
  free: Freeing,
): Promise<boolean> {
  const told = new Set<string>();
  const once = (text: string) => {
    if (!told.has(text)) options.say(text);
    told.add(text);
  };
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const { desired, importFile, stop, waiting } = await whileWaiting(
      "what is there and not in the state: a preview",
      () => findUnrecorded(workspace, live, once),
      options.say,
    );
    // A mending that was itself cut off has forgotten the operation, and the state never had the release.
    if (round === 1 && !(await freeReleases(live.cluster, desired, free))) return false;
    if (!(await unlocked(workspace, options, () => importAll(workspace, importFile)))) return false;
    if (stop) return false;
    if (!waiting) break;
  }
  return true;
}

/**
 * What the stack holds, and whether its last update did not come to a good end: its state cannot be read, it left unfinished
 * operations, or it failed.
 */
export async function standing(
  workspace: Workspace,
): Promise<{ readonly isUnsettled: boolean; readonly resources: readonly Resource[] }> {
  const exported = await workspace.pulumi(["stack", "export"]);
  if (exported.code !== 0) return { isUnsettled: isUnreadable(exported.stderr), resources: [] };
  const { pending, resources } = readDeployment(exported.stdout);
  return { isUnsettled: pending.length > 0 || (await hasFailed(workspace)), resources };
}

async function hasFailed(workspace: Workspace): Promise<boolean> {
  const { code, stdout } = await workspace.pulumi(["stack", "history", "--json", "--page-size", "1"]);
  const [last] = code === 0 ? (JSON.parse(stdout) as readonly { result?: string }[]) : [];
  return last?.result === "failed";
}

/** Whether the state of the stack is there and cannot be read. */
export async function isDamaged(workspace: Workspace): Promise<boolean> {
  return (await damageOf(workspace)) !== undefined;
}

/** What the CLI says of a state that is there and cannot be read. */
async function damageOf(workspace: Workspace): Promise<string | undefined> {
  const { code, stderr } = await workspace.pulumi(["stack", "export"]);
  return code !== 0 && isUnreadable(stderr) ? stderr.trim() : undefined;
}

/** The same, where it was not only its note that was cut off. */
async function lastingDamage(workspace: Workspace, say: RepairOptions["say"]): Promise<string | undefined> {
  const damage = await damageOf(workspace);
  return damage !== undefined && (await dropCutNotes(workspace, say)) ? damageOf(workspace) : damage;
}

/** Replaces a state that cannot be read by an empty one. @returns whether it was done. */
export async function beginAnew(workspace: Workspace, options: RepairOptions): Promise<boolean> {
  const { stack } = workspace;
  const { say } = options;
  const kept = await whatIsKept(workspace, say);
  if (kept !== undefined) {
    say(
      `The state of stack ${stack} ${kept}; nothing was changed.\n` +
        `  mend: leave out --start-over: npm run repair -- --stack ${stack}`,
    );
    return false;
  }
  const empty = async () => importState(workspace, JSON.stringify({ version: 3, deployment: {} }));
  if (!(await unlocked(workspace, options, empty))) return false;
  say(
    `The state of stack ${stack} is empty now. Take over what runs:\n  npm run adopt -- --stack ${stack} --apply`,
  );
  return true;
}

/** Why the state need not be begun anew; undefined where nothing can bring it back. */
async function whatIsKept(workspace: Workspace, say: RepairOptions["say"]): Promise<string | undefined> {
  if ((await lastingDamage(workspace, say)) === undefined) return "can be read";
  let named = 0;
  const copy = await lastSoundCopy(workspace, (text) => {
    named += 1;
    say(text);
  });
  if (copy) return `can be brought back from ${copy.path}`;
  return named > 0 ? "may be brought back from what is named above" : undefined;
}

/**
 * Brings the state back where it cannot be read.
 *
 * @returns the unfinished operations that the copy knew, which the engine leaves out when it is written; undefined where the
 *   state still cannot be read.
 */
async function readable(
  workspace: Workspace,
  options: RepairOptions,
): Promise<readonly PendingOperation[] | undefined> {
  const { stack } = workspace;
  const damage = await lastingDamage(workspace, options.say);
  if (damage === undefined) return [];
  const copy = await lastSoundCopy(workspace, options.say);
  if (!copy) {
    options.say(
      `The state of stack ${stack} is damaged, and no sound copy of it was found: ${damage}\n` +
        `  mend: where the backend did not answer, run this again; else bring back an older version of it from the backend, and run npm run repair -- --stack ${stack}; without one:\n` +
        `    npm run repair -- --stack ${stack} --start-over\n` +
        `    npm run adopt -- --stack ${stack} --apply`,
    );
    return undefined;
  }
  options.say(
    `The state of stack ${stack} is damaged (${damage}).\n` +
      `Brought back: ${copy.path}, as the engine wrote it at ${copy.written}. What was made since then is looked for.`,
  );
  const written = await unlocked(workspace, options, () => importState(workspace, copy.text));
  return written ? readDeployment(copy.text).pending : undefined;
}

/**
 * Whether nobody who may still be at work holds the lock; clears that of an owner that is gone. A backend that is a folder
 * keeps it as a file. Of any other only that is known which the engine has complained of: what takes the lock meets it.
 *
 * @param met owners of locks that the engine has complained of.
 */
async function isFree(
  workspace: Workspace,
  options: RepairOptions,
  met: readonly LockOwner[],
): Promise<boolean> {
  const folders = await foldersOf(workspace);
  const owners = folders ? filesIn(folders.locks).flatMap((file) => ownerIn(file) ?? []) : met;
  if (!areGone(workspace, owners, options)) return false;
  if (folders) await dropCutNotes(workspace, options.say);
  if (owners.length > 0) await clear(workspace, options.say);
  return true;
}

/** Whether all owners of locks are gone; says of each why it is taken to be, or that it is not. */
function areGone(workspace: Workspace, owners: readonly LockOwner[], { gone, say }: RepairOptions): boolean {
  const held = owners.find((owner) => !isGone(owner) && !gone.includes(nameOf(owner)));
  if (held) {
    say(lockedBy(workspace, held));
    return false;
  }
  for (const owner of owners) {
    const why = isGone(owner) ? "its owner is gone" : "told to be gone";
    say(`The lock of ${nameOf(owner)}, taken at ${owner.since}: ${why}.`);
  }
  return true;
}

async function clear(workspace: Workspace, say: (text: string) => void): Promise<void> {
  const cleared = await workspace.pulumi(["cancel", "--yes"]);
  if (cleared.code !== 0) throw new Error(`the lock could not be cleared:\n${cleared.stderr.trim()}`);
  say("Cleared.");
}

function lockedBy({ stack }: Workspace, owner: LockOwner): string {
  const name = nameOf(owner);
  return (
    `Stack ${stack} is locked by ${name} since ${owner.since}, who may still be at work.\n` +
    `  mend: wait for it; if it has ended for certain: npm run repair -- --stack ${stack} --owner-is-gone ${name}`
  );
}

/**
 * Does something that needs the lock; clears the lock of owners that are gone, and does it again.
 *
 * @returns false where the lock is held by somebody who may still be at work.
 */
export async function unlocked(
  workspace: Workspace,
  options: RepairOptions,
  act: () => Promise<void>,
): Promise<boolean> {
  const { say } = options;
  try {
    await act();
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    if (isConflict(message)) {
      say(conflictOf(workspace.stack));
      return false;
    }
    const owners = lockOwners(message);
    if (owners.length === 0) {
      if (!isUnreadable(message) || !(await dropCutNotes(workspace, say))) throw error;
      // With its note gone, the lock itself can be read.
      return unlocked(workspace, options, act);
    }
    if (!areGone(workspace, owners, options)) return false;
  }
  await clear(workspace, say);
  await act();
  return true;
}

/**
 * Marks what an import has left in clear of a Helm release and of Secrets, and takes away the engine's copies of such a
 * state; where they lie in no folder, it is said where. After an update that went well there is nothing of the kind.
 */
export async function sealImported(workspace: Workspace, say: (text: string) => void): Promise<void> {
  const text = sealed(await exportState(workspace));
  if (text === undefined) return;
  // Twice, since the engine keeps the state before the last write beside it.
  for (let time = 1; time <= 2; time += 1) await importState(workspace, text);
  const kept = await dropCopiesInClear(workspace, say);
  say(`What an import had written down in clear is encrypted in the state now.${kept ? `\n${kept}` : ""}`);
}

/** Versions of the plugins that the state's resources were made with. */
function pluginVersions(resources: readonly Resource[]): Map<string, string> {
  const versions = new Map<string, string>();
  for (const { type, inputs } of resources) {
    const [kind, , name = ""] = type.split(":");
    if (kind !== "pulumi" || !type.startsWith("pulumi:providers:")) continue;
    // A parameterised package is imported under the version of its base plugin.
    const base = (inputs.__internal as { version?: unknown } | undefined)?.version;
    const version = base ?? inputs.version;
    if (typeof version === "string") versions.set(name, version);
  }
  return versions;
}
