import { SCOPES } from "../scopes";
import type { Consumer } from "./consumer";

/**
 * Penpot's backend reads its environment (Penpot technical guide, "Configuration"; backend `app.auth.oidc`).
 * The base URI must end in a slash: discovery is resolved relative to it.
 */
export const penpot: Consumer = ({ host, issuer, clientId, clientSecret }) => ({
  PENPOT_PUBLIC_URI: `https://${host}`,
  PENPOT_FLAGS:
    "enable-login-with-oidc enable-oidc-registration disable-login-with-password disable-registration",
  PENPOT_OIDC_CLIENT_ID: clientId,
  PENPOT_OIDC_CLIENT_SECRET: clientSecret,
  PENPOT_OIDC_BASE_URI: issuer,
  PENPOT_OIDC_SCOPES: SCOPES.join(" "),
  PENPOT_OIDC_NAME_ATTR: "name",
  PENPOT_OIDC_EMAIL_ATTR: "email",
});
