/** A redirect URI as Authentik stores it. */
export interface RedirectUri {
  readonly matching: "strict" | "regex";
  readonly url: string;
}

/** The one redirect URI of an application with a fixed host. */
export function strict(host: string, path: string): RedirectUri {
  return { matching: "strict", url: `https://${host}${path}` };
}

// One DNS label: a tenant's name. No dot, so no further label and no other domain.
const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

/**
 * The redirect URIs of every tenant of a domain: `*.planapulse.app` (exactly one label before it) or a single host.
 * Authentik matches with Python's `re.fullmatch`, so the expression needs no anchors; every dot is escaped.
 */
export function tenants(domain: string, path: string): RedirectUri {
  const host = domain.startsWith("*.") ? `${LABEL}\\.${escape(domain.slice(2))}` : escape(domain);
  return { matching: "regex", url: `https://${host}${escape(path)}` };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/**
 * Whether a URI may be redirected to, with Authentik's semantics: equal, or matched whole.
 *
 * JavaScript reads the expressions used here as Python does; `isNarrow` refuses those it would not.
 */
export function matches(uri: RedirectUri, candidate: string): boolean {
  if (uri.matching === "strict") return uri.url === candidate;
  return new RegExp(`^(?:${uri.url})$`, "u").test(candidate);
}

/**
 * Why a redirect URI is wider than an application may have it; undefined when it is narrow.
 *
 * @param domains the domains a regex may cover.
 */
export function tooWide(uri: RedirectUri, domains: readonly string[]): string | undefined {
  if (uri.matching === "strict") {
    let url: URL;
    try {
      url = new URL(uri.url);
    } catch {
      return "is not a URL";
    }
    if (url.protocol !== "https:") return "is not https";
    if (url.username || url.password) return "carries a user";
    if (url.hash || uri.url.includes("#")) return "carries a fragment";
    if (url.href !== uri.url) return `is not written as a browser sends it (${url.href})`;
    if (uri.url.includes("*")) return "carries a wildcard, which strict matching takes literally";
    return undefined;
  }
  if (!uri.url.startsWith("https://")) return "does not start with https://";
  // What is left when escaped characters and character classes are taken out must be plain.
  const bare = uri.url.replace(/\\[.\-/]/g, "").replace(/\[[^\]\\]*\]/g, "C");
  if (bare.includes(".")) return "has a dot that is not escaped, so it matches any character";
  if (bare.includes("\\")) return "has an escape other than of a dot, a dash or a slash";
  if (/[|^$]/.test(bare))
    return "has an alternative or an anchor, which is not needed: the whole URI is matched";
  if (/[*+]/.test(bare)) return "has a repetition without a limit";
  if (uri.url.includes("[^")) return "has a negated class, which matches what nobody thought of";
  if (/\[[^\]]*[/.:@#?%\s\\][^\]]*\]/.test(uri.url))
    return "has a class with a character that ends a host or a path";
  try {
    new RegExp(uri.url, "u");
  } catch {
    return "is not a valid expression";
  }
  const host = /^https:\/\/([^/]*)\//.exec(uri.url)?.[1];
  if (host === undefined) return "has no path";
  const covered = domains.some((domain) => {
    const escaped = escape(domain.replace(/^\*\./, ""));
    return host === escaped || (domain.startsWith("*.") && host.endsWith(`\\.${escaped}`));
  });
  if (!covered) return `covers another domain than ${domains.join(", ")}`;
  return undefined;
}
