import { openingText } from "../model/access";
import { compare, nameOf, type Application } from "../model/applications";
import type { Finding } from "./finding";
import { each } from "./people";
import type { Pair, Picture } from "../model/picture";
import { claimFindings, pathFindings, uriFindings } from "./providers";
import { text, TYPES } from "../model/snapshot";
import { names, say, words } from "../../shell/words";

/** What only the browser uses; every other grant is a way past the doors. */
const BROWSER_GRANTS = new Set(["authorization_code", "refresh_token"]);

/** What becomes of the applications: who may enter, by which addresses, and what they are told. */
export function applicationFindings(
  before: Picture,
  after: Picture,
  applications: readonly Pair<Application>[],
  firstTime: boolean,
): Finding[] {
  const added = applications.flatMap(({ before: old, after: now }) => (old || !now ? [] : [now]));
  return [
    ...sharedProviders(before, after),
    ...sharedHosts(before, after),
    ...each(
      "application-added",
      added,
      ({ slug }) => slug,
      ({ slug, openings }) =>
        openings.length > 0
          ? say`Adds application ${slug}, open to ${names(openings.map(openingText))}.`
          : say`Adds application ${slug}.`,
      (listed) => say`Adds the applications ${listed}.`,
    ),
    ...applications.flatMap(({ before: old, after: now }) =>
      now
        ? [
            ...stateFindings(now, old, before, after),
            ...(old ? differences(old, now) : brought(now, firstTime)),
          ]
        : [],
    ),
  ];
}

/** Addresses and public paths of a new application; of a first deployment only what is too wide. */
function brought(now: Application, firstTime: boolean): Finding[] {
  const paths = pathFindings([], now).filter(({ rule }) => !firstTime || rule === "public-path-wide");
  return [...uriFindings([], now, firstTime), ...paths];
}

/** A token or a code for one application is good for every other application of its provider. */
function sharedProviders(before: Picture, after: Picture): Finding[] {
  const users = (picture: Picture) => {
    const byProvider = new Map<string, string[]>();
    for (const { provider, slug } of picture.applications.values()) {
      if (provider) byProvider.set(provider.key, [...(byProvider.get(provider.key) ?? []), slug]);
    }
    return byProvider;
  };
  const earlier = users(before);
  return [...users(after)].flatMap(([provider, slugs]) => {
    if (slugs.length < 2) return [];
    const item = [...after.applications.values()].find((one) => one.provider?.key === provider)?.provider
      ?.item;
    return [
      {
        rule: "provider-shared" as const,
        text: say`Provider ${nameOf(item) ?? provider} serves ${names(slugs.sort(compare))}: what lets into one lets into the others.`,
        standing: (earlier.get(provider)?.length ?? 0) >= slugs.length,
      },
    ];
  });
}

/** Two providers before one address: which of them decides who may enter is left to chance. */
function sharedHosts(before: Picture, after: Picture): Finding[] {
  const hosts = (picture: Picture) => {
    const byHost = new Map<string, string[]>();
    for (const item of picture.state.ofType(TYPES.proxy)) {
      const host = text(item, "externalHost").replace(/\/+$/, "").toLowerCase();
      if (host !== "") byHost.set(host, [...(byHost.get(host) ?? []), nameOf(item) ?? item.key]);
    }
    return byHost;
  };
  const earlier = hosts(before);
  return [...hosts(after)].flatMap(([host, providers]) =>
    providers.length < 2
      ? []
      : [
          {
            rule: "outpost-host" as const,
            text: say`Providers ${names(providers.sort(compare))} stand before the same address, ${host}: either may decide who enters.`,
            standing: (earlier.get(host)?.length ?? 0) >= providers.length,
          },
        ],
  );
}

