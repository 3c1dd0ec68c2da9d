/** What every application may ask for, as it writes it. Not beside the mappings: commands read it without the SDK. */
export const SCOPES = ["openid", "profile", "email", "groups"] as const;

/** What a consumer is configured from. */
export interface ConsumerContext {
  /** Public host of the consuming application. */
  readonly host: string;
  /** Public address of Authentik, without a trailing slash. */
  readonly authentikUrl: string;
  /** Issuer, with its trailing slash: it must equal the `iss` claim. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Group whose members administer the consumer, where it takes roles from the claim. */
  readonly adminGroup: string;
  /** Where a login comes back, as it is registered; undefined where there are many. */
  readonly redirectUri?: string;
}

/**
 * The form in which one application reads its credentials: keys and values of its Secret.
 *
 * Checked against that application's own documentation or source, named in each file.
 */
export type Consumer = (context: ConsumerContext) => Readonly<Record<string, string>>;

/** Addresses of Authentik's OAuth2 endpoints; all but the issuer and the log-out are shared by all providers. */
export function endpoints({ authentikUrl, issuer }: Pick<ConsumerContext, "authentikUrl" | "issuer">) {
  const base = `${authentikUrl}/application/o`;
  return {
    authorize: `${base}/authorize/`,
    token: `${base}/token/`,
    userinfo: `${base}/userinfo/`,
    endSession: `${issuer}end-session/`,
    discovery: `${issuer}.well-known/openid-configuration`,
  };
}
