import * as pulumi from "@pulumi/pulumi";

import { checkApplications } from "../../stacks/application-checks";
import type { Hosting } from "../../stacks/config";
import { authHost, hostOf, redirectUrisOf } from "../../stacks/hosting";
import type {
  Application,
  OidcApplication,
  ProxiedApplication,
  TenantPlatform,
} from "../../stacks/organisation";
import { prod } from "../../stacks/prod";
import { checkClients, checkConfigured, checkHosts } from "../../stacks/settings-checks";
import { prodWith } from "../program";
import { containing, matching } from "../matchers";

const HOSTING: Hosting = { domain: "planapulse.com", hosts: {}, tenantRedirectPath: "/auth_oauth/signin" };

const WIKI: OidcApplication = {
  mode: "oidc",
  slug: "wiki",
  name: "Wiki",
  description: "Pages",
  label: "wiki",
  namespace: "wiki",
  consumer: "generic",
  access: ["plana-staff"],
  redirectPaths: ["/callback"],
};

const TENANTS: TenantPlatform = {
  mode: "tenants",
  slug: "tenants",
  name: "Tenants",
  description: "Tenants",
  launchUrl: "https://erp.example.com",
  namespace: "tenants",
  consumer: "generic",
  access: ["plana-staff"],
  clientId: "tenants-client",
  tenants: ["*.example.com"],
};

const PROXIED: ProxiedApplication = {
  mode: "proxy",
  slug: "old",
  name: "Old",
  description: "An application without OIDC",
  label: "old",
  namespace: "old",
  service: { name: "old", port: 80 },
  access: ["plana-staff"],
  publicPaths: [],
};

const check = (applications: readonly Application[], hosting = HOSTING) =>
  checkApplications(prodWith({ applications }), hosting);

test("the applications of production are in order", () => {
  expect(checkApplications(prod, HOSTING)).toEqual([]);
});

test("every sample here is in order by itself", () => {
  expect(check([WIKI, TENANTS, PROXIED])).toEqual([]);
});

test.each([
  [{ icon: "https://icons.example.org/wiki.png" }, undefined],
  [{ icon: "fa://fa-book" }, undefined],
  [{ icon: "application-icons/wiki.svg" }, undefined],
  [{ icon: "/media/wiki.svg" }, "tile.icon: /media/wiki.svg"],
  [{ icon: "javascript:alert(1)" }, "tile.icon: javascript:alert(1)"],
  [{ icon: "../wiki.svg" }, "tile.icon: ../wiki.svg"],
  [{ publisher: "Wikis, Ltd", category: "Pages", sameTab: true }, undefined],
  [{ publisher: "Wikis\nLtd" }, "tile.publisher: Wikis\nLtd"],
  [{ launchUrl: "https://wiki.planapulse.com/login" }, undefined],
  [{ launchUrl: "http://wiki.planapulse.com" }, "tile.launchUrl: http://wiki.planapulse.com"],
  [{ launchUrl: "https://wiki.planapulse.com/~%(username)s?m=%(email)s" }, undefined],
  [{ launchUrl: "https://wiki.planapulse.com/a%20b" }, "tile.launchUrl: https://wiki.planapulse.com/a%20b"],
  [{ launchUrl: "https://wiki.planapulse.com/%(pk)s" }, "tile.launchUrl: https://wiki.planapulse.com/%(pk)s"],
] as const)("the tile %j is checked", (tile, value) => {
  expect(check([{ ...WIKI, tile }]).map((problem) => problem.value)).toEqual(
    value === undefined ? [] : [value],
  );
});

test("hosts follow the label and the domain, unless the stack names another", () => {
  expect(authHost(HOSTING)).toBe("auth.planapulse.com");
  expect(authHost({ ...HOSTING, hosts: { auth: "login.other.com" } })).toBe("login.other.com");
  expect(hostOf(WIKI, HOSTING)).toBe("wiki.planapulse.com");
  expect(hostOf(WIKI, { ...HOSTING, hosts: { wiki: "pages.other.com" } })).toBe("pages.other.com");
  expect(hostOf(PROXIED, HOSTING)).toBe("old.planapulse.com");
});

