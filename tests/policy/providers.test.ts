import type { Resource } from "../../policy/model";
import { AUTHENTIK as AK } from "../../policy/tokens";
import { skipPathRegexes } from "../../components/applications/public-paths";
import { runProgram } from "../program";
import { accepts, refuses, resourcesOf, type Edit } from "./stack";

let base: readonly Resource[];
beforeAll(async () => {
  base = resourcesOf(await runProgram());
});
const stack = () => base;

const uri =
  (name: string, url: string, more: object = {}) =>
  (edit: Edit) =>
    edit.set(AK.oauth2, name, {
      allowedRedirectUris: [{ matching_mode: "strict", redirect_uri_type: "authorization", url, ...more }],
    });
const PATH = "/auth_oauth/signin";
const regex = (url: string) => uri("odoo-tenants", url, { matching_mode: "regex" });

describe("where a login may come back to", () => {
  refuses(
    stack,
    (
      [
        ["http", uri("grafana", "http://grafana.planapulse.com/login"), /is not https/],
        ["no URL", uri("grafana", "grafana"), /is no URL/],
        ["a wildcard", uri("grafana", "https://*.planapulse.com/login"), /carries a wildcard/],
        ["a user", uri("grafana", "https://u:p@grafana.planapulse.com/"), /carries a user/],
        ["a fragment", uri("grafana", "https://grafana.planapulse.com/#x"), /a fragment/],
        [
          "a path with dots",
          uri("grafana", "https://grafana.planapulse.com/a/../b"),
          /as a browser sends it/,
        ],
        ["a capital host", uri("grafana", "https://Grafana.planapulse.com/login"), /as a browser sends it/],
        ["this machine", uri("grafana", "https://localhost/login"), /not on a public host/],
        ["an address", uri("grafana", "https://10.0.0.1/login"), /not on a public host/],
        ["another port", uri("grafana", "https://grafana.planapulse.com:8443/login"), /not on a public host/],
        [
          "no matching mode",
          uri("grafana", "https://grafana.planapulse.com/x", { matching_mode: undefined }),
          /has matching mode \(nothing\)/,
        ],
        [
          "no type, which never settles",
          uri("grafana", "https://grafana.planapulse.com/x", { redirect_uri_type: undefined }),
          /has no redirect_uri_type/,
        ],
        [
          "another type",
          uri("grafana", "https://grafana.planapulse.com/x", { redirect_uri_type: "any" }),
          /has type "any"/,
        ],
        [
          "none",
          (edit: Edit) => edit.set(AK.oauth2, "grafana", { allowedRedirectUris: [] }),
          /^provider grafana has no redirect URI/m,
        ],
        ["a regex over http", regex(`http://erp\\.planapulse\\.ai${PATH}`), /does not start with https/],
        ["a dot that is not escaped", regex(`https://erp.planapulse\\.ai${PATH}`), /dot that is not escaped/],
        [
          "an alternative",
          regex(`https://erp\\.planapulse\\.ai${PATH}|https://evil\\.com/x`),
          /has an alternative/,
        ],
        [
          "an alternative of domains",
          regex(`https://(erp\\.planapulse\\.ai|evil\\.com)${PATH}`),
          /has an alternative/,
        ],
        ["any path", regex("https://erp\\.planapulse\\.ai/.*"), /dot that is not escaped/],
        ["any path by a class", regex("https://erp\\.planapulse\\.ai/[^x]*"), /path that is not fixed/],
        ["no path", regex("https://erp\\.planapulse\\.ai"), /path that is not fixed/],
        ["another domain", regex(`https://[a-z]+\\.planapulse\\.com${PATH}`), /covers another domain/],
        ["a fourth domain", regex(`https://[a-z0-9-]+\\.planapulse\\.net${PATH}`), /covers another domain/],
        [
          "a range with dots and slashes in it",
          regex(`https://[--z]+\\.planapulse\\.app${PATH}`),
          /covers another domain/,
        ],
        [
          "a range with an @ and a backslash in it",
          regex(`https://[0-z]+\\.planapulse\\.app${PATH}`),
          /covers another domain/,
        ],
        [
          "a longer domain",
          regex(`https://[a-z]+\\.planapulse\\.app\\.evil\\.com${PATH}`),
          /covers another domain/,
        ],
        ["a longer name", regex(`https://[a-z-]*planapulse\\.app${PATH}`), /covers another domain/],
        ["a class with a dot", regex(`https://[a-z.]+\\.planapulse\\.app${PATH}`), /covers another domain/],
        ["a class that excludes", regex(`https://[^a]+\\.planapulse\\.app${PATH}`), /covers another domain/],
        [
          "a further domain before",
          regex(`https://evil\\.com/\\.planapulse\\.app${PATH}`),
          /covers another domain/,
        ],
        ["a class by its letter", regex(`https://\\w+\\.planapulse\\.app${PATH}`), /cannot be judged/],
        ["a look-ahead", regex(`https://(?!a)[a-z]+\\.planapulse\\.app${PATH}`), /cannot be judged/],
      ] as const
    ).map(([what, edit, said]) => ({ what, rule: "redirect-uris-narrow", edit, said })),
  );

  refuses(stack, [
    {
      what: "a regex of another application, on a tenant domain",
      rule: "redirect-regex-for-tenants-only",
      edit: uri("grafana", `https://erp\\.planapulse\\.ai${PATH}`, { matching_mode: "regex" }),
      said: /^grafana has the regex "https:/m,
    },
    {
      what: "the tenants' regexes on a provider of another application",
      rule: "redirect-regex-for-tenants-only",
      edit: (edit) => edit.set(AK.application, "odoo-tenants", { slug: "tenants" }),
      said: /^odoo-tenants has the regex/m,
    },
    {
      what: "one redirect URI of two providers",
      rule: "redirect-uri-of-one-provider",
      edit: (edit) => {
        const { inputs } = edit.one(AK.oauth2, "forgejo");
        edit.set(AK.oauth2, "grafana", { allowedRedirectUris: inputs.allowedRedirectUris });
      },
      said: /is a redirect URI of forgejo and of grafana$/m,
    },
  ]);

  accepts(stack, [
    ["a second strict redirect URI", uri("grafana", "https://grafana.example.org/login?x=1")],
    ["a class that ends in a dash", regex(`https://[a-z][a-z0-9-]{0,40}\\.planapulse\\.online${PATH}`)],
    ["a regex with anchors at its ends", regex(`^https://[a-z0-9-]+\\.planapulse\\.app${PATH}$`)],
    [
      "a redirect after logging out",
      uri("grafana", "https://grafana.planapulse.com/out", { redirect_uri_type: "logout" }),
    ],
    [
      "another tenant domain, where the pack is told so",
      regex(`https://[a-z]+\\.sso\\.test${PATH}`),
      { tenantDomains: ["*.sso.test"] },
    ],
  ]);
});

