import type { Hosting } from "../../stacks/config";
import { redirectUrisOf } from "../../stacks/hosting";
import { prod } from "../../stacks/prod";
import type { RedirectUri } from "../../components/applications/redirect-uris";

/** URIs that an application accepts and URIs that it must not. */
export interface Row {
  readonly slug: string;
  readonly accepts: readonly string[];
  readonly refuses: readonly string[];
}

const HOSTING: Hosting = { domain: "planapulse.com", hosts: {}, tenantRedirectPath: "/auth_oauth/signin" };

/** The redirect URIs of an application of production. */
export function urisOf(slug: string): readonly RedirectUri[] {
  const application = prod.applications.find((other) => other.slug === slug);
  if (!application) throw new Error(`no application ${slug}`);
  return redirectUrisOf(application, HOSTING);
}

/**
 * Whether a URI may be redirected to, with Authentik's semantics: equal, or matched whole.
 *
 * JavaScript reads the expressions used here as Python does; `tooWide` refuses those it would not.
 * Without the flag `u`, with which an escaped dash, as Python's `re.escape` writes it, would be an error.
 */
export function matches(uri: RedirectUri, candidate: string): boolean {
  if (uri.matching === "strict") return uri.url === candidate;
  return new RegExp(`^(?:${uri.url})$`).test(candidate);
}

const STRICT: Readonly<Record<string, string>> = {
  matomo: "https://analytics.planapulse.com/index.php?module=LoginOIDC&action=callback&provider=oidc",
  forgejo: "https://forgejo.planapulse.com/user/oauth2/authentik/callback",
  grafana: "https://grafana.planapulse.com/login/generic_oauth",
  penpot: "https://penpot.planapulse.com/api/auth/oidc/callback",
  matrix: "https://matrix.planapulse.com/_synapse/client/oidc/callback",
  nextcloud: "https://nextcloud.planapulse.com/apps/user_oidc/code",
  vaultwarden: "https://vaultwarden.planapulse.com/identity/connect/oidc-signin",
};

/** What an attacker would make of a URI. */
function twisted(url: string): string[] {
  const { host, pathname, search } = new URL(url);
  const rest = `${pathname}${search}`;
  const made = [
    `http://${host}${rest}`,
    `https://${host}.evil.com${rest}`,
    `https://evil-${host}${rest}`,
    `https://evil.${host}${rest}`,
    `https://${host}:8443${rest}`,
    `https://${host}@evil.com${rest}`,
    `https://user@${host}${rest}`,
    `https://${host}/${rest}`,
    `https://${host}/..${rest}`,
    `https://${host}${rest}#token`,
    `https://${host}${rest}/`,
    `https://${host}${rest}&next=https://evil.com`,
    `https://${host}${rest}\n`,
    ` https://${host}${rest}`,
    `https://${host.replaceAll(".", "x")}${rest}`,
    `https://${host.toUpperCase()}${rest}`,
    `HTTPS://${host}${rest}`,
    `https://${host}%2f${rest}`,
    `https://${host}\\${rest}`,
    `https://${host.replace(/\.com$/, ".co")}${rest}`,
    `https://auth.planapulse.com${rest}`,
    `https://${host}/`,
    "",
  ];
  return made.filter((other) => other !== url);
}

/** Applications with one host. */
const ONE_HOST: readonly Row[] = Object.entries(STRICT).map(([slug, url]) => ({
  slug,
  accepts: [url],
  refuses: [...twisted(url), ...Object.values(STRICT).filter((other) => other !== url)],
}));

const PATH = "/auth_oauth/signin";

