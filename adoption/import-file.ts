/** One entry of the file of `pulumi import --file`. */
export interface ImportEntry {
  readonly type: string;
  readonly name: string;
  /** Name of the resource, where `name` had to be made unique. */
  readonly logicalName?: string;
  readonly id?: string;
  /** `name` of the parent, in this file or in the name table. */
  readonly parent?: string;
  readonly version?: string;
  readonly component?: boolean;
}

/** The file of `pulumi import --file`. Ids and names only, no values. */
export interface ImportFile {
  /** URNs of parents that are in the state already, by name. */
  readonly nameTable?: Readonly<Record<string, string>>;
  readonly resources: readonly ImportEntry[];
}

/** What the engine writes: without resources where nothing would be created. */
export type ImportList = Partial<ImportFile>;

/**
 * The engine's own list of what would be created, narrowed to what is there.
 *
 * @param wanted ids by type and name of the resource, as `keyOf` gives them.
 */
export function narrow(list: ImportList, wanted: ReadonlyMap<string, string>): ImportFile {
  const resources = list.resources ?? [];
  const chosen = resources.flatMap((entry) => {
    const id = entry.component ? undefined : wanted.get(keyOf(entry.type, entry.logicalName ?? entry.name));
    return id === undefined ? [] : [{ ...entry, id }];
  });
  // A component is made with the first of its children; the others come with the next `up`.
  const components = new Map(resources.filter(({ component }) => component).map((each) => [each.name, each]));
  const needed = new Set<string>();
  for (let { parent } of chosen) {
    while (parent !== undefined && components.has(parent) && !needed.has(parent)) {
      needed.add(parent);
      parent = components.get(parent)?.parent;
    }
  }
  const used = new Set(
    [...chosen, ...[...needed].map((name) => components.get(name))].map((each) => each?.parent),
  );
  const nameTable = Object.fromEntries(
    Object.entries(list.nameTable ?? {}).filter(([name]) => used.has(name)),
  );
  return {
    ...(Object.keys(nameTable).length > 0 ? { nameTable } : {}),
    resources: [...resources.filter(({ name, component }) => component && needed.has(name)), ...chosen],
  };
}

/** What tells a resource from the others of the program. */
export function keyOf(type: string, name: string): string {
  return `${type} ${name}`;
}
