import { folderOf, type PublicPath } from "../components/applications/public-paths";
import { strict, tenants, tooWide, type RedirectUri } from "../components/applications/redirect-uris";
import { checkForms } from "./application-forms";
import type { ClientCredentials, Credentials, Hosting, Settings } from "./config";
import { isHostName, isIngressHost, KUBERNETES_NAME } from "./forms";
import type { Application, Organisation, TenantPlatform } from "./organisation";
import { didYouMean, nearest, type Problem } from "./problem";
import { checkOverlaps } from "./redirect-overlaps";
import { duplicates } from "./roster";

const APPLICATIONS_FILE = "the stack's applications.ts";

/** Public host of Authentik. */
export function authHost({ domain, hosts }: Hosting): string {
  return hosts.auth ?? `auth.${domain}`;
}

/** An application with one public host; the tenant platform has many. */
type Hosted = Exclude<Application, TenantPlatform>;

/** Public host of an application. */
export function hostOf({ slug, label }: Hosted, { domain, hosts }: Hosting): string {
  return own(hosts, slug) ?? `${label}.${domain}`;
}

/** A host by slug; slugs are data, and a plain object answers to `constructor` too. */
function own(hosts: Hosting["hosts"], slug: string): string | undefined {
  return Object.hasOwn(hosts, slug) ? hosts[slug] : undefined;
}

/** Every redirect URI of an application; none for one behind the proxy, whose provider makes its own. */
export function redirectUrisOf(application: Application, hosting: Hosting): RedirectUri[] {
  switch (application.mode) {
    case "proxy":
      return [];
    case "oidc": {
      const host = hostOf(application, hosting);
      const further = (application.redirectUris ?? []).map((url): RedirectUri => ({
        matching: "strict",
        url,
      }));
      return [...application.redirectPaths.map((path) => strict(host, path)), ...further];
    }
    case "tenants": {
      const further = (application.redirectRegexes ?? []).map((url): RedirectUri => ({
        matching: "regex",
        url,
      }));
      return [
        ...application.tenants.map((domain) => tenants(domain, hosting.tenantRedirectPath)),
        ...further,
      ];
    }
  }
}

/**
 * A folder or pattern that does not begin with a folder of a name would take the login away from the whole application.
 * So would the root.
 */
function opensEverything(path: PublicPath): boolean {
  if ("exact" in path) return path.exact === "/";
  return !/[A-Za-z0-9]/.test(folderOf(path) ?? "");
}

/** The type demands access; data that was generated or cast can still come without. */
function accessOf({ access }: { readonly access?: readonly string[] }): readonly string[] {
  return access ?? [];
}

/** Read in Authentik's `core/models.py`, 2026.5. */
const RESERVED_SLUGS = new Set(["authorize", "token", "device", "userinfo", "introspect", "revoke"]);