test("redirect URIs follow the mode", () => {
  expect(redirectUrisOf(PROXIED, HOSTING)).toEqual([]);
  const further = { ...WIKI, redirectUris: ["https://pages.other.com/back"] };
  expect(redirectUrisOf(further, HOSTING)).toEqual([
    { matching: "strict", url: "https://wiki.planapulse.com/callback" },
    { matching: "strict", url: "https://pages.other.com/back" },
  ]);
  const regex = String.raw`https://beta\.example\.com/back`;
  expect(
    redirectUrisOf({ ...TENANTS, tenants: ["erp.example.com"], redirectRegexes: [regex] }, HOSTING),
  ).toEqual([
    { matching: "regex", url: String.raw`https://erp\.example\.com/auth_oauth/signin` },
    { matching: "regex", url: regex },
  ]);
});

interface Bad {
  readonly what: string;
  readonly application: Application;
  readonly value: string;
  readonly expected: RegExp;
}

/** Data without a type to watch over it: generated, or cast. */
function withAccess(access: readonly string[]): Application {
  return Object.assign({}, WIKI, { access });
}

const redirect = (url: string, reason: RegExp): Bad => ({
  what: `the redirect URI ${JSON.stringify(url)}`,
  application: { ...WIKI, redirectUris: [url] },
  value: url,
  expected: reason,
});

const tenantRegex = (url: string, reason: RegExp): Bad => ({
  what: `the redirect regex ${JSON.stringify(url)}`,
  application: { ...TENANTS, slug: "wiki", redirectRegexes: [url] },
  value: url,
  expected: reason,
});

const publicPath = (path: ProxiedApplication["publicPaths"][number]): Bad => ({
  what: `the public path ${JSON.stringify(path)}`,
  application: { ...PROXIED, slug: "wiki", publicPaths: [path] },
  value: Object.values(path as Record<string, string>).join(),
  expected: /a plain path; a folder ends in a slash/,
});

const BAD: readonly Bad[] = [
  {
    what: "no access",
    application: withAccess([]),
    value: "access: []",
    expected: /at least one group that may enter/,
  },
  {
    what: "an unknown group in access, with the nearest",
    application: { ...WIKI, access: ["plana-staf"] },
    value: "plana-staf",
    expected: /did you mean plana-staff\?/,
  },
  {
    what: "a group twice in access",
    application: { ...WIKI, access: ["plana-staff", "plana-staff"] },
    value: "plana-staff",
    expected: /each group once/,
  },
  redirect("http://wiki.planapulse.com/back", /is not https/),
  redirect("https://user:word@wiki.planapulse.com/back", /carries a user/),
  redirect("https://wiki.planapulse.com/back#top", /carries a fragment/),
  redirect("https://*.planapulse.com/back", /carries a wildcard/),
  redirect("https://wiki.planapulse.com/../back", /is not written as a browser sends it/),
  redirect("https://Wiki.planapulse.com/back", /is not written as a browser sends it/),
  redirect("wiki.planapulse.com/back", /is not a URL/),
  tenantRegex("https://a.example.com/back", /a dot that is not escaped/),
  tenantRegex(String.raw`https://a\.evil\.com/back`, /covers another domain than \*\.example\.com/),
  tenantRegex(String.raw`http://a\.example\.com/back`, /does not start with https/),
  publicPath({ exact: "matomo.php" }),
  publicPath({ exact: "/a/../b" }),
  publicPath({ exact: "/a b" }),
  publicPath({ exact: "/a%2fb" }),
  publicPath({ exact: "/a?b=c" }),
  publicPath({ below: "/js" }),
  publicPath({ pattern: "/plugins/(.*)/x" }),
  // nginx asks by path in a folder, and everywhere else by the root.
  publicPath({ exact: "/" }),
  publicPath({ pattern: "/*/tracker.min.js" }),
  publicPath({ pattern: "/tracker.*.js" }),
  // The outpost reads the path as it came, an Ingress as it is cleaned.
  publicPath({ exact: "/a//b" }),
  publicPath({ exact: "/a/./b" }),
  publicPath({ below: "/a/*/" }),
  publicPath({ exact: "/a/*" }),
  publicPath({ below: "/outpost.goauthentik.io/" }),
];

