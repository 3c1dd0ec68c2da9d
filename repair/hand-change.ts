import type { Difference } from "../adoption/differences";
import type { Workspace } from "../state/workspace";
import { connect } from "../live/connect";
import { deployment } from "../state/engine";
import type { Resource } from "../state/resources";
import type { Edit } from "./by-hand";
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
 * What makes the update that follows write back what was changed by hand where no refresh looks: the state is to hold the
 * live value, or, where it cannot be written back, what the last update wrote.
 *
 * @param resources what the state holds.
 */
export async function changeEdits(
  workspace: Workspace,
  resources: readonly Resource[],
  say: (text: string) => void,
): Promise<Edit[]> {
  const found = await handChangesOf(workspace, resources);
  const brand = found.some(isDefault) ? await defaultBrand(workspace) : undefined;
  const edits: Edit[] = [];
  const hold = (urn: string, field: string, value: unknown) => {
    if (resources.find((each) => each.urn === urn)?.outputs[field] === value) return;
    edits.push({ urn, outputs: ({ outputs }) => ({ ...outputs, [field]: value }) });
  };
  for (const each of found) {
    const { urn, name, field, live, program } = each;
    const is = `${name}.${field} is ${String(live)} on the server, which no refresh reads; the last update wrote ${String(program)}`;
    if (isDefault(each) && brand !== undefined) {
      say(
        `${is}. Brand ${brand} is the default instead: its flows let people in, not the program's, and a change of ${name} is refused.\n` +
          `  mend: take the default from brand ${brand} in Authentik, then: npm run up -- --stack ${workspace.stack}`,
      );
      hold(urn, field, program);
    } else if (isLeftFull(each)) {
      say(`${is}, which no \`up\` writes back.\n  mend: npm run repair -- --stack ${workspace.stack}`);
    } else {
      say(`${is}. \`up\` writes what the program says.`);
      hold(urn, field, live);
    }
  }
  return edits;
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
