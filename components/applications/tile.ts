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

/**
 * The inputs of an application that its tile decides.
 *
 * @param address where a click leads unless the tile says otherwise.
 */
export function tileInputs(tile: Tile | undefined, address: string) {
  return {
    metaLaunchUrl: tile?.launchUrl ?? address,
    metaIcon: tile?.icon,
    metaPublisher: tile?.publisher,
    group: tile?.category,
    openInNewTab: !tile?.sameTab,
  };
}
