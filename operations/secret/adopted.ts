import type { Workspace } from "../../state/workspace";
import { configuration, configure, configured } from "../../live/configuration";
import { Secret } from "../../live/secret";
import { Refusal } from "../context";
import { mend } from "../mend";

const CLIENTS = "plana-sso:clients";

type Clients = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Where the configuration holds the secret of a client. */
export function configKey(slug: string): string {
  return `${CLIENTS}.${slug}.clientSecret`;
}

/** The client secret that the configuration holds; undefined for one that is generated. */
export async function adoptedSecret(workspace: Workspace, slug: string): Promise<Secret | undefined> {
  const clients = clientsOf(workspace, await configured(workspace, CLIENTS));
  const value = Object.hasOwn(clients, slug) ? clients[slug]?.clientSecret : undefined;
  return typeof value === "string" && value !== "" ? new Secret(value) : undefined;
}

/** Stores the client secret in the form in which `clients` is there: field by field, or as one secret in JSON. */
export async function storeAdopted(workspace: Workspace, slug: string, secret: Secret): Promise<void> {
  const held = (await configuration(workspace)).get(CLIENTS);
  if (held?.isObject) return configure(workspace, configKey(slug), secret);
  const clients = clientsOf(workspace, held?.value);
  const changed = { ...clients, [slug]: { ...clients[slug], clientSecret: secret.reveal() } };
  return configure(workspace, CLIENTS, new Secret(JSON.stringify(changed)));
}

function clientsOf({ stack }: Workspace, value: Secret | undefined): Clients {
  if (!value) return {};
  try {
    const clients: unknown = JSON.parse(value.reveal());
    if (typeof clients === "object" && clients !== null) return clients as Clients;
  } catch {
    // Said below, without the value.
  }
  throw new Refusal(`${CLIENTS} is no object of clients\n  mend: ${mend.secret(configKey("<app>"), stack)}`);
}