/** Everything that is wrong with the applications of an organisation. */
export function checkApplications(organisation: Organisation, hosting: Hosting): Problem[] {
  const { applications } = organisation;
  const problems: Problem[] = [];
  const groupNames = organisation.groups.map((group) => group.name);
  const correct = `correct it in ${APPLICATIONS_FILE}`;

  for (const application of applications) {
    const key = `applications: ${application.slug}`;
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(application.slug) || application.slug.length > 50) {
      problems.push({
        key,
        value: application.slug,
        expected: "a slug of lower-case letters, digits and single dashes, at most 50 characters",
        mend: correct,
      });
    }
    if (RESERVED_SLUGS.has(application.slug)) {
      problems.push({
        key,
        value: application.slug,
        expected: `another slug than ${[...RESERVED_SLUGS].join(", ")}: Authentik's own addresses begin so`,
        mend: correct,
      });
    }
    const host = application.mode === "tenants" ? undefined : hostOf(application, hosting);
    problems.push(...checkForms(application, host));
    const access = accessOf(application);
    if (access.length === 0) {
      problems.push({
        key,
        value: "access: []",
        expected:
          "at least one group that may enter: an application without one is open to everyone or to nobody",
        mend: `name the groups in ${APPLICATIONS_FILE}, e.g. access: [${JSON.stringify(organisation.staffGroup)}]`,
      });
    }
    for (const group of access) {
      if (groupNames.includes(group)) continue;
      const guess = nearest(group, groupNames);
      problems.push({
        key,
        value: group,
        expected: `one of the groups ${groupNames.join(", ")}${didYouMean(guess)}`,
        mend: correct,
      });
    }
    for (const group of duplicates(access)) {
      problems.push({ key, value: group, expected: "each group once", mend: correct });
    }
    const domains = application.mode === "tenants" ? application.tenants : [];
    for (const domain of domains) {
      // `*.app` would be every site of a registry.
      if (/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)) continue;
      problems.push({
        key,
        value: domain,
        expected: "a host, or `*.` before a domain of ours",
        mend: correct,
      });
    }
    for (const uri of redirectUrisOf(application, hosting)) {
      const reason = tooWide(uri, domains);
      if (reason) {
        problems.push({
          key,
          value: uri.url,
          expected: `a narrow redirect URI; this one ${reason}`,
          mend: correct,
        });
      }
    }
    if (application.mode === "proxy") {
      for (const path of application.publicPaths) {
        const text = "exact" in path ? path.exact : "below" in path ? path.below : path.pattern;
        if (
          !/^(?:\/[A-Za-z0-9_.*-]*)+$/.test(text) ||
          /\.\.|\/\/|\/\.(?:\/|$)/.test(text) ||
          text.startsWith("/outpost.goauthentik.io") ||
          (!("pattern" in path) && text.includes("*")) ||
          ("below" in path && !text.endsWith("/")) ||
          opensEverything(path)
        ) {
          problems.push({
            key,
            value: text,
            expected:
              "a plain path; a folder ends in a slash, what varies is `*` of a pattern in a folder, and none opens everything or what is the outpost's own",
            mend: correct,
          });
        }
      }
    }
  }

  const places = (label: string, entries: readonly (readonly [string, Application])[], expected: string) => {
    for (const value of duplicates(entries.map(([entry]) => entry))) {
      const slugs = entries.filter(([entry]) => entry === value).map(([, application]) => application.slug);
      problems.push({
        key: `applications: ${slugs.join(" and ")}`,
        value: `${label} ${value}`,
        expected,
        mend: correct,
      });
    }
  };
  places(
    "slug",
    applications.map((application) => [application.slug, application]),
    "a slug of its own for each",
  );
  places(
    "provider",
    applications.flatMap((application) =>
      application.existingProviderId === undefined
        ? []
        : [[String(application.existingProviderId), application] as const],
    ),
    "a provider of its own for each: one provider in two applications mixes up who may enter",
  );
  places(
    "binding",
    applications.flatMap((application) =>
      [...new Set(accessOf(application))].map(
        (group) => [`${application.slug}-${group}`, application] as const,
      ),
    ),
    "slugs that with their groups make names of their own: what opens an application to a group is named by both",
  );
  // Only a login button and a proxy before one and the same application share a host.
  const hosted = applications.flatMap((application) =>
    application.mode === "tenants" ? [] : [[hostOf(application, hosting), application] as const],
  );
  const buttons = hosted.filter(([, { mode }]) => mode === "oidc");
  const behind = hosted.filter(([, { mode }]) => mode === "proxy");
  for (const entries of [buttons, behind]) places("host", entries, "a host of its own for each");
  for (const [host, button] of buttons) {
    for (const [other, proxied] of behind) {
      if (host !== other || button.namespace === proxied.namespace) continue;
      problems.push({
        key: `applications: ${button.slug} and ${proxied.slug}`,
        value: `host ${host}`,
        expected: "a host of its own for each, unless they are one application in one namespace",
        mend: correct,
      });
    }
  }
  places(
    "redirect URI",
    applications.flatMap((application) =>
      redirectUrisOf(application, hosting).map(({ url }) => [url, application] as const),
    ),
    "a redirect URI of its own for each: a code for one application must not be had through another",
  );
  problems.push(
    ...checkOverlaps(
      applications.map((application) => ({
        slug: application.slug,
        host: application.mode === "tenants" ? undefined : hostOf(application, hosting),
        uris: redirectUrisOf(application, hosting),
        domains: application.mode === "tenants" ? application.tenants : [],
      })),
      authHost(hosting),
    ),
  );
  for (const [host, { slug }] of hosted) {
    if (host !== authHost(hosting)) continue;
    problems.push({
      key: `applications: ${slug}`,
      value: `host ${host}`,
      expected: "another host than Authentik's own",
      mend: correct,
    });
  }
  return problems;
}

/** Entries of `hosts` that are of no application with one host, or cannot be the host of what they name. */
export function checkHosts(
  { applications }: Pick<Organisation, "applications">,
  { hosts }: Pick<Hosting, "hosts">,
  stack: string,
): Problem[] {
  const slugs = applications.filter(({ mode }) => mode !== "tenants").map(({ slug }) => slug);
  return Object.entries(hosts).flatMap(([slug, host]) => {
    const path = `--path 'plana-sso:hosts.${slug}'`;
    if (slug !== "auth" && !slugs.includes(slug)) {
      const many = applications.some((application) => application.slug === slug);
      const guess = didYouMean(nearest(slug, [...slugs, "auth"]));
      return {
        key: "plana-sso:hosts",
        value: slug,
        expected: `\`auth\` or the slug of an application${many ? " with one host; the tenants' are in applications.ts" : guess}`,
        mend: `pulumi config rm ${path} --stack ${stack}`,
      };
    }
    const proxied = applications.some(
      (application) => application.slug === slug && application.mode === "proxy",
    );
    if (isIngressHost(host) || !(slug === "auth" || proxied)) return [];
    return {
      key: `plana-sso:hosts.${slug}`,
      value: host,
      expected: "a host name: an Ingress takes no address",
      mend: `pulumi config set ${path} <host> --stack ${stack}`,
    };
  });
}