const SEGMENT = "[A-Za-z0-9_-][A-Za-z0-9_.-]*";

describe("how a provider gives tokens", () => {
  refuses(
    stack,
    (
      [
        ["no grant types", { grantTypes: undefined }, /lacks authorization_code/],
        ["no code grant", { grantTypes: ["refresh_token"] }, /lacks authorization_code/],
        ["the implicit grant", { grantTypes: ["authorization_code", "implicit"] }, /grant type "implicit"/],
        [
          "client credentials",
          { grantTypes: ["authorization_code", "client_credentials"] },
          /grant type "client_credentials"/,
        ],
        ["the password grant", { grantTypes: ["authorization_code", "password"] }, /grant type "password"/],
        ["no signing key", { signingKey: undefined }, /^grafana: no signing key/m],
        ["an empty signing key", { signingKey: "" }, /^grafana: no signing key/m],
        ["a public client", { clientType: "public" }, /client type "public"/],
        ["one issuer for all", { issuerMode: "global" }, /issuer mode "global"/],
        ["tokens of another provider", { jwtFederationProviders: [13] }, /jwtFederationProviders is set/],
        ["tokens of a source", { jwtFederationSources: ["x"] }, /jwtFederationSources is set/],
      ] as const
    ).map(([what, inputs, said]) => ({
      what,
      rule: "oauth2-provider-strict",
      edit: (edit: Edit) => edit.set(AK.oauth2, "grafana", inputs),
      said,
    })),
  );

  refuses(
    stack,
    (
      [
        ["one login for a whole domain", { mode: "forward_domain" }, /mode "forward_domain"/],
        ["a cookie for a whole domain", { cookieDomain: "planapulse.com" }, /cookieDomain is set/],
        ["http", { externalHost: "http://analytics.planapulse.com" }, /external host/],
        ["two hosts", { externalHost: "https://a.example.org,b.example.org" }, /external host/],
        ["everything public", { skipPathRegex: ".*" }, /not anchored/],
        ["no anchor before", { skipPathRegex: "/matomo\\.php$" }, /not anchored/],
        ["no anchor after", { skipPathRegex: "^/matomo\\.php" }, /not anchored/],
        ["an escaped anchor", { skipPathRegex: "^/matomo\\.php\\$" }, /not anchored/],
        [
          "an alternative between anchors",
          { skipPathRegex: "^/matomo\\.php$|^/js/$" },
          /not anchored|alternative/,
        ],
        ["an inner alternative", { skipPathRegex: "^/(?:js|index)$" }, /an alternative|matches anything/],
        ["a bare dot", { skipPathRegex: "^/matomo.php$" }, /matches anything/],
        ["the front page", { skipPathRegex: "^/js/$\n^/$" }, /lets \/ pass/],
        [
          "what JavaScript cannot read",
          { skipPathRegex: "^/[[:alpha:]]+$" },
          /no expression that can be checked/,
        ],
        ["what nobody can read", { skipPathRegex: "^/js($" }, /no expression that can be checked/],
        ["any file", { skipPathRegex: "^/[a-z]*(/[a-z.]*)*$" }, /lets \/ pass/],
        [
          "a script behind a slash",
          { skipPathRegex: "^/index\\.php/$" },
          /lets \/index\.php\/ pass|leads to a script/,
        ],
        ["a script behind two slashes", { skipPathRegex: "^//index\\.php$" }, /does not begin with a fixed/],
        [
          "a script behind words",
          { skipPathRegex: "^/index\\.php/[a-z]{2,}$" },
          /no path as the program writes it/,
        ],
        ["a script behind a word", { skipPathRegex: "^/index\\.php/matomo$" }, /leads to a script/],
        ["a script's path below", { skipPathRegex: "^/matomo\\.php/a$" }, /leads to a script/],
        ["an empty segment", { skipPathRegex: "^/js//a\\.js$" }, /has a segment that is empty/],
        ["any first folder", { skipPathRegex: `^/${SEGMENT}/track$` }, /does not begin with a fixed/],
        ["a file by a class", { skipPathRegex: "^/js/[a-z]{9}$" }, /no path as the program writes it/],
        ["tokens of another provider", { jwtFederationProviders: [10] }, /jwtFederationProviders is set/],
      ] as const
    ).map(([what, inputs, said]) => ({
      what,
      rule: "proxy-provider-strict",
      edit: (edit: Edit) => edit.set(AK.proxy, "matomo-admin", inputs),
      said,
    })),
  );

  refuses(stack, [
    {
      what: "two proxied applications of one host",
      rule: "proxy-host-of-one-provider",
      edit: (edit) =>
        edit.add(AK.proxy, "copy", { name: "copy", externalHost: "https://analytics.planapulse.com/" }),
      said: /^https:\/\/analytics\.planapulse\.com is the host of copy and of matomo-admin$/m,
    },
  ]);

  accepts(stack, [
    [
      "a proxied application with nothing public",
      (edit) => edit.set(AK.proxy, "matomo-admin", { skipPathRegex: "" }),
    ],
    [
      "a proxied application with no path that is public",
      (edit) => edit.set(AK.proxy, "matomo-admin", { skipPathRegex: skipPathRegexes([]) }),
    ],
    [
      "public paths of every kind",
      (edit) =>
        edit.set(AK.proxy, "matomo-admin", {
          skipPathRegex: skipPathRegexes([
            { exact: "/api/v1.0/health" },
            { below: "/static/" },
            { pattern: "/plugins/*/javascripts/*.min.js" },
          ]),
        }),
    ],
  ]);
});