test.each(BAD)("refuses $what", ({ application, value, expected }) => {
  expect(check([application])).toEqual([
    {
      key: "applications: wiki",
      value,
      expected: matching(expected),
      mend: containing("the stack's applications.ts"),
    },
  ]);
});

test.each(["Wiki", "wiki_page", "-wiki", "wiki-", "wi--ki", "wi ki", "", "w".repeat(51)])(
  "refuses the slug %j",
  (slug) => {
    expect(check([{ ...WIKI, slug }])).toMatchObject([
      {
        key: `applications: ${slug}`,
        value: slug,
        expected: containing("a slug of lower-case letters"),
      },
    ]);
  },
);

// Authentik refuses it, when the provider is made already.
test("refuses a slug that begins an address of Authentik's own", () => {
  expect(check([{ ...WIKI, slug: "device" }])).toMatchObject([
    {
      key: "applications: device",
      value: "device",
      expected: containing("another slug than authorize, token, device"),
    },
  ]);
});

test.each<[string, Application, string]>([
  ["a Service", { ...PROXIED, service: { name: "1old", port: 80 } }, "service: 1old"],
  ["a proxied slug", { ...PROXIED, slug: "1old" }, "slug: 1old"],
])("refuses %s without a letter first", (_what, application, value) => {
  expect(check([application])).toMatchObject([{ value, expected: containing("a letter first") }]);
  expect(check([{ ...WIKI, slug: "1wiki" }])).toEqual([]);
});

test("refuses a slug that with a group makes the name that another makes", () => {
  const groups = ["staff", "eu-staff"].map((name) => ({ name, grants: "all" }));
  const applications: Application[] = [
    { ...WIKI, access: ["eu-staff"] },
    { ...OTHER, slug: "wiki-eu", access: ["staff"] },
  ];
  expect(checkApplications(prodWith({ groups, applications }), HOSTING)).toMatchObject([
    { key: "applications: wiki and wiki-eu", value: "binding wiki-eu-staff" },
  ]);
});

test.each([
  ["authentik", "", "authentik"],
  ["authentik", "trial-", "trial-authentik"],
  ["kube-system", "", "kube-system"],
  ["kube-public", "", "kube-public"],
  ["default", "", "default"],
])("refuses to make the namespace %s with the prefix %j", (namespace, namespacePrefix, name) => {
  const configured = (createConsumerNamespaces: boolean) =>
    checkConfigured(
      { applications: [{ ...WIKI, namespace }] },
      { ...HOSTING, stack: "prod", namespacePrefix, createConsumerNamespaces },
    );
  expect(configured(true)).toMatchObject([
    {
      key: "applications: wiki",
      value: `namespace: ${namespace}`,
      expected: containing(name),
      mend: containing("pulumi config set plana-sso:consumerNamespaces existing --stack prod"),
    },
  ]);
  expect(configured(false)).toEqual([]);
});

const OTHER: OidcApplication = { ...WIKI, slug: "other", label: "other" };

