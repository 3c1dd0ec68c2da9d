import {
  accepts,
  addressOf,
  leadsTo,
  tooWide,
  type RedirectUri,
} from "../components/applications/redirect-uris";
import type { Problem } from "./problem";

/** An application as far as its redirect URIs can meet another's. */
export interface Redirecting {
  readonly slug: string;
  /** Public host, where it has one. */
  readonly host?: string;
  readonly uris: readonly RedirectUri[];
  /** Domains that its regexes may cover. */
  readonly domains: readonly string[];
}

const MEND =
  "correct it in the stack's applications.ts, or plana-sso:domain or plana-sso:hosts, whichever is wrong";

/**
 * Every redirect URI that accepts an address of another application, or leads to its host or Authentik's own. URIs of
 * one text are told elsewhere, and so are those that are too wide.
 */
export function checkOverlaps(applications: readonly Redirecting[], authHost: string): Problem[] {
  const narrow = applications.map((application) => ({
    ...application,
    uris: application.uris.filter((uri) => tooWide(uri, application.domains) === undefined),
  }));
  const met = new Set<string>();
  return narrow.flatMap((application) => {
    const own = application.host;
    // Only these can meet what has another text, or lead to another host.
    const uris = application.uris.filter((uri) => own === undefined || !strictOn(uri, own));
    if (uris.length === 0) return [];
    const toAuthentik = own === authHost ? undefined : uris.find((uri) => leadsTo(uri, authHost));
    const problems = toAuthentik
      ? [
          problem(
            application.slug,
            toAuthentik,
            `a redirect URI that does not lead to Authentik's own host, ${authHost}`,
          ),
        ]
      : [];
    for (const other of narrow) {
      // Two regexes can each accept what the other is shown by; the pair is told once.
      if (other.slug === application.slug || met.has(`${other.slug} ${application.slug}`)) continue;
      const shared = uris.find((uri) =>
        other.uris.some(({ url, ...rest }) => url !== uri.url && accepts(uri, addressOf({ url, ...rest }))),
      );
      if (shared) {
        met.add(`${application.slug} ${other.slug}`);
        const expected = `one that accepts no address of ${other.slug}: a code for one application must not be had through another`;
        problems.push(problem(`${application.slug} and ${other.slug}`, shared, expected));
        continue;
      }
      const { host } = other;
      if (host === undefined || own === host) continue;
      const led = uris.find((uri) => leadsTo(uri, host) && !other.uris.some(({ url }) => url === uri.url));
      if (led) {
        const expected = `one that does not lead to ${host}, the host of ${other.slug}`;
        problems.push(problem(`${application.slug} and ${other.slug}`, led, expected));
      }
    }
    return problems;
  });
}

function strictOn(uri: RedirectUri, host: string): boolean {
  return uri.matching === "strict" && leadsTo(uri, host);
}

function problem(slugs: string, { url }: RedirectUri, expected: string): Problem {
  return { key: `applications: ${slugs}`, value: `redirect URI ${url}`, expected, mend: MEND };
}
