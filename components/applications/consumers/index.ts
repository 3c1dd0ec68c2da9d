import type { Consumer } from "./consumer";
import { forgejo } from "./forgejo";
import { grafana } from "./grafana";
import { matomo } from "./matomo";
import { nextcloud } from "./nextcloud";
import { penpot } from "./penpot";
import { synapse } from "./synapse";
import { vaultwarden } from "./vaultwarden";

/** The applications whose own form of credentials is known; `generic` gets the generic keys only. */
export const CONSUMERS = {
  forgejo,
  grafana,
  matomo,
  nextcloud,
  penpot,
  synapse,
  vaultwarden,
  generic: () => ({}),
} as const satisfies Record<string, Consumer>;

export type ConsumerName = keyof typeof CONSUMERS;