const TENANTS: Row = {
  slug: "odoo-tenants",
  accepts: [
    `https://acme.planapulse.app${PATH}`,
    `https://acme.planapulse.online${PATH}`,
    `https://erp.planapulse.ai${PATH}`,
    `https://a.planapulse.app${PATH}`,
    `https://7.planapulse.app${PATH}`,
    `https://acme-2.planapulse.online${PATH}`,
    `https://${"a".repeat(63)}.planapulse.app${PATH}`,
  ],
  refuses: [
    ...twisted(`https://acme.planapulse.app${PATH}`).filter(
      // One more label before a dash is another tenant, not another domain.
      (url) => url !== `https://evil-acme.planapulse.app${PATH}`,
    ),
    ...twisted(`https://erp.planapulse.ai${PATH}`),
    ...[
      // Look-alike domains.
      "acme.planapulse.app.evil.com",
      "acme.planapulse.apps",
      "acme.planapulse.ap",
      "acme-planapulse.app",
      "acmeplanapulse.app",
      "acme.planapulseXapp",
      "acme.planapulse-app",
      "acme.planapulse.com",
      "acme.planapulse.ai",
      "erpXplanapulse.ai",
      "erp.planapulseXai",
      "acme.erp.planapulse.ai",
      "erp2.planapulse.ai",
      "evil.com/acme.planapulse.app",
      "evil.com?acme.planapulse.app",
      "evil.com#acme.planapulse.app",
      "evil.com%23.planapulse.app",
      "evil.com\\.planapulse.app",
      // Extra, empty or malformed labels.
      "planapulse.app",
      ".planapulse.app",
      "a.b.planapulse.app",
      "acme..planapulse.app",
      "acme.planapulse.app.",
      "-acme.planapulse.app",
      "acme-.planapulse.app",
      "-.planapulse.app",
      `${"a".repeat(64)}.planapulse.app`,
      "ac_me.planapulse.app",
      "*.planapulse.app",
      // Case, encodings, other scripts.
      "Acme.planapulse.app",
      "acme.PLANAPULSE.app",
      "acme%2eplanapulse.app",
      "acme%2Eplanapulse%2Eapp",
      "acme。planapulse.app",
      "acme．planapulse.app",
      "acme.plаnapulse.app",
      "аcme.planapulse.app",
      "acme\u0000.planapulse.app",
      "acme\u200b.planapulse.app",
      "٣.planapulse.app",
      "ſ.planapulse.app",
      // Ports, users, blanks.
      "acme.planapulse.app:443",
      "acme.planapulse.online:80",
      "user@acme.planapulse.app",
      "user:word@acme.planapulse.app",
      "acme.planapulse.app@evil.com",
      "acme .planapulse.app",
      "acme\t.planapulse.app",
      "acme\n.planapulse.app",
      "acme.planapulse.app\n",
      "acme.planapulse.app\r\n",
      "",
    ].map((host) => `https://${host}${PATH}`),
    ...[
      "",
      "/",
      "/auth_oauth",
      "/auth_oauth/signin/",
      "/auth_oauth/signin2",
      "/auth_oauth/signin\n",
      "/auth_oauth/signin\r",
      "/auth_oauth/signin\u2028",
      "/auth_oauth/signin?next=https://evil.com",
      "/auth_oauth/signin#token",
      "/auth_oauth/signin;x",
      "/auth_oauth/signin%00",
      "/auth_oauth//signin",
      "//auth_oauth/signin",
      "/auth_oauth/../auth_oauth/signin",
      "/auth_oauth/./signin",
      "/auth_oauth\\signin",
      "/auth_oauth%2fsignin",
      "/Auth_oauth/signin",
      "/web/auth_oauth/signin",
      "/login/generic_oauth",
      "/outpost.goauthentik.io/callback",
    ].map((path) => `https://acme.planapulse.app${path}`),
    `//acme.planapulse.app${PATH}`,
    `https:acme.planapulse.app${PATH}`,
    `https:/acme.planapulse.app${PATH}`,
    `https:///acme.planapulse.app${PATH}`,
    `https:\\\\acme.planapulse.app${PATH}`,
    `javascript:https://acme.planapulse.app${PATH}`,
    `\nhttps://acme.planapulse.app${PATH}`,
    `https://acme.planapulse.app${PATH}\nhttps://evil.com${PATH}`,
    `https://evil.com${PATH}\nhttps://acme.planapulse.app${PATH}`,
    ...Object.values(STRICT),
  ],
};

/** Every OIDC application of production. */
export const TABLE: readonly Row[] = [...ONE_HOST, TENANTS];
