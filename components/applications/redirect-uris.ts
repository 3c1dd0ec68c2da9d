import { escaped } from "../naming";
import { sampleOf, slowOrBroken } from "./redirect-regex";

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
  const host = domain.startsWith("*.") ? `${LABEL}\\.${escaped(domain.slice(2))}` : escaped(domain);
  return { matching: "regex", url: `https://${host}${escaped(path)}` };
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
  return tooWideRegex(uri.url, domains);
}

// What a redirect regex may consist of; everything else is refused, whatever it would match.
const CLASS = String.raw`\[(?:a-z|A-Z|0-9)+[_-]?\]`;
const LIMIT = String.raw`(?:\{\d{1,2}(?:,\d{1,2})?\}|\?)?`;
const HOST_PART = String.raw`(?:[a-z0-9-]|\\\.|${CLASS.replace("A-Z|", "")}${LIMIT})`;
const PATH_PART = String.raw`(?:[A-Za-z0-9_-]|\\[.-]|${CLASS}${LIMIT})`;
const NARROW = new RegExp(
  String.raw`^https://((?:${HOST_PART}|\(${HOST_PART}+\)\??)+)((?:/(?:${PATH_PART}|\(${PATH_PART}+\)\??)+)+)$`,
);

function tooWideRegex(regex: string, domains: readonly string[]): string | undefined {
  if (!regex.startsWith("https://")) return "does not start with https://";
  const bare = regex.replace(/\\./g, "").replace(/\[[^\]]*\]/g, "");
  if (bare.includes(".")) return "has a dot that is not escaped, so it matches any character";
  if (/[|^$]/.test(bare)) {
    return "has an alternative or an anchor, which is not needed: the whole URI is matched";
  }
  if (/[*+]|\{\d*,\}/.test(bare)) return "has a repetition without a limit";
  const host = NARROW.exec(regex)?.[1];
  if (host === undefined) {
    return "has another part than letters, digits, escaped dots, classes of letters and digits with a limit, and a path";
  }
  const covered = domains.some((domain) =>
    domain.startsWith("*.") ? host.endsWith(`\\.${escaped(domain.slice(2))}`) : host === escaped(domain),
  );
  return covered ? slowOrBroken(regex) : `covers another domain than ${domains.join(", ")}`;
}

/** Whether Authentik would send a code to an address, with its semantics: equal, or matched whole. */
export function accepts({ matching, url }: RedirectUri, address: string): boolean {
  // JavaScript reads narrow expressions as Python does. No flag `u`, with which an escaped dash would be an error.
  return matching === "strict" ? url === address : new RegExp(`^(?:${url})$`).test(address);
}

/** Whether a narrow redirect URI leads to a host. */
export function leadsTo({ matching, url }: RedirectUri, host: string): boolean {
  if (matching === "strict") return new URL(url).hostname === host;
  return new RegExp(`^(?:${NARROW.exec(url)?.[1] ?? ""})$`).test(host);
}

/** An address that a narrow redirect URI accepts. */
export function addressOf({ matching, url }: RedirectUri): string {
  return matching === "strict" ? url : sampleOf(url);
}
