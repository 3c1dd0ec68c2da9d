import { text } from "./text";
import { randomBytes } from "node:crypto";
import { invalid, Refusal } from "./refusal";
import type { Row, Store } from "./store";

/** A write in progress: `row` is what would be stored, and may be changed. */
interface Write {
  row: Row;
  before?: Row;
  body: Row;
  mode: "create" | "put" | "patch";
  store: Store;
  /** Whose token made the request; none puts an object there as only the server itself can. */
  actor?: Row;
}

/** Letters and digits, as the server's own generator makes them. */
export function randomText(length: number): string {
  return randomBytes(length * 2)
    .toString("base64")
    .replace(/[^A-Za-z0-9]/g, "")
    .slice(0, length)
    .padEnd(length, "x");
}

const PROXY_SCOPES = [
  "oauth2/scope-openid",
  "oauth2/scope-profile",
  "oauth2/scope-email",
  "oauth2/scope-entitlements",
  "proxy/scope-proxy",
].map((s) => `goauthentik.io/providers/${s}`);
const OUTPOST_PROVIDERS: Record<string, string> = {
  proxy: "providers/proxy",
  ldap: "providers/ldap",
  radius: "providers/radius",
  rac: "providers/rac",
};
/** The managed name of the outpost that runs inside the server. */
export const EMBEDDED = "goauthentik.io/outposts/embedded";

const RESERVED_SLUGS = ["authorize", "token", "device", "userinfo", "introspect", "revoke"];

/** A file field takes a URL, an icon name, a shipped file or a relative path, never an absolute one. */
function file(row: Row, ...fields: string[]): void {
  for (const f of fields) {
    const value = text(row[f]);
    if (value.startsWith("/") && !value.startsWith("/static/"))
      throw invalid(f, "Absolute paths are not allowed");
  }
}

/** What single kinds do beyond the common rules when they are written. */
export const RULES: Record<string, (write: Write) => void> = {
  "core/users": ({ row, before, mode, store }) => {
    if (row.is_active !== false || !before) return;
    // Seen on a real server: a PUT ends the OAuth tokens, only a PATCH ends the login sessions too.
    const ended = ["oauth2/access_tokens", "oauth2/refresh_tokens", "oauth2/authorization_codes"];
    if (mode === "patch") ended.push("core/authenticated_sessions");
    for (const held of ended.flatMap((name) => store.all(name)))
      if (held.row.user === row.pk) store.remove(held);
  },
  "core/groups": ({ body, store }) => {
    const unknown = [body.users ?? []].flat().find((pk) => !store.byKey(["core/users"], pk));
    if (unknown !== undefined)
      throw invalid("users", `Invalid pk "${text(unknown)}" - object does not exist.`);
  },
  "core/applications": ({ row }) => {
    if (RESERVED_SLUGS.includes(String(row.slug)))
      throw invalid(
        "slug",
        'The slug "' + String(row.slug) + '" is reserved and cannot be used for applications.',
      );
    file(row, "meta_icon");
  },
  "core/brands": ({ row, before, store }) => {
    file(row, "branding_logo", "branding_favicon", "branding_default_flow_background");
    const other = store.rows("core/brands").some((b) => b !== before && b.default === true);
    if (row.default === true && other) throw invalid("default", "Only a single brand can be set as default.");
  },
  "core/tokens": ({ row, before, body, mode, actor }) => {
    // Read in `core/api/tokens.py`: a change that names no owner gives the token to whoever asks, one that names no
    // intent makes it an API token, and the time of an API token is the server's to say, with every change anew.
    if (before && body.user !== undefined && body.user !== before.user)
      throw invalid("user", "User cannot be changed");
    if (before && body.user === undefined && actor) row.user = actor.pk;
    if (before) row.intent = body.intent ?? "api";
    const day = new Date(Date.now() + 86_400_000).toISOString();
    if (actor && row.intent === "api" && row.expiring !== false) row.expires = day;
    else if (mode === "create" && row.expiring !== false) row.expires ??= day;
    if (row.expiring === false) row.expires = null;
  },
  "policies/bindings": ({ row }) => {
    const set = ["policy", "group", "user"].filter((f) => row[f] != null).length;
    if (set === 1) return;
    const names = "'policy', 'group', 'user'";
    throw new Refusal(400, {
      non_field_errors: [set === 0 ? `One of ${names} must be set.` : `Only one of ${names} can be set.`],
    });
  },
  "providers/oauth2": ({ row }) => {
    const uris = row.redirect_uris as Row[];
    row.redirect_uris = uris.map((u) => ({
      ...u,
      redirect_uri_type: u.redirect_uri_type ?? "authorization",
    }));
  },
  "providers/proxy": ({ row, body, mode, store }) => {
    // Read in `providers/proxy/api.py`: it looks at the request alone, also at one that names a single field.
    const named = mode === "patch" ? body : row;
    if ((named.mode ?? "proxy") === "proxy" && !named.internal_host)
      throw invalid("internal_host", "Internal host cannot be empty when forward auth is disabled.");
    const managed = store
      .rows("propertymappings/provider/scope")
      .filter((m) => PROXY_SCOPES.includes(String(m.managed)));
    row.property_mappings = [...new Set([row.property_mappings, managed.map((m) => m.pk)].flat())];
    const host = String(row.external_host).replace(/\/$/, "");
    const escaped = host.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const strict = {
      matching_mode: "strict",
      url: `${host}/outpost.goauthentik.io/callback?X-authentik-auth-callback=true`,
    };
    const regex = { matching_mode: "regex", url: `${escaped}\\?X-authentik-auth-callback=true` };
    row.redirect_uris = [strict, regex].map((u) => ({ ...u, redirect_uri_type: "authorization" }));
  },
  "outposts/instances": ({ row, before, store }) => {
    const embedded = before?.managed === EMBEDDED;
    if (embedded && row.name !== before.name)
      throw invalid("name", "Embedded outpost's name cannot be changed");
    // Left out by a PUT, as the provider does; the server keeps it all the same.
    if (embedded) row.managed = EMBEDDED;
    const providers = row.providers as unknown[];
    if (providers.length === 0 && row.managed !== EMBEDDED)
      throw invalid("providers", "This list may not be empty.");
    const fitting = OUTPOST_PROVIDERS[String(row.type)];
    const fits = (pk: unknown): boolean =>
      fitting !== undefined && store.rows(fitting).some((p) => p.pk === pk);
    const wrong = providers.filter((pk) => store.byKey(["providers/all"], pk) && !fits(pk));
    if (wrong.length > 0)
      throw invalid(
        "providers",
        `Outpost type ${String(row.type)} can't be used with provider ${wrong.join(", ")}.`,
      );
  },
  "sources/oauth": ({ row }) => {
    if (row.provider_type !== "openidconnect") return;
    for (const f of ["authorization_url", "access_token_url", "profile_url"]) {
      if (!row[f] && !row.oidc_well_known_url)
        throw new Refusal(400, { non_field_errors: [`${f} is required for provider OpenID Connect`] });
    }
  },
};
