import { policyArguments } from "./policy";
import type { Finished } from "./process";
import { unreachable } from "./reach";
import { checkRoom } from "./room";
import type { Workspace } from "./workspace";

/**
 * `pulumi up` as every command runs it: once there is room for its state and Authentik answers, refreshed, checked by the policy pack, and after what
 * an interrupted run left behind has been mended.
 *
 * @param args what the operator gives.
 */
export async function converge(workspace: Workspace, args: readonly string[] = []): Promise<Finished> {
  const { isUnsettled, mend } = await import("../repair");
  const { lockOwners } = await import("../repair/lock");
  const options = { gone: [], say: (text: string) => console.error(text) };
  const update = ["up", "--yes", "--refresh", ...policyArguments(workspace, args), ...args];
  checkRoom(workspace);
  const stopped = await unreachable(workspace);
  if (stopped) return stopped;
  // Without it the objects that a run made and did not write down are made again: refused for ever, or doubled.
  if ((await isUnsettled(workspace)) && !(await mend(workspace, options))) {
    return { code: 1, stdout: "", stderr: "" };
  }
  const ran = await workspace.pulumi(update, { show: true });
  const locked = ran.code !== 0 && lockOwners(ran.stdout + ran.stderr).length > 0;
  return locked && (await mend(workspace, options)) ? workspace.pulumi(update, { show: true }) : ran;
}