describe("the outpost", () => {
  refuses(stack, [
    {
      what: "a second outpost",
      rule: "outpost-embedded",
      edit: (edit) => edit.add(AK.outpost, "another", { name: "another", type: "proxy" }),
      said: /^2 outposts in the program/m,
    },
    {
      what: "no outpost",
      rule: "outpost-embedded",
      edit: (edit) => edit.remove(AK.outpost, "embedded-outpost"),
      said: /^0 outposts in the program/m,
    },
    {
      what: "another than the embedded one",
      rule: "outpost-embedded",
      edit: (edit) => edit.set(AK.outpost, "embedded-outpost", { name: "outpost" }),
      said: /^outpost "outpost" is not the embedded one$/m,
    },
    {
      what: "another type",
      rule: "outpost-embedded",
      edit: (edit) => edit.set(AK.outpost, "embedded-outpost", { type: "ldap" }),
      said: /^the outpost has type "ldap"/m,
    },
    {
      what: "a service connection",
      rule: "outpost-embedded",
      edit: (edit) => edit.set(AK.outpost, "embedded-outpost", { serviceConnection: "x" }),
      said: /service connection/,
    },
    {
      what: "a provider that is detached",
      rule: "outpost-embedded",
      edit: (edit) =>
        edit.set(AK.outpost, "embedded-outpost", { protocolProviders: [] }, { protocolProviders: [] }),
      said: /^provider matomo-admin is not attached/m,
    },
    {
      what: "an OIDC provider that is attached",
      rule: "outpost-embedded",
      edit: (edit) => {
        const { inputs, dependencies } = edit.one(AK.outpost, "embedded-outpost");
        const more = edit.to("protocolProviders", AK.oauth2, "grafana", "number");
        edit.set(
          AK.outpost,
          "embedded-outpost",
          { protocolProviders: [...(inputs.protocolProviders as number[]), more.inputs.protocolProviders] },
          {
            protocolProviders: [
              ...(dependencies.protocolProviders ?? []),
              ...(more.dependencies.protocolProviders ?? []),
            ],
          },
        );
      },
      said: /^grafana is attached and no proxy provider of this program$/m,
    },
    {
      what: "a provider outside the program",
      rule: "outpost-embedded",
      edit: (edit) =>
        edit.set(AK.outpost, "embedded-outpost", { protocolProviders: [4711] }, { protocolProviders: [] }),
      said: /^4711 is attached and no proxy provider of this program$/m,
    },
    ...(
      [
        [
          "an empty host",
          '{"authentik_host":""}',
          /^authentik_host is ""; expected https:\/\/auth.planapulse.com\/$/m,
        ],
        ["no configuration", undefined, /^config is \(nothing\)/m],
        [
          "another host",
          '{"authentik_host":"https://evil.example.org/"}',
          /expected https:\/\/auth.planapulse.com/,
        ],
        ["http", '{"authentik_host":"http://auth.planapulse.com/"}', /authentik_host is "http:/],
        [
          "another host for browsers",
          '{"authentik_host":"https://auth.planapulse.com/","authentik_host_browser":"https://evil.example.org"}',
          /^authentik_host_browser is/m,
        ],
        [
          "certificates unchecked",
          '{"authentik_host":"https://auth.planapulse.com/","authentik_host_insecure":true}',
          /insecure is true/,
        ],
      ] as const
    ).map(([what, config, said]) => ({
      what,
      rule: "outpost-host",
      edit: (edit: Edit) => edit.set(AK.outpost, "embedded-outpost", { config }),
      said,
      // In the first preview the values of the release are not known, so neither is the right host.
      ...(what === "another host" && { onceKnown: true as const }),
    })),
    {
      what: "an attachment",
      rule: "no-second-outpost",
      edit: (edit) =>
        edit.add("authentik:index/outpostProviderAttachment:OutpostProviderAttachment", "more", {}),
      said: /^more is a second owner of outposts$/m,
    },
    {
      what: "a connection to a cluster",
      rule: "no-second-outpost",
      edit: (edit) =>
        edit.add("authentik:index/serviceConnectionKubernetes:ServiceConnectionKubernetes", "cluster", {}),
      said: /^cluster is a second owner of outposts$/m,
    },
    {
      what: "a Deployment of an outpost",
      rule: "no-second-outpost",
      edit: (edit) =>
        edit.add("kubernetes:apps/v1:Deployment", "outpost", {
          spec: { template: { spec: { containers: [{ image: "ghcr.io/goauthentik/proxy:2026.5.6" }] } } },
        }),
      said: /^outpost runs "ghcr.io\/goauthentik\/proxy:2026.5.6"$/m,
    },
  ]);
});
