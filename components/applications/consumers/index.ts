import type { Consumer, ConsumerContext } from "./consumer";
import { forgejo } from "./forgejo";
import { grafana } from "./grafana";
import { matomo } from "./matomo";
import { nextcloud } from "./nextcloud";
import { penpot, type PenpotOptions } from "./penpot";
import { synapse, type SynapseOptions } from "./synapse";
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

/** In which form an application reads its credentials; with options where part of that form is data. */
export type ConsumerChoice =
  | ConsumerName
  | ({ readonly name: "penpot" } & PenpotOptions)
  | ({ readonly name: "synapse" } & SynapseOptions);

/** Keys and values of the chosen form. */
export function consumerData(choice: ConsumerChoice, context: ConsumerContext): ReturnType<Consumer> {
  if (typeof choice === "string") return CONSUMERS[choice](context);
  return choice.name === "penpot" ? penpot(context, choice) : synapse(context, choice);
}
