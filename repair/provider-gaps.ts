import type { Difference } from "../adoption/differences";
import { liveValue, typeName } from "../adoption/fields";
import { kindOf } from "../identity/kinds";
import { LiveObjects } from "../identity/live-objects";
import type { Live } from "../live/connect";
import type { Resource } from "../state/resources";

/** Inputs that the provider reads neither at a refresh nor at an import (seen at imports, and in its source, 2026.5). */
const UNREAD: Readonly<Record<string, readonly string[]>> = {
  Brand: ["default"],
  PolicyPassword: [
    ...["checkStaticRules", "checkHaveIBeenPwned", "checkZxcvbn"],
    ...["hibpAllowedCount", "zxcvbnScoreThreshold"],
  ],
};

/** Whether a resource has inputs that no refresh reads. */
export function hasUnread({ type }: Pick<Resource, "type">): boolean {
  return Object.hasOwn(UNREAD, typeName(type));
}

/**
 * What of these inputs the server has otherwise than the last update wrote it: somebody changed it by hand, as in a
 * password policy that now asks for less. No preview shows it.
 *
 * @param resources what the state holds.
 * @throws ServerError.
 */
export async function unreadChanges(
  resources: readonly Resource[],
  { authentik }: Pick<Live, "authentik">,
): Promise<Difference[]> {
  const objects = new LiveObjects(authentik);
  const found: Difference[] = [];
  for (const resource of resources.filter(hasUnread)) {
    const { urn, type, name, inputs, outputs } = resource;
    const object = await objects.of(resource);
    for (const field of object ? (UNREAD[typeName(type)] ?? []) : []) {
      const live = liveValue(type, field, object ?? {});
      // An update that was to write it back, and was refused, has left the live value in the outputs.
      const program = outputs[field] === undefined ? undefined : (inputs[field] ?? outputs[field]);
      // What was imported, and not yet written, is in no state.
      if (live !== undefined && program !== undefined && live !== program)
        found.push({ urn, type, name, field, live, program });
    }
  }
  return found;
}

/**
 * Whether a difference is one that no `up` takes away: the provider does not send an empty text, nor a `false` of some
 * fields (its source, 2026.5), and the server keeps what a change does not name. Lists, settings in JSON and references are
 * emptied by the provider itself.
 */
export function isLeftFull({ type, field, live, program, harmless }: Difference): boolean {
  if (harmless !== undefined || !kindOf(type) || !/^\w+$/.test(field)) return false;
  const full = (typeof live === "string" && live !== "") || live === true;
  const empty = program === undefined || program === "" || program === false;
  return (full && empty) || (typeof live === "number" && live !== 0 && program === 0);
}
