import type { Hint } from "../identity/resolver";
import type { Organisation } from "../stacks/organisation";
import { readRoster } from "../stacks/roster";

/**
 * The ids that are written down: people by username and providers by slug beside the data, the embedded outpost in
 * the configuration.
 */
export function hintsOf(organisation: Organisation, embeddedOutpost?: string): Hint[] {
  const { people } = readRoster(organisation);
  const users = organisation.people.flatMap(({ existingId }, index) => {
    const name = people[index]?.username;
    return existingId === undefined || name === undefined
      ? []
      : [{ type: "authentik:index/user:User", name, id: existingId }];
  });
  const providers = organisation.applications.flatMap(({ existingProviderId: id, mode, slug: name }) => {
    const type =
      mode === "proxy"
        ? "authentik:index/providerProxy:ProviderProxy"
        : "authentik:index/providerOauth2:ProviderOauth2";
    return id === undefined ? [] : [{ type, name, id }];
  });
  const outposts =
    embeddedOutpost === undefined
      ? []
      : [{ type: "authentik:index/outpost:Outpost", name: "embedded-outpost", id: embeddedOutpost }];
  return [...users, ...providers, ...outposts];
}
