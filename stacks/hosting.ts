import { strict, tenants, type RedirectUri } from "../components/applications/redirect-uris";
import type { ClientCredentials, Hosting, Settings } from "./config";
import type { Application, TenantPlatform } from "./organisation";

/** Public host of Authentik. */
export function authHost({ domain, hosts }: Pick<Hosting, "domain" | "hosts">): string {
  return hosts.auth ?? `auth.${domain}`;
}

/** An application with one public host; the tenant platform has many. */
type Hosted = Exclude<Application, TenantPlatform>;

/** Public host of an application. */
export function hostOf({ slug, label }: Hosted, { domain, hosts }: Hosting): string {
  return bySlug(hosts, slug) ?? `${label}.${domain}`;
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

/** Credentials of an application that has a client already. */
export function clientOf(clients: Settings["clients"], slug: string): ClientCredentials | undefined {
  return bySlug(clients, slug);
}

/** A setting by slug; slugs are data, and a plain object answers to `constructor` too. */
function bySlug<T>(settings: Readonly<Record<string, T>>, slug: string): T | undefined {
  return Object.hasOwn(settings, slug) ? settings[slug] : undefined;
}
