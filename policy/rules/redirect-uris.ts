import { isRecord, listOf, textOf, UNKNOWN, type Resource } from "../model";
import { shown, violation, type Rule } from "../rule";
import { AUTHENTIK } from "../tokens";
import { escaped } from "./access";

interface Entry {
  readonly mode: unknown;
  readonly type: unknown;
  readonly url: unknown;
}

function entriesOf(provider: Resource): readonly Entry[] {
  return listOf(provider, "allowedRedirectUris").map((entry) =>
    isRecord(entry)
      ? { mode: entry.matching_mode, type: entry.redirect_uri_type, url: entry.url }
      : { mode: undefined, type: undefined, url: entry },
  );
}

/** Why a strict redirect URI is wider than it must be. */
function strictFault(url: string): string | undefined {
  if (!URL.canParse(url)) return "is no URL";
  const parsed = new URL(url);
  if (parsed.protocol !== "https:") return "is not https";
  if (parsed.username || parsed.password || url.includes("#")) return "carries a user or a fragment";
  if (url.includes("*")) return "carries a wildcard";
  if (parsed.href !== url) return `is not written as a browser sends it (${parsed.href})`;
  if (
    parsed.port ||
    !/[a-z]/.test(parsed.hostname.split(".").at(-1) ?? "") ||
    !parsed.hostname.includes(".")
  ) {
    return "is not on a public host and the standard port";
  }
  return undefined;
}

/**
 * Why a regex covers more than one path on hosts of the tenant domains. Authentik matches it whole (Python's
 * `re.fullmatch`), so anchors at the ends are allowed and not needed.
 */
export function regexFault(regex: string, domains: readonly string[]): string | undefined {
  const whole = regex.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
  if (!whole.startsWith("https://")) return "does not start with https://";
  const bare = whole.replace(/\\[.\-/]/g, "").replace(/\[[^\]\\]*\]/g, "");
  if (bare.includes("|")) return "has an alternative";
  if (bare.includes(".")) return "has a dot that is not escaped, so it matches any character";
  if (bare.includes("\\") || bare.includes("[") || bare.includes("(?"))
    return "has a part that cannot be judged";
  const [host = "", ...path] = whole.slice("https://".length).split(/(?=\/)/);
  if (path.length === 0 || !path.every((part) => /^\/(?:[A-Za-z0-9_-]|\\[.-])+$/.test(part)))
    return "has a path that is not fixed";
  // A label is letters, digits and dashes, however they are written: no dot, so no further label. A class holds ranges
  // within the letters or the digits and a dash at its end: `[--z]` and `[0-z]` would hold dots, slashes and `@`.
  const label = /^(?:[a-z0-9-]|\[(?:[a-z]-[a-z]|\d-\d|[a-z0-9])+-?\]|[()?+]|\{\d+(?:,\d+)?\})+\\\.$/;
  const covered = domains.some((domain) => {
    if (!domain.startsWith("*.")) return host === escaped(domain);
    const parent = escaped(domain.slice(2));
    return host.endsWith(parent) && label.test(host.slice(0, -parent.length));
  });
  return covered ? undefined : `covers another domain than ${domains.join(", ")}`;
}

/** Rules about where a login may come back to. */
export const redirectUriRules: readonly Rule[] = [
  {
    name: "redirect-uris-narrow",
    level: "mandatory",
    reason:
      "A redirect URI that matches more than the application's own address hands codes to whoever owns the rest.",
    mend: "https and matching mode strict; for tenants a regex of one fixed path on the tenant domains, every dot escaped",
    knobs: ["tenantDomains"],
    type: AUTHENTIK.oauth2,
    resource: (provider, { tenantDomains }) => {
      const entries = entriesOf(provider);
      if (entries.length === 0)
        return violation(
          provider,
          `provider ${provider.name} has no redirect URI: the first one used is taken`,
        );
      return entries.flatMap(({ mode, type, url }) => {
        const fault =
          typeof url !== "string"
            ? "is not told by the data"
            : mode === "strict"
              ? strictFault(url)
              : mode === "regex"
                ? regexFault(url, tenantDomains)
                : `has matching mode ${shown(mode)}`;
        const kind =
          type === "authorization" || type === "logout"
            ? undefined
            : type === undefined
              ? "has no redirect_uri_type: the server answers one, and no preview settles"
              : `has type ${shown(type)}`;
        return [fault, kind].flatMap((what) =>
          violation(provider, what && `redirect URI ${shown(url)} of ${provider.name} ${what}`),
        );
      });
    },
  },
  {
    name: "redirect-regex-for-tenants-only",
    level: "mandatory",
    reason:
      "Only the tenant platform has hosts that are not known beforehand; every other application has one address.",
    mend: "use matching mode strict",
    knobs: ["tenantApplication"],
    stack: (stack, { tenantApplication }) =>
      stack.all(AUTHENTIK.oauth2).flatMap((provider) => {
        const owners = stack
          .referrers(AUTHENTIK.application, "protocolProvider", provider)
          .map((owner) => textOf(owner, "slug"));
        if (owners.length === 1 && owners[0] === tenantApplication) return [];
        return entriesOf(provider)
          .filter(({ mode }) => mode !== "strict")
          .flatMap(({ url }) => violation(provider, `${provider.name} has the regex ${shown(url)}`));
      }),
  },
  {
    name: "redirect-uri-of-one-provider",
    level: "mandatory",
    reason:
      "A redirect URI that two providers share lets a code for one application be had through the other.",
    mend: "give each application redirect URIs of its own",
    stack: (stack) => {
      const owners = new Map<unknown, Resource>();
      return stack.all(AUTHENTIK.oauth2).flatMap((provider) =>
        entriesOf(provider).flatMap(({ url }) => {
          const other = owners.get(url);
          if (!other || other === provider || url === UNKNOWN) {
            owners.set(url, provider);
            return [];
          }
          const both = [other.name, provider.name].sort().join(" and of ");
          return violation(provider, `${shown(url)} is a redirect URI of ${both}`);
        }),
      );
    },
  },
];
