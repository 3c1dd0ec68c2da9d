import type { ImportEntry, ImportFile } from "../adoption/import-file";
import { nameOf, type Resource } from "../state/resources";

/** An object that was made, and is not in the state. */
export interface Found {
  readonly resource: Resource;
  readonly id: string;
}

/**
 * The file by which objects are imported under parents that are in the state already (`nameTable`) or not yet
 * (as components of their own).
 *
 * @param versions version of the plugin by package, as the state's providers have it.
 */
export function importFileOf(
  found: readonly Found[],
  inState: ReadonlySet<string>,
  versions: ReadonlyMap<string, string>,
): ImportFile {
  const nameTable: Record<string, string> = {};
  const components = new Map<string, ImportEntry>();
  /** A name for the parent in this file: URNs are unique, names need not be. */
  const parentName = (urn: string | undefined): string | undefined => {
    if (urn === undefined || typeOf(urn) === "pulumi:pulumi:Stack") return undefined;
    const name = `${typeOf(urn)} ${nameOf(urn)}`;
    if (inState.has(urn)) nameTable[name] = urn;
    else if (!components.has(urn)) {
      components.set(urn, { type: typeOf(urn), name, logicalName: nameOf(urn), component: true });
    }
    return name;
  };
  const resources = found.map(({ resource, id }, index): ImportEntry => ({
    type: resource.type,
    name: `${index} ${resource.name}`,
    logicalName: resource.name,
    id,
    parent: parentName(resource.parent),
    version: versions.get(resource.type.split(":")[0] ?? ""),
  }));
  return { nameTable, resources: [...components.values(), ...resources] };
}

function typeOf(urn: string): string {
  const qualified = urn.split("::")[2] ?? "";
  return qualified.slice(qualified.lastIndexOf("$") + 1);
}