/** What may not be, whether it is new or not. */
function stateFindings(
  now: Application,
  old: Application | undefined,
  before: Picture,
  after: Picture,
): Finding[] {
  const findings: Finding[] = [];
  const { slug, openings, mode } = now;
  if (openings.length === 0) {
    const text = after.settings.openByDefault
      ? say`Application ${slug} is OPEN TO EVERYONE: no group is bound to it.`
      : say`Application ${slug} has no group bound to it: only the server's setting core_default_app_access keeps everyone out.`;
    const standing =
      old?.openings.length === 0 && before.settings.openByDefault === after.settings.openByDefault;
    findings.push({ rule: "application-open", text, standing });
  }
  for (const opening of openings) {
    if (opening.kind !== "policy" || !opening.passesOnError) continue;
    findings.push({
      rule: "passes-on-error",
      text: say`Application ${slug} lets people in when policy ${opening.name} breaks.`,
      standing: old?.openings.some(({ key, passesOnError }) => key === opening.key && passesOnError) === true,
    });
  }
  for (const opening of openings) {
    if (!opening.negate) continue;
    findings.push({
      rule: "application-open",
      text: say`Application ${slug} is open to ${openingText(opening)}, accounts that are not on the roster included.`,
      standing: old?.openings.some(({ key, negate }) => key === opening.key && negate) === true,
    });
  }
  for (const weakness of now.weaknesses) {
    findings.push({
      rule: "provider-weak",
      text: say`Application ${slug} ${words(weakness)}.`,
      standing: old?.weaknesses.includes(weakness) === true,
    });
  }
  const grants = now.grantTypes.filter((grant) => !BROWSER_GRANTS.has(grant));
  if (grants.length > 0) {
    findings.push({
      rule: "grant-type",
      text: say`Application ${slug} grants ${names(grants)}, a login without a browser and without a second factor.`,
      standing: old !== undefined && grants.every((grant) => old.grantTypes.includes(grant)),
    });
  }
  if (mode === "proxy" && !now.served) {
    findings.push({
      rule: "outpost-detached",
      text: say`No outpost serves application ${slug}: its login answers 404.`,
      standing: old?.mode === "proxy" && !old.served,
    });
  }
  return findings;
}

function differences(old: Application, now: Application): Finding[] {
  const findings: Finding[] = [];
  const { slug } = now;
  const [was, is] = [old.openings.map(openingText), now.openings.map(openingText)];
  const opened = now.openings.filter(
    ({ key, negate }) => !old.openings.some((one) => one.key === key && one.negate === negate),
  );
  const closed = old.openings.filter(
    ({ key, negate }) => !now.openings.some((one) => one.key === key && one.negate === negate),
  );
  if (opened.length > 0)
    findings.push({
      rule: "application-access",
      text: say`Opens ${slug} to ${names(opened.map(openingText))}.`,
    });
  if (closed.length > 0)
    findings.push({
      rule: "application-access",
      text: say`Closes ${slug} to ${names(closed.map(openingText))}.`,
    });
  if (old.engine !== now.engine && Math.max(was.length, is.length) > 1) {
    const text =
      now.engine === "any"
        ? say`One of ${names(is)} is now enough for ${slug}.`
        : say`All of ${names(is)} are now needed for ${slug}.`;
    findings.push({ rule: "application-access", text });
  }
  for (const field of ["slug", "clientId"] as const) {
    if (old[field] === now[field] || old[field] === "") continue;
    const text =
      field === "slug"
        ? say`Renames application ${old.slug} to ${now.slug}: its addresses change at once.`
        : say`Changes the client id of ${slug}: its logins fail until it knows the new one.`;
    findings.push({ rule: "client-changed", text });
  }
  if (old.provider?.key !== now.provider?.key) {
    const name = nameOf(now.provider?.item) ?? now.provider?.key;
    const text = name
      ? say`Application ${slug} moves to provider ${name}.`
      : say`Application ${slug} loses its provider.`;
    findings.push({ rule: "application-provider", text });
  }
  if (old.signingKey !== now.signingKey && old.signingKey !== "" && now.signingKey !== "") {
    findings.push({
      rule: "provider-weak",
      text: say`Application ${slug} signs its tokens with another key than before: whoever holds that key can log in as anybody.`,
    });
  }
  for (const weakness of old.weaknesses) {
    if (now.weaknesses.includes(weakness) || weakness.startsWith("grants no")) continue;
    findings.push({
      rule: "application-provider",
      text: say`Application ${slug} no longer ${words(weakness)}.`,
    });
  }
  // Without the authorization code nobody logs in, which is told as that.
  const ungranted = old.grantTypes.filter(
    (grant) => grant !== "authorization_code" && !now.grantTypes.includes(grant),
  );
  if (ungranted.length > 0) {
    findings.push({
      rule: "application-provider",
      text: say`Application ${slug} no longer grants ${names(ungranted)}.`,
    });
  }
  const granted = now.grantTypes.filter(
    (grant) => BROWSER_GRANTS.has(grant) && !old.grantTypes.includes(grant),
  );
  if (granted.length > 0)
    findings.push({
      rule: "application-provider",
      text: say`Application ${slug} now grants ${names(granted)}.`,
    });
  if (old.front !== now.front && now.front !== "" && old.front !== "") {
    findings.push({
      rule: "application-provider",
      text: say`The proxy before ${slug} serves ${now.front} in place of ${old.front}.`,
    });
  }
  if (now.served && !old.served && now.mode === "proxy" && old.mode === "proxy") {
    findings.push({ rule: "outpost", text: say`An outpost serves ${slug} again.` });
  }
  return [
    ...findings,
    ...uriFindings(old.redirectUris, now, false),
    ...pathFindings(old.publicPaths, now),
    ...claimFindings(old, now),
  ];
}
