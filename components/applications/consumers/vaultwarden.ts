import type { Consumer } from "./consumer";

/**
 * Vaultwarden reads its environment (`.env.template`, "SSO settings"). SSO only: no login with a master password.
 * The authority carries its trailing slash: discovery demands that it equals the issuer in the document.
 * Without `offline_access` the vault's session would end with the access token.
 */
export const vaultwarden: Consumer = ({ host, issuer, clientId, clientSecret }) => ({
  DOMAIN: `https://${host}`,
  SSO_ENABLED: "true",
  SSO_ONLY: "true",
  SSO_AUTHORITY: issuer,
  SSO_CLIENT_ID: clientId,
  SSO_CLIENT_SECRET: clientSecret,
  SSO_SCOPES: "email profile offline_access",
  SSO_PKCE: "true",
  SSO_SIGNUPS_MATCH_EMAIL: "true",
  SSO_ALLOW_UNKNOWN_EMAIL_VERIFICATION: "false",
});
