import type { Hint } from "../identity/resolver";
import type { Organisation } from "../stacks/organisation";
import { readRoster } from "../stacks/roster";

/** The numbers that stand beside the data: people by username, providers by slug. */
export function hintsOf(organisation: Organisation): Hint[] {
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
  return [...users, ...providers];
}