test.each<[string, Application[], string, string]>([
  ["one slug", [WIKI, { ...OTHER, slug: "wiki" }], "slug wiki", "wiki and wiki"],
  [
    "one host",
    [WIKI, { ...OTHER, label: "wiki", redirectPaths: ["/other"] }],
    "host wiki.planapulse.com",
    "wiki and other",
  ],
  [
    "one provider",
    [
      { ...WIKI, existingProviderId: 7 },
      { ...OTHER, existingProviderId: 7 },
    ],
    "provider 7",
    "wiki and other",
  ],
  [
    "one redirect URI",
    [WIKI, { ...OTHER, redirectUris: ["https://wiki.planapulse.com/callback"] }],
    "redirect URI https://wiki.planapulse.com/callback",
    "wiki and other",
  ],
  ["one proxied host", [PROXIED, { ...PROXIED, slug: "older" }], "host old.planapulse.com", "old and older"],
])("refuses two applications with %s", (_what, applications, value, slugs) => {
  expect(check(applications)).toContainEqual(
    expect.objectContaining({ key: `applications: ${slugs}`, value }),
  );
});

const PATH = HOSTING.tenantRedirectPath;
const at = (...tenants: TenantPlatform["tenants"]): TenantPlatform => ({ ...TENANTS, tenants });

test.each<[string, Application[], Hosting, string, string]>([
  [
    "a URI that a wildcard accepts",
    [{ ...WIKI, redirectUris: [`https://x.example.com${PATH}`] }, TENANTS],
    HOSTING,
    "tenants and wiki",
    "accepts no address of wiki",
  ],
  [
    "a host under a wildcard, with its path",
    [{ ...WIKI, redirectPaths: [PATH] }, at("*.planapulse.com")],
    { ...HOSTING, hosts: { auth: "auth.example.org" } },
    "tenants and wiki",
    "accepts no address of wiki",
  ],
  [
    "a host under a wildcard, with another path",
    [PROXIED, at("*.planapulse.com")],
    { ...HOSTING, hosts: { auth: "auth.example.org" } },
    "tenants and old",
    "does not lead to old.planapulse.com",
  ],
  [
    "a wildcard over another's tenant",
    [TENANTS, { ...at("a.example.com"), slug: "one", clientId: "one" }],
    HOSTING,
    "tenants and one",
    "accepts no address of one",
  ],
  ["a tenant on Authentik's host", [at("auth.planapulse.com")], HOSTING, "tenants", "Authentik's own host"],
  [
    "a domain under which tenants lie",
    [TENANTS],
    { ...HOSTING, domain: "example.com" },
    "tenants",
    "Authentik's own host",
  ],
  [
    "a host that is a tenant",
    [WIKI, at("erp.example.com")],
    { ...HOSTING, hosts: { wiki: "erp.example.com" } },
    "tenants and wiki",
    "does not lead to erp.example.com, the host of wiki",
  ],
  [
    "a further URI on Authentik's host",
    [{ ...WIKI, redirectUris: ["https://auth.planapulse.com/back"] }],
    HOSTING,
    "wiki",
    "Authentik's own host",
  ],
  [
    "a further URI on another's host",
    [{ ...WIKI, redirectUris: ["https://old.planapulse.com/back"] }, PROXIED],
    HOSTING,
    "wiki and old",
    "does not lead to old.planapulse.com",
  ],
])("refuses redirect URIs that meet: %s", (_what, applications, hosting, slugs, expected) => {
  expect(check(applications, hosting)).toEqual([
    {
      key: `applications: ${slugs}`,
      value: containing("redirect URI https://"),
      expected: containing(expected),
      mend: containing("applications.ts"),
    },
  ]);
});

test("a login button and the proxy before it may share a host", () => {
  expect(check([WIKI, { ...PROXIED, label: "wiki", namespace: "wiki" }])).toEqual([]);
  expect(check([WIKI, { ...PROXIED, label: "wiki" }])).toMatchObject([
    { key: "applications: wiki and old", value: "host wiki.planapulse.com" },
  ]);
});

test("refuses an application on Authentik's own host", () => {
  expect(check([{ ...WIKI, label: "auth" }])).toMatchObject([
    { key: "applications: wiki", value: "host auth.planapulse.com" },
  ]);
});

