import type { Workspace } from "../state/workspace";
import { configuration } from "../live/configuration";
import type { Live } from "../live/connect";
import { Secret } from "../live/secret";
import { deployment } from "../state/engine";
import { RELEASE } from "../state/resources";
import type { Needed } from "./configuration";
import type { Difference } from "./differences";
import { agreedIn, keep, kept, picture, type Picture } from "./picture";
import type { Plan } from "./plan";

/**
 * The picture of an adoption that did not end. One whose stack was given up keeps it, too: what has changed since then
 * is no damage, and what was accepted then is not accepted now.
 */
async function unfinished(workspace: Workspace, say: (text: string) => void): Promise<Picture | undefined> {
  const earlier = kept(workspace).read();
  if (!earlier) return undefined;
  const { resources } = await deployment(workspace);
  const held = new Set(resources.map(({ type, id }) => `${type} ${id ?? ""}`));
  if (earlier.objects.some(({ subject: { type, id } }) => held.has(`${type} ${id}`))) return earlier;
  say(
    "An earlier adoption was begun, and nothing of it is in the stack: what is there now is what must stay.",
  );
  return undefined;
}

/**
 * The picture from before the first import, with what was accepted then: an interrupted adoption keeps it, and a
 * second run adds what the first one did not get to.
 */
export async function firstPicture(
  workspace: Workspace,
  live: Live,
  { adopt: adopted }: Plan,
  { namespace }: Needed,
  changes: readonly Difference[],
  say: (text: string) => void,
): Promise<Picture> {
  const earlier = await unfinished(workspace, say);
  const known = new Set(earlier?.objects.map(({ subject }) => `${subject.type} ${subject.id}`));
  const subjects = adopted
    .filter(({ resource }) => resource.type !== RELEASE)
    .map(({ resource: { type, name }, id }) => ({ type, id, name }))
    .filter(({ type, id }) => !known.has(`${type} ${id}`));
  const taken = await picture(live, subjects, await digestKey(workspace), namespace);
  const whole: Picture = {
    namespace,
    objects: [...(earlier?.objects ?? []), ...taken.objects],
    settings: earlier?.settings ?? taken.settings,
    agreed: [...new Set([...(earlier?.agreed ?? []), ...agreedIn(changes)])],
  };
  keep(workspace, whole);
  return whole;
}

/** The digests of a picture are keyed with the server's secret key: known here, and nowhere in the picture. */
export async function digestKey(workspace: Workspace): Promise<Secret> {
  return (await configuration(workspace)).get("plana-sso:secretKey")?.value ?? new Secret(workspace.stack);
}
