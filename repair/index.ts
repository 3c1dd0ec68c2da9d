import { Command, CommanderError } from "commander";

import { importAll } from "../adoption/plan";
import { converge } from "../commands/converge";
import type { Workspace } from "../commands/workspace";
import { connect } from "../live/connect";
import { LiveObjects } from "../identity/live-objects";
import { labelOf, Resolver } from "../identity/resolver";
import { readDeployment, type Deployment, type PendingOperation, type Resource } from "../state/resources";
import { importFileOf, type Found } from "./import-pending";
import { isGone, lockOwners, nameOf } from "./lock";

export interface RepairOptions {
  /** Owners of locks of whom the operator says that they are gone, as `user@host:pid`. */
  readonly gone: readonly string[];
  readonly say: (text: string) => void;
}

/**
 * `npm run repair`: mends what an interrupted `up` left behind, and converges.
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
    .option("--no-up", "mend the state only")
    .exitOverride();
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const { ownerIsGone, up } = command.opts<{ ownerIsGone: string[]; up: boolean }>();
  const say = (text: string) => console.error(text);
  if (!(await mend(workspace, { gone: ownerIsGone, say }))) return 1;
  if (!up) return 0;
  return (await converge(workspace)).code;
}

/**
 * Clears the lock of an owner that is gone, imports the objects that an interrupted update made and did not write
 * down, and forgets its unfinished operations. Can be run again after an interruption at any point.
 *
 * @returns whether the stack is sound; otherwise it has been said why not.
 */
export async function mend(workspace: Workspace, options: RepairOptions): Promise<boolean> {
  const { say } = options;
  const state = readDeployment(await exportState(workspace));
  let found: readonly Found[] | undefined = [];
  if (state.pending.length > 0) {
    say(`${state.pending.length} operations were interrupted.`);
    // Reads only: nothing is forgotten while something is not certain.
    found = await resolvePending(workspace, state, say);
    if (!found) return false;
  }
  const made = found;
  if (made.length > 0) {
    const inState = new Set(state.resources.map(({ urn }) => urn));
    const file = importFileOf(made, inState, pluginVersions(state.resources));
    if (!(await unlocked(workspace, options, () => importAll(workspace, file)))) return false;
  }
  // Only now, since it forgets what was interrupted: an object that is not imported yet would be left for ever. Where
  // nothing was, the state is written back as it is, which tells whether somebody holds the lock.
  const settle = async () => importState(workspace, await exportState(workspace));
  if (!(await unlocked(workspace, options, settle))) return false;
  if (state.pending.length > 0) say("The state is sound again.");
  return true;
}

/** Whether an update of the stack was interrupted. */
export async function isInterrupted(workspace: Workspace): Promise<boolean> {
  return readDeployment(await exportState(workspace)).pending.length > 0;
}

/**
 * Does something that needs the lock; clears the lock of owners that are gone, and does it again.
 *
 * @returns false where the lock is held by somebody who may still be at work.
 */
async function unlocked(
  workspace: Workspace,
  { gone, say }: RepairOptions,
  act: () => Promise<void>,
): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    const owners = lockOwners(error instanceof Error ? error.message : "");
    if (owners.length === 0) throw error;
    for (const owner of owners) {
      const name = nameOf(owner);
      if (isGone(owner)) say(`The lock of ${name}, taken at ${owner.since}: its owner is gone.`);
      else if (gone.includes(name)) say(`The lock of ${name}, taken at ${owner.since}: told to be gone.`);
      else {
        say(
          `Stack ${workspace.stack} is locked by ${name} since ${owner.since}, who may still be at work.\n` +
            `  mend: wait for it; if it has ended for certain: npm run repair -- --stack ${workspace.stack} --owner-is-gone ${name}`,
        );
        return false;
      }
    }
  }
  const cleared = await workspace.pulumi(["cancel", "--yes"]);
  if (cleared.code !== 0) throw new Error(`the lock could not be cleared:\n${cleared.stderr.trim()}`);
  say("Cleared.");
  await act();
  return true;
}

/** The objects of unfinished creations that are there. Undefined where one cannot be told. */
async function resolvePending(
  workspace: Workspace,
  { resources, pending }: Deployment,
  say: (text: string) => void,
): Promise<Found[] | undefined> {
  const { authentik, cluster } = await connect(workspace);
  const known = new Set(resources.map(({ urn }) => urn));
  const creations = pending.filter(({ type, resource }) => type === "creating" && !known.has(resource.urn));
  const all = [...resources, ...creations.map(({ resource }) => resource)];
  const resolver = new Resolver({ resources: all, live: new LiveObjects(authentik), cluster });
  const found: Found[] = [];
  let certain = true;
  for (const { resource } of creations) {
    const answer = await resolver.resolve(resource);
    const name = `${resource.type.slice(resource.type.lastIndexOf(":") + 1)} ${resource.name}`;
    if (answer.found === "one") {
      say(`  ${name}: was made (${answer.candidate.id}); imported`);
      found.push({ resource, id: answer.candidate.id });
    } else if (answer.found === "several") {
      certain = false;
      const candidates = answer.candidates.map(({ id, object }) => `${labelOf(object)} (${id})`).join(" or ");
      say(`  ${name}: may be ${candidates}; remove the one that is not meant, and run this again`);
    } else {
      say(`  ${name}: was not made; forgotten`);
    }
  }
  tellOthers(pending, known, say);
  return certain ? found : undefined;
}

function tellOthers(
  pending: readonly PendingOperation[],
  known: ReadonlySet<string>,
  say: (text: string) => void,
) {
  for (const { type, resource } of pending) {
    if (type === "creating" && !known.has(resource.urn)) continue;
    say(`  ${resource.name}: ${type} was interrupted; a refresh reads what came of it`);
  }
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

async function exportState(workspace: Workspace): Promise<string> {
  const { code, stdout, stderr } = await workspace.pulumi(["stack", "export"]);
  if (code !== 0)
    throw new Error(`the state of stack ${workspace.stack} cannot be read:\n${(stderr || stdout).trim()}`);
  return stdout;
}

/** Writes the state; the engine leaves out unfinished operations. */
async function importState(workspace: Workspace, text: string): Promise<void> {
  const { code, stderr } = await workspace.pulumi(["stack", "import"], { stdin: text });
  if (code !== 0)
    throw new Error(`the state of stack ${workspace.stack} cannot be written:\n${stderr.trim()}`);
}
