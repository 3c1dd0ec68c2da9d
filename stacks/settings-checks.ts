import type { Credentials, Hosting, Settings } from "./config";
import { isHostName, isIngressHost, KUBERNETES_NAME } from "./forms";
import { authHost, clientOf } from "./hosting";
import type { Organisation } from "./organisation";
import { didYouMean, nearest, type Problem } from "./problem";
import { duplicates } from "./roster";

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
        mend: `correct it in the stack's applications.ts, or: pulumi config set plana-sso:consumerNamespaces existing --stack ${stack}`,
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
      mend: "correct it in the stack's applications.ts, or plana-sso:clients",
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
