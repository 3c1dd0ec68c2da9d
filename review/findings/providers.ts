import { tooWide } from "../../components/applications/redirect-uris";
import { compare, type Application, type ReturnUri } from "../model/applications";
import type { Finding } from "./finding";
import type { Pair } from "../model/picture";
import { isAnchored, isNarrow } from "../model/public-path";
import { names, say, words } from "../../shell/words";

/**
 * Addresses that people may be sent back to, with what proves who they are.
 *
 * @param firstTime nothing is deployed yet, so only what is too wide by itself is told.
 */
export function uriFindings(old: readonly ReturnUri[], now: Application, firstTime: boolean): Finding[] {
  const id = ({ matching, logout, url }: ReturnUri) => `${matching} ${logout ? "logout " : ""}${url}`;
  const when = ({ logout }: ReturnUri) => words(logout ? " after logging out" : "");
  const had = new Set(old.map(id));
  const has = new Set(now.redirectUris.map(id));
  const added = now.redirectUris.filter((uri) => !had.has(id(uri)));
  const removed = old.filter((uri) => !has.has(id(uri)));
  const findings = added.map((uri): Finding => {
    // Our words; what stands in brackets is the URI once more.
    const wide = tooWide(uri, [])?.replace(/ \(.*\)$/s, "");
    if (uri.matching === "regex") {
      // Which domains it may cover is for whoever reads it, and for the policy pack.
      const broken = wide?.startsWith("covers another domain") ? undefined : wide;
      if (firstTime && broken === undefined)
        return {
          rule: "redirect-uri",
          text: say`Lets ${now.slug} send people to whatever matches ${uri.url}.`,
        };
      const why = broken === undefined ? [] : words(`; it ${broken}`);
      return {
        rule: "redirect-uri-wide",
        text: say`Lets ${now.slug} send people to whatever matches ${uri.url}${why}.`,
      };
    }
    return wide === undefined
      ? { rule: "redirect-uri", text: say`Lets ${now.slug} send people to ${uri.url}${when(uri)}.` }
      : {
          rule: "redirect-uri-wide",
          text: say`Lets ${now.slug} send people to ${uri.url}, which ${words(wide)}.`,
        };
  });
  if (firstTime) return findings.filter(({ rule }) => rule === "redirect-uri-wide");
  return [
    ...findings,
    ...removed.map((uri): Finding => ({
      rule: "redirect-uri",
      text: say`No longer lets ${now.slug} send people to ${uri.url}${when(uri)}.`,
    })),
  ];
}

/**
 * Paths that are served without a login.
 *
 * @param had those that were served so before.
 */
export function pathFindings(had: readonly string[], now: Application): Finding[] {
  const added = now.publicPaths.filter((path) => !had.includes(path));
  const removed = had.filter((path) => !now.publicPaths.includes(path));
  return [
    ...added.map((path): Finding => {
      if (isNarrow(path))
        return { rule: "public-path", text: say`Serves ${path} of ${now.slug} without a login.` };
      return {
        rule: "public-path-wide",
        text: isAnchored(path)
          ? say`Serves more of ${now.slug} than single paths or a folder without a login: whatever matches ${path}.`
          : say`Serves every path of ${now.slug} in which ${path} is found without a login.`,
      };
    }),
    ...removed.map((path): Finding => ({
      rule: "public-path",
      text: say`No longer serves ${path} of ${now.slug} without a login.`,
    })),
  ];
}

/** What an application is told about people. */
export function claimFindings(old: Application, now: Application): Finding[] {
  const told = now.claims.filter((claim) => !old.claims.includes(claim));
  const kept = old.claims.filter((claim) => !now.claims.includes(claim));
  const findings: Finding[] = [];
  if (told.length > 0)
    findings.push({ rule: "claims", text: say`Tells ${now.slug} the claims ${names(told)}.` });
  if (kept.length > 0)
    findings.push({ rule: "claims", text: say`No longer tells ${now.slug} the claims ${names(kept)}.` });
  // Two mappings of one scope are merged: a further one may add groups to those that are told already.
  for (const [key, { scope, name, shipped }] of now.mappings) {
    if (old.mappings.has(key) || shipped) continue;
    const text = old.claims.includes(scope)
      ? say`A further scope mapping, ${name ?? key}, tells ${now.slug} about ${scope}: read the change.`
      : say`A new scope mapping, ${name ?? key}, tells ${now.slug} about people: read the change.`;
    findings.push({ rule: "mapping", text });
  }
  // A scope that goes with its mapping is told as a claim.
  for (const [key, { scope, name, shipped }] of old.mappings) {
    if (now.mappings.has(key) || !(shipped ? now.claims.includes(shipped) : now.claims.includes(scope)))
      continue;
    const text = say`Scope mapping ${name ?? shipped ?? key} no longer tells ${now.slug} about ${scope || (shipped ?? "")}, others still do: read the change.`;
    findings.push({ rule: "mapping", text });
  }
  return findings;
}

/** Mappings whose content changes, each once, with the applications that are told it. */
export function mappingFindings(
  applications: readonly Pair<Application>[],
  nameOfMapping: (key: string) => string,
): Finding[] {
  const told = new Map<string, string[]>();
  for (const { before, after } of applications) {
    if (!before || !after) continue;
    for (const [key, { content }] of after.mappings) {
      const was = before.mappings.get(key)?.content;
      if (was === undefined || was === content) continue;
      const known = told.get(key);
      if (known) known.push(after.slug);
      else told.set(key, [after.slug]);
    }
  }
  return [...told].map(([key, slugs]) => ({
    rule: "mapping",
    text: say`Scope mapping ${nameOfMapping(key)} tells something else to ${names(slugs.sort(compare))}: read the change.`,
  }));
}
