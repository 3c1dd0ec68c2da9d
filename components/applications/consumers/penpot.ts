import { SCOPES, type ConsumerContext } from "./consumer";

/** What of Penpot's delivery is data. */
export interface PenpotOptions {
  /** Flags beyond those of the login, e.g. `enable-smtp`: PENPOT_FLAGS is one list, so they must stand here. */
  readonly flags?: readonly string[];
}

const FLAGS = [
  "enable-login-with-oidc",
  "enable-oidc-registration",
  "disable-login-with-password",
  "disable-registration",
];

/**
 * Penpot's backend reads its environment (Penpot technical guide, "Configuration"; backend `app.auth.oidc`). Its
 * frontend shows the login button by the same flags, so it needs them, too.
 * The base URI must end in a slash: discovery is resolved relative to it.
 */
export const penpot = (
  { host, issuer, clientId, clientSecret }: ConsumerContext,
  { flags = [] }: PenpotOptions = {},
) => ({
  PENPOT_PUBLIC_URI: `https://${host}`,
  PENPOT_FLAGS: [...FLAGS, ...flags].join(" "),
  PENPOT_OIDC_CLIENT_ID: clientId,
  PENPOT_OIDC_CLIENT_SECRET: clientSecret,
  PENPOT_OIDC_BASE_URI: issuer,
  PENPOT_OIDC_SCOPES: SCOPES.join(" "),
  PENPOT_OIDC_NAME_ATTR: "name",
  PENPOT_OIDC_EMAIL_ATTR: "email",
});
