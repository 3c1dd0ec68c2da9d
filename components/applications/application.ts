import * as authentik from "@pulumi/authentik";
import type * as pulumi from "@pulumi/pulumi";

import type { Builtins } from "../builtin";
import type { Groups } from "../directory/groups";
import { bindPolicy } from "../login/flow";

/** Names of the groups that may enter: at least one, or the application does not compile. */
export type Access = readonly [string, ...string[]];

/** How an application shows on the page of those who may enter it. */
export interface Tile {
  /** Address of the icon, `fa://` and the name of a Font Awesome one, or a file that Authentik holds. */
  readonly icon?: string;
  readonly publisher?: string;
  /** Heading under which it is shown with others. */
  readonly category?: string;
  /** Opens in the tab of the page itself, not in a new one. */
  readonly sameTab?: true;
  /** Where a click leads, where it is not the application's own address. */
  readonly launchUrl?: string;
}

/** What every application is told about, whatever its mode. */
export interface ApplicationArgs {
  /** Name shown to people. */
  readonly name: string;
  readonly description: string;
  /** Where a click on the tile leads, unless the tile says otherwise. */
  readonly launchUrl: string;
  readonly tile?: Tile;
  readonly access: Access;
  readonly groups: Groups;
  readonly builtins: Builtins;
}

/**
 * The application of a provider, opened to its groups: whoever is in one of them may enter, nobody else.
 *
 * @param slug slug of the application; also the resource name.
 * @param provider number of the provider.
 * @param parent the component that both belong to.
 */
export function openApplication(
  slug: string,
  args: ApplicationArgs,
  provider: pulumi.Input<number>,
  parent: pulumi.Resource,
): authentik.Application {
  const { tile } = args;
  const application = new authentik.Application(
    slug,
    {
      slug,
      name: args.name,
      protocolProvider: provider,
      metaDescription: args.description,
      policyEngineMode: "any",
      metaLaunchUrl: tile?.launchUrl ?? args.launchUrl,
      metaIcon: tile?.icon,
      metaPublisher: tile?.publisher,
      group: tile?.category,
      openInNewTab: !tile?.sameTab,
    },
    { parent, protect: true },
  );
  for (const group of args.access) {
    // Not protected: taking a group's access away is a change of the data like giving it.
    const opts = { parent, protect: false };
    bindPolicy(`${slug}-${group}`, application.uuid, { group: args.groups.id(group) }, opts);
  }
  return application;
}