/** Namespaces that are in every cluster already. */
const BUILT_IN_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Everything that is right by itself and wrong together: data of an organisation and settings of a stack. */
export function checkConfigured(
  { applications }: Pick<Organisation, "applications">,
  settings: Pick<
    Settings,
    "stack" | "domain" | "hosts" | "tenantRedirectPath" | "namespacePrefix" | "createConsumerNamespaces"
  >,
): Problem[] {
  const { stack, namespacePrefix } = settings;
  const problems: Problem[] = [];
  const host = authHost(settings);
  if (!isHostName(host)) {
    problems.push({
      key: "plana-sso:domain",
      value: settings.domain,
      expected: `a domain under which ${JSON.stringify(host)} is a host name`,
      mend: `pulumi config set plana-sso:domain <domain> --stack ${stack}`,
    });
  }
  for (const { slug, namespace } of applications) {
    const name = `${namespacePrefix}${namespace}`;
    if (
      settings.createConsumerNamespaces &&
      [...BUILT_IN_NAMESPACES, `${namespacePrefix}authentik`].includes(name)
    ) {
      problems.push({
        key: `applications: ${slug}`,
        value: `namespace: ${namespace}`,
        expected: `a namespace that can be made: ${name} is Kubernetes' or Authentik's own`,
        mend: `correct it in ${APPLICATIONS_FILE}, or: pulumi config set plana-sso:consumerNamespaces existing --stack ${stack}`,
      });
    }
    if (KUBERNETES_NAME.test(name)) continue;
    problems.push({
      key: "plana-sso:namespacePrefix",
      value: namespacePrefix,
      expected: `a prefix with which the namespace of ${slug}, ${JSON.stringify(name)}, has at most 63 characters`,
      mend: `pulumi config set plana-sso:namespacePrefix <prefix> --stack ${stack}`,
    });
  }
  return problems;
}

/** Everything that is wrong with the credentials of OIDC clients that exist already. */
export function checkClients(
  organisation: Organisation,
  { stack, clients, embeddedOutpostId }: Credentials,
): Problem[] {
  const problems: Problem[] = [];
  const withClient = organisation.applications.filter(({ mode }) => mode !== "proxy");
  const slugs = withClient.map(({ slug }) => slug);
  const set = (slug: string) =>
    `pulumi config set --secret --path 'plana-sso:clients.${slug}.clientSecret' --stack ${stack}`;
  for (const slug of Object.keys(clients)) {
    if (slugs.includes(slug)) continue;
    const guess = nearest(slug, slugs);
    problems.push({
      key: "plana-sso:clients",
      value: slug,
      expected: `the slug of an application with an OIDC client${didYouMean(guess)}`,
      mend: `pulumi config rm --path 'plana-sso:clients.${slug}' --stack ${stack}`,
    });
  }
  const clientIds = withClient.flatMap(
    (application) =>
      clientOf(clients, application.slug)?.clientId ??
      (application.mode === "tenants" ? application.clientId : []),
  );
  for (const clientId of duplicates(clientIds)) {
    problems.push({
      key: "applications: clientId",
      value: clientId,
      expected: "a client id of its own for each application",
      mend: `correct it in ${APPLICATIONS_FILE}, or plana-sso:clients`,
    });
  }
  // With the outpost's id the stack says that it belongs to the Authentik that runs already; there, a generated secret
  // would cut off every consumer that has the old one.
  for (const { slug, existingProviderId } of embeddedOutpostId === undefined ? [] : withClient) {
    if (existingProviderId === undefined || clientOf(clients, slug)?.clientSecret) continue;
    problems.push({
      key: `plana-sso:clients.${slug}.clientSecret`,
      expected: `the client secret of provider ${existingProviderId}, which its consumer has already`,
      mend: set(slug),
    });
  }
  return problems;
}

/** Credentials by slug; slugs are data, and a plain object answers to `constructor` too. */
export function clientOf(clients: Settings["clients"], slug: string): ClientCredentials | undefined {
  return Object.hasOwn(clients, slug) ? clients[slug] : undefined;
}
