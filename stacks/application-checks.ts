import { folderOf, type PublicPath } from "../components/applications/public-paths";
import { tooWide, type RedirectUri } from "../components/applications/redirect-uris";
import { checkForms } from "./application-forms";
import type { Hosting } from "./config";
import { authHost, hostOf, redirectUrisOf } from "./hosting";
import type { Application, Organisation } from "./organisation";
import { didYouMean, nearest, type Problem } from "./problem";
import { checkOverlaps } from "./redirect-overlaps";
import { duplicates } from "./roster";

const APPLICATIONS_FILE = "the stack's applications.ts";

const CORRECT = `correct it in ${APPLICATIONS_FILE}`;

/** An application with what follows from where it is hosted. */
interface Placed {
  readonly application: Application;
  readonly access: readonly string[];
  /** Absent for the tenant platform, which has many. */
  readonly host?: string;
  readonly uris: readonly RedirectUri[];
  /** Domains that its regexes may cover. */
  readonly domains: readonly string[];
}

/** The type demands access; data that was generated or cast can still come without. */
function accessOf({ access }: { readonly access?: readonly string[] }): readonly string[] {
  return access ?? [];
}

/** Everything that is wrong with the applications of an organisation. */
export function checkApplications(organisation: Organisation, hosting: Hosting): Problem[] {
  const placed = organisation.applications.map((application): Placed => ({
    application,
    access: accessOf(application),
    host: application.mode === "tenants" ? undefined : hostOf(application, hosting),
    uris: redirectUrisOf(application, hosting),
    domains: application.mode === "tenants" ? application.tenants : [],
  }));
  return [
    ...placed.flatMap((one) => checkAlone(one, organisation)),
    ...checkTogether(placed, authHost(hosting)),
  ];
}

/** Read in Authentik's `core/models.py`, 2026.5. */
const RESERVED_SLUGS = new Set(["authorize", "token", "device", "userinfo", "introspect", "revoke"]);

/** What is wrong with an application by itself. */
function checkAlone(
  { application, access, host, uris, domains }: Placed,
  organisation: Organisation,
): Problem[] {
  const { slug } = application;
  const problems: Problem[] = [];
  const wrong = (value: string, expected: string, mend = CORRECT) =>
    problems.push({ key: `applications: ${slug}`, value, expected, mend });

  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(slug) || slug.length > 50)
    wrong(slug, "a slug of lower-case letters, digits and single dashes, at most 50 characters");
  if (RESERVED_SLUGS.has(slug))
    wrong(slug, `another slug than ${[...RESERVED_SLUGS].join(", ")}: Authentik's own addresses begin so`);
  problems.push(...checkForms(application, host));

  const groups = organisation.groups.map(({ name }) => name);
  if (access.length === 0) {
    wrong(
      "access: []",
      "at least one group that may enter: an application without one is open to everyone or to nobody",
      `name the groups in ${APPLICATIONS_FILE}, e.g. access: [${JSON.stringify(organisation.staffGroup)}]`,
    );
  }
  for (const group of access.filter((one) => !groups.includes(one)))
    wrong(group, `one of the groups ${groups.join(", ")}${didYouMean(nearest(group, groups))}`);
  for (const group of duplicates(access)) wrong(group, "each group once");

  // `*.app` would be every site of a registry.
  for (const domain of domains.filter((one) => !/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(one)))
    wrong(domain, "a host, or `*.` before a domain of ours");
  for (const uri of uris) {
    const reason = tooWide(uri, domains);
    if (reason) wrong(uri.url, `a narrow redirect URI; this one ${reason}`);
  }
  for (const path of application.mode === "proxy" ? application.publicPaths : []) {
    const text = "exact" in path ? path.exact : "below" in path ? path.below : path.pattern;
    if (isPlain(path, text)) continue;
    wrong(
      text,
      "a plain path; a folder ends in a slash, what varies is `*` of a pattern in a folder, and none opens everything or what is the outpost's own",
    );
  }
  return problems;
}

function isPlain(path: PublicPath, text: string): boolean {
  return (
    /^(?:\/[A-Za-z0-9_.*-]*)+$/.test(text) &&
    !/\.\.|\/\/|\/\.(?:\/|$)/.test(text) &&
    !text.startsWith("/outpost.goauthentik.io") &&
    ("pattern" in path || !text.includes("*")) &&
    (!("below" in path) || text.endsWith("/")) &&
    !opensEverything(path)
  );
}

/**
 * A folder or pattern that does not begin with a folder of a name would take the login away from the whole application.
 * So would the root.
 */
function opensEverything(path: PublicPath): boolean {
  if ("exact" in path) return path.exact === "/";
  return !/[A-Za-z0-9]/.test(folderOf(path) ?? "");
}

/** What is wrong with applications beside each other. */
function checkTogether(placed: readonly Placed[], auth: string): Problem[] {
  const problems: Problem[] = [];
  const wrong = (slugs: readonly string[], value: string, expected: string) =>
    problems.push({ key: `applications: ${slugs.join(" and ")}`, value, expected, mend: CORRECT });
  /** Each application's own values, none of which another may have. */
  const places = (
    label: string,
    among: readonly Placed[],
    valuesOf: (one: Placed) => readonly (string | number | undefined)[],
    expected: string,
  ) => {
    const entries = among.flatMap((one) =>
      valuesOf(one).flatMap((value) => (value === undefined ? [] : { value, slug: one.application.slug })),
    );
    for (const again of duplicates(entries.map(({ value }) => value))) {
      const slugs = entries.filter(({ value }) => value === again).map(({ slug }) => slug);
      wrong(slugs, `${label} ${again}`, expected);
    }
  };
  places("slug", placed, ({ application }) => [application.slug], "a slug of its own for each");
  places(
    "provider",
    placed,
    ({ application }) => [application.existingProviderId],
    "a provider of its own for each: one provider in two applications mixes up who may enter",
  );
  places(
    "binding",
    placed,
    ({ application, access }) => [...new Set(access)].map((group) => `${application.slug}-${group}`),
    "slugs that with their groups make names of their own: what opens an application to a group is named by both",
  );
  // Only a login button and a proxy before one and the same application share a host.
  const buttons = placed.filter(({ application }) => application.mode === "oidc");
  const behind = placed.filter(({ application }) => application.mode === "proxy");
  for (const among of [buttons, behind])
    places("host", among, ({ host }) => [host], "a host of its own for each");
  for (const { application: button, host } of buttons) {
    for (const { application: proxied } of behind.filter((other) => other.host === host)) {
      if (button.namespace === proxied.namespace) continue;
      wrong(
        [button.slug, proxied.slug],
        `host ${host}`,
        "a host of its own for each, unless they are one application in one namespace",
      );
    }
  }
  places(
    "redirect URI",
    placed,
    ({ uris }) => uris.map(({ url }) => url),
    "a redirect URI of its own for each: a code for one application must not be had through another",
  );
  problems.push(
    ...checkOverlaps(
      placed.map(({ application: { slug }, host, uris, domains }) => ({ slug, host, uris, domains })),
      auth,
    ),
  );
  for (const { application, host } of placed)
    if (host === auth) wrong([application.slug], `host ${host}`, "another host than Authentik's own");
  return problems;
}
