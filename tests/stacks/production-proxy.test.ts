import { isPublic } from "../../components/applications/public-paths";
import { textOf } from "../../sandbox/plugins/wire";
import { anyOf } from "../matchers";
import type { Registered } from "../mocks";
import { ak, K8S, runProgram, type Program } from "../program";

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

const one = (type: string, name: string) => program.recorder.one(type, name);
const scope = (name: string) => `scope:goauthentik.io/providers/${name}`;

describe("Matomo's administration, behind the embedded outpost", () => {
  test("the provider asks before everything but the public paths", () => {
    const { inputs, options } = one(ak("ProviderProxy"), "matomo-admin");
    expect(inputs).toEqual({
      name: "matomo-admin",
      mode: "forward_single",
      externalHost: "https://analytics.planapulse.com",
      skipPathRegex: anyOf(String),
      authorizationFlow: "flow:default-provider-authorization-implicit-consent",
      invalidationFlow: "flow:default-provider-invalidation-flow",
      propertyMappings: [
        scope("oauth2/scope-openid"),
        scope("oauth2/scope-profile"),
        scope("oauth2/scope-email"),
        scope("oauth2/scope-entitlements"),
        scope("proxy/scope-proxy"),
      ],
      interceptHeaderAuth: true,
      internalHostSslValidation: true,
      basicAuthEnabled: false,
      accessTokenValidity: "hours=24",
      refreshTokenValidity: "days=30",
    });
    expect(options.protect).toBe(true);
    const regexes = textOf(inputs.skipPathRegex);
    expect(regexes.split("\n")).toHaveLength(6);
    for (const path of [
      "/matomo.php",
      "/matomo.js",
      "/piwik.php",
      "/piwik.js",
      "/js/",
      "/plugins/Heatmap/tracker.min.js",
    ]) {
      expect([path, isPublic(regexes, path)]).toEqual([path, true]);
    }
    for (const path of ["/", "/index.php", "/index.php/matomo.php", "/matomo.php/x"]) {
      expect([path, isPublic(regexes, path)]).toEqual([path, false]);
    }
  });

  test("the application is open to staff", () => {
    expect(one(ak("Application"), "matomo-admin").inputs).toMatchObject({
      slug: "matomo-admin",
      name: "Matomo administration",
      metaLaunchUrl: "https://analytics.planapulse.com",
      protocolProvider: program.recorder.numberOf(ak("ProviderProxy"), "matomo-admin"),
      policyEngineMode: "any",
    });
    const bindings = program.recorder.all(ak("PolicyBinding"));
    const groups = bindings.filter((binding) => binding.inputs.target === "uuid:matomo-admin");
    expect(groups.map((binding) => binding.inputs.group)).toEqual(["id:plana-staff"]);
  });

  test("the embedded outpost serves exactly this provider, and sends people to Authentik's host", () => {
    const { inputs, importId } = one(ak("Outpost"), "embedded-outpost");
    expect(importId).toBe("10e469fe-81ff-48d1-ac11-0ef2b808855a");
    expect(Object.keys(inputs).sort()).toEqual(["config", "name", "protocolProviders", "type"]);
    expect(inputs).toMatchObject({
      name: "authentik Embedded Outpost",
      type: "proxy",
      protocolProviders: [program.recorder.numberOf(ak("ProviderProxy"), "matomo-admin")],
    });
    const config: unknown = JSON.parse(textOf(inputs.config));
    expect(config).toMatchObject({
      authentik_host: "https://auth.planapulse.com/",
      authentik_host_browser: "",
      authentik_host_insecure: false,
    });
    // No outpost Deployment: no integration is named.
    expect(Object.keys(inputs)).not.toContain("serviceConnection");
  });

  const paths = ({ inputs }: Registered) => {
    const { rules } = inputs.spec as { rules: { host: string; http: { paths: unknown } }[] };
    return rules.map(({ host, http }) => [host, http.paths]);
  };
  const host = "analytics.planapulse.com";
  const matomo = { service: { name: "matomo", port: { number: 80 } } };

  const nginx = (name: string) => `nginx.ingress.kubernetes.io/${name}`;

  test("what the login needs of the outpost is served on the application's own host", () => {
    const login = one(K8S.ingress, "matomo-admin-login");
    const backend = { service: { name: "matomo-admin-outpost", port: { number: 80 } } };
    expect(paths(login)).toEqual([
      [host, [{ path: "/outpost.goauthentik.io", pathType: "Prefix", backend }]],
    ]);
    expect(login.inputs.metadata).toMatchObject({ annotations: { [nginx("proxy-buffer-size")]: "16k" } });
    expect(JSON.stringify(login.inputs)).not.toContain("auth-url");
  });

  /** What an Ingress says that asks the outpost with the headers of a ConfigMap. */
  const asking = (configMap: string) => ({
    "pulumi.com/skipAwait": "true",
    [nginx("auth-url")]:
      "http://authentik-proxy.authentik.svc.cluster.local/outpost.goauthentik.io/auth/nginx",
    [nginx("auth-signin")]:
      `https://${host}/outpost.goauthentik.io/start?rd=https://${host}$escaped_request_uri`,
    [nginx("auth-response-headers")]:
      "Set-Cookie,X-authentik-username,X-authentik-groups,X-authentik-entitlements,X-authentik-email,X-authentik-name,X-authentik-uid",
    [nginx("auth-proxy-set-headers")]: `matomo/${configMap}`,
    [nginx("proxy-buffer-size")]: "16k",
  });

  test("everything else asks the outpost first, whatever its path", () => {
    const ingress = one(K8S.ingress, "matomo-admin-protected");
    // Under a public host nobody but the controller asks for a session.
    const prefixes = ["/", "/outpost.goauthentik.io/auth"];
    expect(paths(ingress)).toEqual([
      [host, prefixes.map((path) => ({ path, pathType: "Prefix", backend: matomo }))],
    ]);
    expect(ingress.inputs.metadata).toEqual({
      name: "matomo-admin-protected",
      namespace: "matomo",
      annotations: {
        ...asking("matomo-admin-outpost-headers"),
        "cert-manager.io/cluster-issuer": "letsencrypt",
      },
    });
    expect(one(K8S.configMap, "matomo-admin-outpost-headers").inputs).toMatchObject({
      metadata: { name: "matomo-admin-outpost-headers", namespace: "matomo" },
      data: { "X-Forwarded-Host": host, "X-Original-URI": "", Authorization: "" },
    });
  });

  test("no path is an expression and no annotation a snippet: the one opens, the other is refused", () => {
    const text = JSON.stringify(program.recorder.all(K8S.ingress).map(({ inputs }) => inputs));
    expect(text).not.toMatch(/use-regex|snippet|rewrite-target|ImplementationSpecific/);
  });

  test("only the exact public paths go past the outpost", () => {
    const exact = ["/matomo.php", "/matomo.js", "/piwik.php", "/piwik.js"];
    expect(paths(one(K8S.ingress, "matomo-admin-public"))).toEqual([
      [host, exact.map((path) => ({ path, pathType: "Exact", backend: matomo }))],
    ]);
  });

  test.each(["login", "protected", "public"])(
    "the ingress `%s` is served with the host's certificate",
    (kind) => {
      expect(one(K8S.ingress, `matomo-admin-${kind}`).inputs.spec).toMatchObject({
        ingressClassName: "nginx",
        tls: [{ hosts: [host], secretName: "matomo-admin-tls" }],
      });
    },
  );
});