const hosts = (given: Hosting["hosts"]) =>
  checkHosts({ applications: [WIKI, PROXIED, TENANTS] }, { hosts: given }, "prod");

test("refuses a host for an application that is not there, with the nearest", () => {
  expect(hosts({ wikki: "pages.planapulse.com" })).toEqual([
    {
      key: "plana-sso:hosts",
      value: "wikki",
      expected: containing("did you mean wiki?"),
      mend: "pulumi config rm --path 'plana-sso:hosts.wikki' --stack prod",
    },
  ]);
});

test("refuses a host for the tenants, which have many", () => {
  expect(hosts({ tenants: "erp.example.com" })).toMatchObject([
    { value: "tenants", expected: containing("an application with one host") },
  ]);
});

test("refuses an address where there would be an Ingress for it", () => {
  expect(hosts({ wiki: "10.0.0.1" })).toEqual([]);
  for (const slug of ["auth", "old"]) {
    expect(hosts({ [slug]: "10.0.0.1" })).toEqual([
      {
        key: `plana-sso:hosts.${slug}`,
        value: "10.0.0.1",
        expected: containing("a host name"),
        mend: `pulumi config set --path 'plana-sso:hosts.${slug}' <host> --stack prod`,
      },
    ]);
  }
});

test("tells all problems together", () => {
  const wrong = Object.assign({}, WIKI, { access: ["nobody"], slug: "W", redirectUris: ["http://x.y/z"] });
  expect(check([wrong])).toHaveLength(3);
});

describe("credentials of clients that exist already", () => {
  const OUTPOST = "10e469fe-81ff-48d1-ac11-0ef2b808855a";
  const clientSecret = pulumi.secret("secret-of-no-worth");
  type Clients = Parameters<typeof checkClients>[1]["clients"];
  const clients = (applications: readonly Application[], given: Clients, embeddedOutpostId?: string) =>
    checkClients(prodWith({ applications }), { stack: "prod", clients: given, embeddedOutpostId });

  test("belong to an application with a client", () => {
    expect(clients([WIKI], { wiki: { clientSecret } })).toEqual([]);
    expect(clients([WIKI], { wikki: { clientSecret } })).toEqual([
      {
        key: "plana-sso:clients",
        value: "wikki",
        expected: containing("did you mean wiki?"),
        mend: "pulumi config rm --path 'plana-sso:clients.wikki' --stack prod",
      },
    ]);
    expect(clients([PROXIED], { old: { clientSecret } })).toMatchObject([{ value: "old" }]);
    expect(clients([WIKI], { constructor: { clientSecret } })).toHaveLength(1);
  });

  test("have a client id that no other has", () => {
    const both = [WIKI, TENANTS];
    expect(clients(both, { wiki: { clientId: "wiki-client", clientSecret } })).toEqual([]);
    expect(clients(both, { wiki: { clientId: "tenants-client", clientSecret } })).toMatchObject([
      { key: "applications: clientId", value: "tenants-client" },
    ]);
  });

  test("must be given for a provider that exists, where Authentik runs already", () => {
    const running = { ...WIKI, existingProviderId: 7 };
    expect(clients([running], {})).toEqual([]);
    expect(clients([running], { wiki: { clientSecret } }, OUTPOST)).toEqual([]);
    expect(clients([WIKI], {}, OUTPOST)).toEqual([]);
    const withoutSecret: Clients[] = [{}, { wiki: { clientId: "wiki-client" } }];
    for (const given of withoutSecret) {
      expect(clients([running], given, OUTPOST)).toEqual([
        {
          key: "plana-sso:clients.wiki.clientSecret",
          expected: containing("the client secret of provider 7"),
          mend: "pulumi config set --secret --path 'plana-sso:clients.wiki.clientSecret' --stack prod",
        },
      ]);
    }
  });
});
