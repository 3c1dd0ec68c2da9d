import type { ConsumerContext } from "./consumer";

/** What of Synapse's delivery is data. */
export interface SynapseOptions {
  /**
   * `idp_id` of the homeserver that runs already; `authentik` when left out. Synapse stores it with every account that
   * has logged in (`user_external_ids`, there as `oidc-<idp_id>`): another one cuts those accounts off.
   */
  readonly idpId?: string;
  /** Whether a login may take over the account of the same localpart that has a password so far; false. */
  readonly allowExistingUsers?: boolean;
}

/**
 * Synapse reads a configuration file; `--config-path` may be given a second time with this one, whose only top-level
 * key replaces `oidc_providers` (Synapse `config/oidc.py`). JSON is YAML, so no value needs quoting.
 */
export const synapse = (
  { issuer, clientId, clientSecret }: ConsumerContext,
  { idpId = "authentik", allowExistingUsers = false }: SynapseOptions = {},
) => ({
  "oidc.yaml": `${JSON.stringify(
    {
      oidc_providers: [
        {
          idp_id: idpId,
          idp_name: "PLANA",
          discover: true,
          issuer,
          client_id: clientId,
          client_secret: clientSecret,
          scopes: ["openid", "profile", "email"],
          allow_existing_users: allowExistingUsers,
          user_mapping_provider: {
            config: {
              localpart_template: "{{ user.preferred_username }}",
              display_name_template: "{{ user.name }}",
              email_template: "{{ user.email }}",
            },
          },
        },
      ],
    },
    null,
    2,
  )}\n`,
});
