import type { Json } from "../live/authentik";
import { kindOf } from "../identity/kinds";
import type { LiveObjects } from "../identity/live-objects";
import { labelOf } from "../identity/resolver";
import type { Resource, Step } from "../state/resources";
import { keyOf } from "./import-file";
import type { Adopted, Plan } from "./plan";

/** Two resources that would stand for one object. */
export function takenTwice(adopted: readonly Adopted[]): Plan["refused"] {
  const first = new Map<string, Adopted>();
  return adopted.flatMap((each) => {
    const place = keyOf(each.resource.type, each.id);
    const other = first.get(place);
    if (!other) {
      first.set(place, each);
      return [];
    }
    const reason = `${labelOf(each.object)} (${each.id}) is already ${other.resource.name}, by ${other.by}`;
    return [{ resource: each.resource, reason }];
  });
}

/** What the provider of the program can read; anything else ends its import. */
const PKCE = ["none", "plain", "S256"];

/** Sources that the provider cannot read: an older server wrote down Google's whole list of methods (provider issue 792). */
export function unreadableSources(adopted: readonly Adopted[]): Plan["refused"] {
  return adopted.flatMap(({ resource, id, object }) => {
    const { pkce } = object;
    if (!resource.type.endsWith(":SourceOauth") || pkce === undefined || PKCE.some((known) => known === pkce))
      return [];
    const reason =
      `its pkce is ${JSON.stringify(pkce)}, which the provider cannot read; expected one of ${PKCE.join(", ")}\n` +
      `    mend: PATCH /api/v3/sources/oauth/${id}/ with {"provider_type": ${JSON.stringify(object.provider_type)}, "pkce": "none"}`;
    return [{ resource, reason }];
  });
}

/**
 * A provider belongs to one application: one that is another's would have to be taken away from it.
 *
 * @param steps what the engine would do without the adoption: an application may be in the state already, after an
 *   import that failed half way.
 */
export function ofAnotherApplication(adopted: readonly Adopted[], steps: readonly Step[]): Plan["refused"] {
  const ids = new Map(adopted.map(({ resource, id }) => [resource.urn, id]));
  const owners = new Map<string, string | undefined>();
  for (const { urn, before, after } of steps) {
    // Of what is in the state a preview tells the id there alone.
    for (const provider of after?.propertyDependencies.protocolProvider ?? [])
      owners.set(provider, ids.get(urn) ?? before?.id);
  }
  return adopted.flatMap(({ resource, object }) => {
    const live = object.assigned_application_slug;
    if (typeof live !== "string" || live === "" || owners.get(resource.urn) === live) return [];
    return [
      {
        resource,
        reason:
          `${labelOf(object)} belongs to application "${live}" there, and the program has no such application for it: ` +
          "give the application that slug, in the data or in Authentik",
      },
    ];
  });
}

/**
 * Names that the server allows once, and that another object has: `up` would be refused half way. Types of one family
 * share their names, so the other may be of another type, and may itself be about to get another name.
 *
 * @param all what is adopted, and what is made.
 */
export async function takenNames(
  all: readonly { readonly resource: Resource; readonly object?: Json }[],
  live: LiveObjects,
): Promise<Plan["refused"]> {
  const refused: { resource: Resource; reason: string }[] = [];
  for (const { resource, object } of all) {
    const kind = kindOf(resource.type);
    const { name } = resource.inputs;
    if (!kind?.family || kind.id === "slug" || typeof name !== "string") continue;
    for (const other of await live.having(kind.family, { name })) {
      if (object && other[kind.key] === object[kind.key]) continue;
      const { verbose_name: type } = other;
      const what = `${typeof type === "string" ? type : "object"} ${labelOf(other)} (${String(other[kind.key])})`;
      refused.push({
        resource,
        reason: `the name "${name}" belongs to ${what} there, and may be given once: give that one another name in Authentik`,
      });
    }
  }
  return refused;
}
