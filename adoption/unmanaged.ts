import type { Json } from "../live/authentik";
import { kindOf, KINDS } from "../identity/kinds";
import type { LiveObjects } from "../identity/live-objects";
import { labelOf } from "../identity/resolver";
import type { Resource } from "../state/resources";

/** An object that is there, and not in the program. */
export interface Unmanaged {
  readonly kind: string;
  readonly label: string;
  readonly id: string;
}

/** What would matter to whoever asks who can reach what. */
const WATCHED = [
  "User",
  "Group",
  "Application",
  "ProviderOauth2",
  "ProviderProxy",
  "SourceOauth",
  "Outpost",
  "PropertyMappingProviderScope",
  "Brand",
  "RbacRole",
] as const;

/** Lists of types that the program has none of, where one more would be a door. */
const OTHER_LISTS: Readonly<Record<string, string>> = {
  ProviderSaml: "/providers/saml/",
  ProviderLdap: "/providers/ldap/",
  ProviderRadius: "/providers/radius/",
  SourceSaml: "/sources/saml/",
  SourceLdap: "/sources/ldap/",
};

/**
 * Objects on the server that no resource stands for; what Authentik ships is left out.
 *
 * @param managed ids inside the engine, by type.
 */
export async function unmanaged(
  live: LiveObjects,
  managed: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Unmanaged[]> {
  const found: Unmanaged[] = [];
  for (const name of WATCHED) {
    const kind = KINDS[name];
    if (!kind) continue;
    for (const object of await live.list(kind.path)) {
      const id = String(object[kind.id]);
      if (!managed.get(name)?.has(id) && !isShipped(name, object))
        found.push({ kind: name, label: labelOf(object), id });
    }
  }
  for (const [name, path] of Object.entries(OTHER_LISTS)) {
    for (const object of await live.list(path)) {
      found.push({ kind: name, label: labelOf(object), id: String(object.pk) });
    }
  }
  return found;
}

/** Ids of the resources of the program, by the last part of the type. */
export function managedIds(resources: readonly Resource[]): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { type, id } of resources) {
    if (!kindOf(type) || id === undefined) continue;
    const name = type.slice(type.lastIndexOf(":") + 1);
    ids.set(name, (ids.get(name) ?? new Set()).add(id));
  }
  return ids;
}

/** What every Authentik has. */
function isShipped(kind: string, object: Json): boolean {
  if (typeof object.managed === "string" && object.managed !== "") return true;
  switch (kind) {
    case "User":
      // The accounts of outposts and of providers; the first administrator is told.
      return object.type === "internal_service_account" || String(object.username).startsWith("ak-outpost-");
    case "Group":
    case "RbacRole":
      return ["authentik Admins", "authentik Read-only"].includes(String(object.name));
    case "Brand":
      return object.domain === "authentik-default";
    default:
      return false;
  }
}
