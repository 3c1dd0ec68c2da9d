import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { accepted } from "../accepted";
import { sortedJson } from "../naming";
import type { StaffGroup } from "./model";

export interface GroupsArgs {
  readonly groups: readonly StaffGroup[];
}

/**
 * The groups of staff. Membership is not written here: a person owns the list of their groups (see `People`), so the
 * list has one owner.
 */
export class Groups extends pulumi.ComponentResource {
  private readonly byName = new Map<string, authentik.Group>();

  constructor(name: string, args: GroupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Groups", name, {}, opts);
    for (const group of parentsFirst(args.groups)) {
      this.byName.set(
        group.name,
        new authentik.Group(
          group.name,
          {
            name: group.name,
            isSuperuser: group.superuser ?? false,
            attributes: sortedJson(group.attributes ?? {}),
            parents: group.parents?.map((parent) => this.id(parent)),
          },
          { parent: this, protect: true },
        ),
      );
    }
    this.registerOutputs({});
  }

  /** Resolves once the engine has made or changed every group that is to be. */
  async written(): Promise<void> {
    await Promise.all([...this.byName.values()].map(accepted));
  }

  /**
   * The uuid of a group.
   *
   * @throws Error for a group that is not defined.
   */
  id(name: string): pulumi.Output<string> {
    const group = this.byName.get(name);
    if (!group)
      throw new Error(`group ${name} is not defined; defined are ${[...this.byName.keys()].join(", ")}`);
    return group.id;
  }
}

/** A parent is named by its id, so it comes before its children. @throws Error where a group is its own ancestor. */
function parentsFirst(groups: readonly StaffGroup[]): readonly StaffGroup[] {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const ordered = new Set<StaffGroup>();
  const place = (group: StaffGroup, below: readonly string[]) => {
    if (below.includes(group.name)) throw new Error(`group ${group.name} is its own ancestor`);
    for (const name of group.parents ?? []) {
      const parent = byName.get(name);
      if (parent) place(parent, [...below, group.name]);
    }
    ordered.add(group);
  };
  for (const group of groups) place(group, []);
  return [...ordered];
}
