import fc from "fast-check";

import { isPublic, skipPathRegex } from "../../components/applications/public-paths";
import { matches } from "../components/redirect-table";
import { checkApplications } from "../../stacks/application-checks";
import { hostOf, redirectUrisOf } from "../../stacks/hosting";
import type { OidcApplication, ProxiedApplication, TenantPlatform } from "../../stacks/organisation";
import { prod } from "../../stacks/prod";
import { always, hostile, LABEL, SUBDOMAIN } from "./properties";

const HOSTING = { domain: "planapulse.com", hosts: {}, tenantRedirectPath: "/auth_oauth/signin" };
const common = {
  slug: "wiki",
  name: "Wiki",
  description: "Knowledge",
  label: "wiki",
  namespace: "wiki",
  access: ["plana-staff"] as const,
};
const oidc: OidcApplication = {
  ...common,
  access: ["plana-staff"],
  mode: "oidc",
  consumer: "generic",
  redirectPaths: ["/callback"],
};
const tenants: TenantPlatform = {
  ...common,
  access: ["plana-staff"],
  mode: "tenants",
  consumer: "generic",
  clientId: "id",
  tenants: ["*.tenants.example"],
  launchUrl: "https://start.example.org",
};
const proxy: ProxiedApplication = {
  ...common,
  access: ["plana-staff"],
  mode: "proxy",
  service: { name: "wiki", port: 80 },
  publicPaths: [],
};
type Any = OidcApplication | TenantPlatform | ProxiedApplication;
const refusals = (application: Any) => checkApplications({ ...prod, applications: [application] }, HOSTING);

test("the examples are accepted as they are", () => {
  expect([oidc, tenants, proxy].flatMap(refusals)).toEqual([]);
});

const BAD: readonly (readonly [string, Any])[] = [
  ["a label that ends the host", { ...oidc, label: "evil.com/x?" }],
  ["a label with a port", { ...proxy, label: "wiki:8443/" }],
  ["a redirect path that goes on with the host", { ...oidc, redirectPaths: [".evil.com/callback"] }],
  ["a redirect path that sets a port", { ...oidc, redirectPaths: [":8443/callback"] }],
  ["a redirect path of two slashes", { ...oidc, redirectPaths: ["//evil.com/callback"] }],
  ["a tile that runs a script", { ...tenants, launchUrl: "javascript:alert(1)" }],
  ["a tile that is no address", { ...tenants, launchUrl: "not an address" }],
  ["a client id with a line of its own", { ...tenants, clientId: 'x"\nscope = "all' }],
  ["a namespace that is none", { ...oidc, namespace: "Wiki/../kube-system" }],
  ["a Service that is none", { ...proxy, service: { name: "wiki;x", port: 80 } }],
  ["a port beyond all", { ...proxy, service: { name: "wiki", port: 70000 } }],
  ["a name that turns the direction", { ...oidc, name: "Wiki \u202egnp.exe" }],
  ["a description of two lines", { ...oidc, description: "a\n| b |" }],
  ["a folder that is everything", { ...proxy, publicPaths: [{ below: "/" }] }],
  ["a pattern that is everything", { ...proxy, publicPaths: [{ pattern: "/*" }] }],
  ["a provider id that Synapse refuses", { ...oidc, consumer: { name: "synapse", idpId: "OIDC" } }],
  ["two flags in one", { ...oidc, consumer: { name: "penpot", flags: ["enable-smtp disable-x"] } }],
  ["half a generation", { ...oidc, secretGeneration: 1.5 }],
];

test.each(BAD)("%s is refused, and the application is named", (_what, application) => {
  const problems = refusals(application);
  expect(problems.length).toBeGreaterThan(0);
  for (const problem of problems)
    expect(problem).toMatchObject({ key: expect.stringContaining("wiki") as string });
});

test("a redirect URI that is accepted stays on the application's own host", () => {
  always(fc.record({ label: hostile, path: hostile.map((text) => `/${text}`) }), ({ label, path }) => {
    for (const application of [
      { ...oidc, label },
      { ...oidc, redirectPaths: [path] as const },
      { ...oidc, redirectPaths: [path.slice(1)] as const },
    ]) {
      if (refusals(application).length > 0) continue;
      for (const { url } of redirectUrisOf(application, HOSTING)) {
        const { hostname, port, username } = new URL(url);
        expect(hostname).toBe(hostOf(application, HOSTING));
        expect(hostname.endsWith(".planapulse.com")).toBe(true);
        expect(port + username).toBe("");
      }
    }
  });
});

test("a tenant's expression that is accepted compiles and matches no other domain", () => {
  always(fc.tuple(hostile, hostile), ([text, other]) => {
    for (const [domain, changed] of [
      [text, { ...tenants, tenants: [text] as const }],
      ["*.tenants.example", { ...tenants, redirectRegexes: [`https://x\\.tenants\\.example/${text}`] }],
    ] as const) {
      if (refusals(changed).length > 0) continue;
      for (const uri of redirectUrisOf(changed, HOSTING)) {
        for (const host of ["evil.com", "tenants.example.evil.com", "xtenantsXexample", other]) {
          if (host.endsWith(domain.replace(/^\*/, ""))) continue;
          expect(matches(uri, `https://${host}/auth_oauth/signin`)).toBe(false);
        }
      }
    }
  });
});

test("an exact public path that is accepted opens only itself", () => {
  always(fc.tuple(hostile, hostile), ([text, other]) => {
    const path = { exact: `/${text}` };
    if (refusals({ ...proxy, publicPaths: [path] }).length > 0) return;
    const regex = skipPathRegex(path);
    expect(isPublic(regex, path.exact)).toBe(true);
    expect(regex).not.toContain("\n");
    for (const tried of [`/${other}`, `${path.exact}${other}x`, `x${path.exact}`]) {
      expect(isPublic(regex, tried)).toBe(tried === path.exact);
    }
  });
});

test("a slug, a namespace and a Service that are accepted make names that Kubernetes takes", () => {
  const near = fc.string({
    unit: fc.constantFrom(..."a Z 9 - . _ /".split(" ")),
    minLength: 1,
    maxLength: 70,
  });
  const long = fc.integer({ min: 1, max: 70 }).map((length) => "a".repeat(length));
  let accepted = 0;
  always(fc.oneof(hostile, near, long), (text) => {
    for (const application of [
      { ...oidc, slug: text },
      { ...oidc, namespace: text },
      { ...proxy, slug: text },
      { ...proxy, service: { name: text, port: 80 } },
    ] as const) {
      if (refusals(application).length > 0) continue;
      accepted += 1;
      expect(application.namespace).toMatch(LABEL);
      if (application.mode === "oidc") {
        expect(`${application.slug}-oidc`).toMatch(SUBDOMAIN);
        continue;
      }
      expect(application.service.name).toMatch(LABEL);
      expect(`${application.slug}-outpost`).toMatch(LABEL);
      expect(`${application.slug}-outpost-headers`).toMatch(SUBDOMAIN);
    }
  });
  expect(accepted).toBeGreaterThan(100);
});

test("whatever an application holds, it is refused with what was expected and how to mend it", () => {
  const fields = ["slug", "name", "description", "label", "namespace"] as const;
  always(fc.tuple(fc.constantFrom(...fields), hostile), ([field, text]) => {
    for (const application of [
      { ...oidc, [field]: text },
      { ...proxy, [field]: text },
    ]) {
      for (const problem of refusals(application)) {
        expect(problem.expected).not.toBe("");
        expect(problem.mend).not.toBe("");
      }
    }
  });
});
