import type * as authentik from "@pulumi/authentik";
import type * as pulumi from "@pulumi/pulumi";

import type { Groups } from "../directory/groups";
import { bindPolicy } from "../login/flow";

/** Names of the groups that may enter: at least one, or the application does not compile. */
export type Access = readonly [string, ...string[]];

/** Opens an application to groups. Whoever is in one of them may enter; nobody else. */
export function openTo(
  slug: string,
  application: authentik.Application,
  access: Access,
  groups: Groups,
  parent: pulumi.Resource,
): void {
  for (const group of access) {
    // Not protected: taking a group's access away is a change of the data like giving it.
    const opts = { parent, protect: false };
    bindPolicy(`${slug}-${group}`, application.uuid, { group: groups.id(group) }, opts);
  }
}
