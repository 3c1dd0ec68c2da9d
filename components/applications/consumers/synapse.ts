import type { Consumer } from "./consumer";

/**
 * Synapse reads a configuration file; `--config-path` may be given a second time with this one, whose only top-level
 * key replaces `oidc_providers` (Synapse `config/oidc.py`). JSON is YAML, so no value needs quoting.
 *
 * `idp_id` is stored with every account and must never change.
 */
export const synapse: Consumer = ({ issuer, clientId, clientSecret }) => ({
  "oidc.yaml": `${JSON.stringify(
    {
      oidc_providers: [
        {
          idp_id: "authentik",
          idp_name: "PLANA",
          discover: true,
          issuer,
          client_id: clientId,
          client_secret: clientSecret,
          scopes: ["openid", "profile", "email"],
          allow_existing_users: false,
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
