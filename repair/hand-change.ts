import type { Difference } from "../adoption/differences";
import type { Workspace } from "../state/workspace";
import { connect } from "../live/connect";
import { deployment, exportState, importState } from "../state/engine";
import type { Resource } from "../state/resources";
import { unlocked } from "./mend";
import { hasUnread, isLeftFull, unreadChanges } from "./provider-gaps";

/** See `unreadChanges`, of a stack. @throws ServerError. @throws Error with what the CLI said. */
export async function handChangesOf(
  workspace: Workspace,
  resources?: readonly Resource[],
): Promise<Difference[]> {
  const held = resources ?? (await deployment(workspace)).resources;
  return held.some(hasUnread) ? unreadChanges(held, await connect(workspace)) : [];
}

/**
 * Sees to it that the update that follows writes back what was changed by hand where no refresh looks.
 *
 * @param resources what the state holds.
 * @returns false where somebody else is at work on the stack; it has been said.
 */
export async function seeHandChanges(
  workspace: Workspace,
  resources: readonly Resource[],
  say: (text: string) => void,
): Promise<boolean> {
  const found = await handChangesOf(workspace, resources);
  const brand = found.some(isDefault) ? await defaultBrand(workspace) : undefined;
  const edits: Edit[] = [];
  for (const each of found) {
    const { urn, name, field, live, program } = each;
    const is = `${name}.${field} is ${String(live)} on the server, which no refresh reads; the last update wrote ${String(program)}`;
    if (isDefault(each) && brand !== undefined) {
      say(
        `${is}. Brand ${brand} is the default instead: its flows let people in, not the program's, and a change of ${name} is refused.\n` +
          `  mend: take the default from brand ${brand} in Authentik, then: npm run up -- --stack ${workspace.stack}`,
      );
      edits.push({ urn, field, value: program });
    } else if (isLeftFull(each)) {
      say(`${is}, which no \`up\` writes back.\n  mend: npm run repair -- --stack ${workspace.stack}`);
    } else {
      say(`${is}. \`up\` writes what the program says.`);
      edits.push({ urn, field, value: live });
    }
  }
  const held = new Map(resources.map(({ urn, outputs }) => [urn, outputs]));
  const needed = edits.filter(({ urn, field, value }) => held.get(urn)?.[field] !== value);
  if (needed.length === 0) return true;
  const write = async () => importState(workspace, edited(await exportState(workspace), needed));
  return unlocked(workspace, { gone: [], say }, write);
}

/** What a state is to hold of a field, for the update to see a difference in it, or none. */
interface Edit {
  readonly urn: string;
  readonly field: string;
  readonly value: unknown;
}

/** Whether it is a brand that is the default no more. */
function isDefault({ field, live }: Difference): boolean {
  return field === "default" && live === false;
}

/** The brand that is the default: there is one at most, and an update that makes another one so is refused. */
async function defaultBrand(workspace: Workspace): Promise<string | undefined> {
  const { authentik } = await connect(workspace);
  const brands = await authentik.list("/core/brands/");
  const found = brands.find((brand) => brand.default === true);
  return found && String(found.domain);
}

function edited(exported: string, edits: readonly Edit[]): string {
  const state = JSON.parse(exported) as {
    readonly deployment?: {
      readonly resources?: readonly { readonly urn: string; outputs?: Record<string, unknown> }[];
    };
  };
  for (const resource of state.deployment?.resources ?? [])
    for (const { urn, field, value } of edits)
      if (urn === resource.urn) resource.outputs = { ...resource.outputs, [field]: value };
  return JSON.stringify(state);
}
