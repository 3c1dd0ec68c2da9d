import type { IncomingHttpHeaders } from "node:http";

import { outpost } from "./outpost";
import type { Row, Store } from "./store";

interface Answer {
  readonly status: number;
  readonly body: Row;
  readonly location?: string;
}

/** A request to something else than the API. */
export interface PublicRequest {
  readonly method: string;
  readonly path: string;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

function discovery(store: Store, url: string, slug: string): Answer {
  const application = store.rows("core/applications").find((a) => a.slug === slug);
  const provider = store.byKey(["providers/all"], application?.provider)?.row;
  if (!provider) return { status: 404, body: { detail: "Not found." } };
  const own = `${url}/application/o`;
  const mappings = [provider.property_mappings]
    .flat()
    .map((pk) => store.byKey(["propertymappings/all"], pk)?.row.scope_name);
  return {
    status: 200,
    body: {
      issuer: provider.issuer_mode === "global" ? `${url}/` : `${own}/${slug}/`,
      authorization_endpoint: `${own}/authorize/`,
      token_endpoint: `${own}/token/`,
      userinfo_endpoint: `${own}/userinfo/`,
      end_session_endpoint: `${own}/${slug}/end-session/`,
      jwks_uri: `${own}/${slug}/jwks/`,
      response_types_supported: ["code"],
      grant_types_supported: provider.grant_types ?? [],
      scopes_supported: mappings,
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [provider.signing_key ? "RS256" : "HS256"],
      token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    },
  };
}

/** Whether one of the provider's redirect URIs is this one. */
function redirects(provider: Row, uri: string): boolean {
  return [provider.redirect_uris].flat().some((allowed) => {
    const { matching_mode: mode, url } = allowed as Row;
    return mode === "regex" ? new RegExp(`^(?:${String(url)})$`).test(uri) : url === uri;
  });
}

/**
 * The token endpoint as far as it tells a right client secret from a wrong one: no code and no refresh token is ever
 * valid here. In the real one's order: a grant that the provider does not have is `invalid_grant`, whatever the
 * secret; a redirect URI that it does not have is `invalid_client`, also with the right one.
 */
function token(store: Store, form: URLSearchParams, authorization: string | undefined): Answer {
  const basic = /^Basic (.+)$/.exec(authorization ?? "")?.[1];
  const [user = "", password = ""] = basic ? Buffer.from(basic, "base64").toString("utf8").split(":") : [];
  const id = basic ? user : form.get("client_id");
  const secret = basic ? password : form.get("client_secret");
  const provider = store.rows("providers/all").find((p) => p.client_id === id);
  const error = (code: string): Answer => ({ status: 400, body: { error: code, error_description: code } });
  if (!provider) return error("invalid_client");
  const grant = form.get("grant_type") ?? "";
  if (![provider.grant_types].flat().includes(grant)) return error("invalid_grant");
  if (provider.client_type !== "public" && provider.client_secret !== secret) return error("invalid_client");
  if (grant === "authorization_code" && !redirects(provider, form.get("redirect_uri") ?? ""))
    return error("invalid_client");
  return error("invalid_grant");
}

/** Answers `/application/o/…` and the outpost's paths; undefined for any other. */
export function oauth(
  store: Store,
  url: string,
  { method, path, text, headers }: PublicRequest,
): Answer | undefined {
  // The real one builds addresses from the host it was asked by, and believes a proxy's word on the scheme.
  const { host = "", "x-forwarded-proto": scheme = "http" } = headers;
  const own = host === "" ? url : `${String(scheme)}://${host}`;
  if (path.startsWith("/outpost.goauthentik.io/")) return outpost(store, host, path);
  const slug = /^\/application\/o\/([^/]+)\/\.well-known\/openid-configuration$/.exec(path)?.[1];
  if (method === "GET" && slug !== undefined) return discovery(store, own, slug);
  if (method === "POST" && path === "/application/o/token/")
    return token(store, new URLSearchParams(text), headers.authorization);
  return undefined;
}
