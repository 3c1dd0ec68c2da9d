import type { Row, Store } from "./store";

interface Answer {
  readonly status: number;
  readonly body: Row;
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

/** The token endpoint as far as it tells a right client secret from a wrong one: no code ever is valid here. */
function token(store: Store, form: URLSearchParams, authorization: string | undefined): Answer {
  const basic = /^Basic (.+)$/.exec(authorization ?? "")?.[1];
  const [user = "", password = ""] = basic
    ? Buffer.from(basic, "base64").toString("utf8").split(":").map(decodeURIComponent)
    : [];
  const id = basic ? user : form.get("client_id");
  const secret = basic ? password : form.get("client_secret");
  const provider = store.rows("providers/all").find((p) => p.client_id === id);
  const error = (code: string): Answer => ({ status: 400, body: { error: code, error_description: code } });
  if (!provider || (provider.client_type !== "public" && provider.client_secret !== secret))
    return error("invalid_client");
  const grant = form.get("grant_type") ?? "";
  if (![provider.grant_types].flat().includes(grant)) return error("unsupported_grant_type");
  return error("invalid_grant");
}

/** Answers `/application/o/…`; undefined for a path that is none of the two. */
export function oauth(
  store: Store,
  url: string,
  method: string,
  path: string,
  text: string,
  authorization?: string,
): Answer | undefined {
  const slug = /^\/application\/o\/([^/]+)\/\.well-known\/openid-configuration$/.exec(path)?.[1];
  if (method === "GET" && slug !== undefined) return discovery(store, url, slug);
  if (method === "POST" && path === "/application/o/token/")
    return token(store, new URLSearchParams(text), authorization);
  return undefined;
}
