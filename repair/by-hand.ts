import { exportState, importState } from "../state/engine";
import type { Properties, Resource } from "../state/resources";
import type { Workspace } from "../state/workspace";
import { changeEdits } from "./hand-change";
import { upgradeEdits } from "./hand-upgrade";
import { unlocked } from "./mend";

/** A resource as a state holds it, its secrets encrypted. */
export interface Held {
  readonly urn: string;
  readonly inputs?: Properties;
  readonly outputs?: Properties;
}

/** What a state is to hold of a resource, so that the next update sees what it would not. */
export interface Edit {
  readonly urn: string;
  readonly outputs: (held: Held) => Properties;
}

/**
 * Sees to it that a whole update writes back what was done by hand where no refresh looks.
 *
 * @param resources what the state holds, not refreshed.
 * @returns false where somebody else is at work on the stack; it has been said.
 * @throws ServerError. @throws Error with what the CLI said.
 */
export async function seeByHand(
  workspace: Workspace,
  resources: readonly Resource[],
  say: (text: string) => void,
): Promise<boolean> {
  const edits = [
    ...(await upgradeEdits(workspace, resources, say)),
    ...(await changeEdits(workspace, resources, say)),
  ];
  if (edits.length === 0) return true;
  const write = async () => importState(workspace, edited(await exportState(workspace), edits));
  return unlocked(workspace, { gone: [], say }, write);
}

/** An exported state with what is to be held. */
function edited(exported: string, edits: readonly Edit[]): string {
  const state = JSON.parse(exported) as {
    readonly deployment?: { readonly resources?: (Held & { outputs?: Properties })[] } | null;
  };
  for (const held of state.deployment?.resources ?? [])
    for (const { urn, outputs } of edits) if (urn === held.urn) held.outputs = outputs(held);
  return JSON.stringify(state);
}
