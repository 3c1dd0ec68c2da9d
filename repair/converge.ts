import { connect } from "../live/connect";
import { whileWaiting } from "../shell/patience";
import { policyArguments } from "../state/policy";
import type { Finished } from "../shell/process";
import { unreachable } from "../live/reach";
import type { Resource } from "../state/resources";
import { checkRoom } from "../state/room";
import type { Workspace } from "../state/workspace";

/**
 * `pulumi up` as every command runs it: once there is room for its state and Authentik answers, refreshed, checked by the
 * policy pack, and after what an interrupted run left behind has been mended.
 *
 * @param args what the operator gives.
 * @param gone owners of locks of whom the operator says that they are gone, as `user@host:pid`.
 */
export async function converge(
  workspace: Workspace,
  args: readonly string[] = [],
  gone: readonly string[] = [],
): Promise<Finished> {
  const update = ["up", "--yes", "--refresh", ...policyArguments(workspace, args), ...args];
  const say = (text: string) => console.error(text);
  await checkRoom(workspace);
  const stopped = await unreachable(workspace);
  if (stopped) return stopped;
  const held = await settled(workspace, say);
  const { seeByHand } = await import("./by-hand");
  const sound = held && (args.some(isPartial) || (await seeByHand(workspace, held, say)));
  if (!sound) return { code: 1, stdout: "", stderr: "" };
  // The engine tells each step, but nothing while a server, or a full disk, keeps it waiting.
  const run = () => whileWaiting("up", () => workspace.pulumi(update, { show: true }), say, 60_000);
  return unlocking(workspace, say, run, gone);
}

/**
 * Mends what an interrupted or failed run left behind. Without it the objects that the run made and did not write down
 * are made again: refused for ever, or doubled.
 *
 * @returns what the stack holds, where it is sound, and the cluster its own; otherwise it has been said why not.
 */
export async function settled(
  workspace: Workspace,
  say: (text: string) => void,
): Promise<readonly Resource[] | undefined> {
  const { mend, standing } = await import("./mend");
  const { isUnsettled, resources } = await standing(workspace);
  if (isUnsettled) {
    const { deployment } = await import("../state/engine");
    return (await mend(workspace, { gone: [], say })) ? (await deployment(workspace)).resources : undefined;
  }
  const { isOwnCluster } = await import("./other-cluster");
  const cluster = async () => (await connect(workspace)).cluster;
  return (await isOwnCluster(workspace.stack, resources, cluster, say)) ? resources : undefined;
}

/** Whether an argument leaves a part of the stack alone, and with it what was done by hand. */
function isPartial(arg: string): boolean {
  return /^(?:-t|--target|--exclude)/.test(arg);
}

/** Runs something that needs the lock; clears the lock of an owner that is gone for certain, and runs it again. */
export async function unlocking(
  workspace: Workspace,
  say: (text: string) => void,
  act: () => Promise<Finished>,
  gone: readonly string[] = [],
): Promise<Finished> {
  const { mend } = await import("./mend");
  const { conflictOf, isConflict, lockOwners } = await import("./lock");
  const { isUnreadable } = await import("../state/folder-backend");
  const ran = await act();
  const said = ran.stdout + ran.stderr;
  if (ran.code === 0) return ran;
  if (isConflict(said)) {
    say(conflictOf(workspace.stack));
    return ran;
  }
  const locked = lockOwners(said);
  if (locked.length === 0 && !isUnreadable(ran.stderr)) return ran;
  return (await mend(workspace, { gone, locked, say })) ? act() : ran;
}
