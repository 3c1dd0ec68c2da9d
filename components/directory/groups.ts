import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import type { StaffGroup } from "./model";

export interface GroupsArgs {
  readonly groups: readonly StaffGroup[];
}

/**
 * The groups of staff. Membership is not written here: a person owns the list of their groups (see `People`), so the
 * list has one owner.
 */
export class Groups extends pulumi.ComponentResource {
  private readonly byName: ReadonlyMap<string, authentik.Group>;

  constructor(name: string, args: GroupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Groups", name, {}, opts);
    this.byName = new Map(
      args.groups.map((group) => [
        group.name,
        new authentik.Group(
          group.name,
          { name: group.name, isSuperuser: group.superuser ?? false, attributes: "{}" },
          { parent: this, protect: true },
        ),
      ]),
    );
    this.registerOutputs({});
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
