import { createHash } from "node:crypto";

import type { Properties, Resource } from "../../policy/model";
import { AUTHENTIK as AK, KUBERNETES as K8S, RANDOM } from "../../policy/tokens";
import { runProgram } from "../program";
import { PROD_SECRETS } from "../stack-files";
import { accepts, refuses, resourcesOf, type Edit } from "./stack";

let base: readonly Resource[];
beforeAll(async () => {
  base = resourcesOf(await runProgram());
});
const stack = () => base;

const SEAL = "secret-key-is-write-once";
const SETTINGS = "authentik-settings";

/** Changes values of the release, by their path. */
const values = (path: string, value: unknown) => (edit: Edit) => {
  const { inputs } = edit.one(K8S.release, "authentik");
  const changed = JSON.parse(JSON.stringify(inputs.values)) as Record<string, unknown>;
  const keys = path.split(".");
  let place = changed;
  for (const key of keys.slice(0, -1)) {
    place[key] ??= {};
    place = place[key] as Record<string, unknown>;
  }
  place[keys.at(-1) ?? ""] = value;
  edit.set(K8S.release, "authentik", { values: changed });
};
const settings = (entries: Properties) => (edit: Edit) => {
  const { inputs } = edit.one(K8S.secret, SETTINGS);
  edit.set(K8S.secret, SETTINGS, { stringData: { ...(inputs.stringData as Properties), ...entries } });
};
const release = (inputs: Properties) => (edit: Edit) => edit.set(K8S.release, "authentik", inputs);
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const deployment = (image: string) => (edit: Edit) =>
  edit.add(DEPLOYMENT, "tool", {
    spec: { template: { spec: { containers: [{ name: "tool", image }] } } },
  });

describe("the secret key", () => {
  refuses(stack, [
    {
      what: "another key",
      rule: "secret-key-sealed",
      edit: settings({ AUTHENTIK_SECRET_KEY: "another".padEnd(60, "x") }),
      said: /^the secret key is not the one that is sealed$/m,
    },
    {
      what: "no key",
      rule: "secret-key-sealed",
      edit: settings({ AUTHENTIK_SECRET_KEY: "" }),
      said: /has no AUTHENTIK_SECRET_KEY: the pods crash with "Secret key missing"$/m,
    },
    {
      what: "no seal",
      rule: "secret-key-sealed",
      edit: (edit) => edit.remove(RANDOM.uuid, SEAL),
      said: /^no seal keeps the digest/m,
    },
    {
      what: "a seal that is not protected",
      rule: "secret-key-sealed",
      edit: (edit) => edit.options(RANDOM.uuid, SEAL, { protect: false }),
      said: /^the seal of the secret key is not protected/m,
    },
    {
      what: "a seal that ignores another key",
      rule: "secret-key-sealed",
      edit: (edit) => edit.options(RANDOM.uuid, SEAL, { ignoreChanges: ["keepers"] }),
      said: /^the seal ignores changes of keepers$/m,
    },
    {
      what: "a server that reads no Secret of this program",
      rule: "secret-key-sealed",
      edit: values("authentik.existingSecret.secretName", "by-hand"),
      said: /^the server reads its settings from no Secret of this program/m,
    },
    {
      what: "a seal of another source than the generated key",
      rule: "secret-key-sealed",
      edit: (edit) => {
        edit.add(RANDOM.password, "one", { length: 60 }).add(RANDOM.password, "two", { length: 60 });
        const [one, two] = ["one", "two"].map((name) => edit.one(RANDOM.password, name).urn);
        edit.set(
          K8S.secret,
          SETTINGS,
          { stringData: { AUTHENTIK_SECRET_KEY: "of one" } },
          { stringData: [one ?? ""] },
        );
        edit.set(RANDOM.uuid, SEAL, { keepers: { sha256: "of two" } }, { keepers: [two ?? ""] });
      },
      said: /^the secret key (is not the one that is sealed|does not come from where the sealed one comes from)$/m,
    },
  ]);

  accepts(stack, [
    [
      "a key that is sealed anew, once it is unprotected by hand",
      (edit) => {
        const key = "another".padEnd(60, "x");
        settings({ AUTHENTIK_SECRET_KEY: key })(edit);
        edit.set(RANDOM.uuid, SEAL, { keepers: { sha256: createHash("sha256").update(key).digest("hex") } });
      },
    ],
  ]);
});

describe("Helm and images", () => {
  refuses(
    stack,
    (
      [
        ["a secret key", "authentik.secret_key", /^values.authentik.secret_key looks like a secret$/m],
        [
          "a database password",
          "authentik.postgresql.password",
          /^values.authentik.postgresql.password looks/m,
        ],
        ["a bootstrap token", "authentik.bootstrap_token", /^values.authentik.bootstrap_token looks/m],
        ["a mail password", "authentik.email.password", /^values.authentik.email.password looks/m],
      ] as const
    ).map(([what, path, said]) => ({
      what,
      rule: "helm-values-without-secrets",
      edit: values(path, "of-no-worth"),
      said,
    })),
  );

  refuses(
    stack,
    [
      {
        what: "a secret in the environment",
        rule: "helm-values-without-secrets",
        edit: values("global.env", [{ name: "AUTHENTIK_SECRET_KEY", value: "of-no-worth" }]),
        said: /^values.global.env.0.name looks like a secret$/m,
      },
      {
        what: "values in a file",
        rule: "helm-values-without-secrets",
        edit: release({ valueYamlFiles: [{ path: "values.yaml" }] }),
        said: /^values come from files, which no rule reads$/m,
      },
      {
        what: "values that the state keeps in clear",
        rule: "helm-values-without-secrets",
        edit: (edit: Edit) => edit.options(K8S.release, "authentik", { additionalSecretOutputs: [] }),
        said: /^values are no secret output/m,
      },
      {
        what: "the database subchart",
        rule: "helm-subcharts-off",
        edit: values("postgresql.enabled", true),
        said: /^postgresql.enabled is not false/m,
      },
      {
        what: "the database subchart left to the chart's default",
        rule: "helm-subcharts-off",
        edit: values("postgresql", undefined),
        said: /^postgresql.enabled is not false/m,
      },
      {
        what: "rights in the cluster by the chart's default",
        rule: "helm-subcharts-off",
        edit: values("serviceAccount", undefined),
        said: /^serviceAccount.create is not false/m,
      },
      {
        what: "a Secret of the chart's own",
        rule: "helm-subcharts-off",
        edit: values("authentik", undefined),
        said: /existingSecret.secretName is not set/,
      },
      {
        what: "no version",
        rule: "chart-pinned",
        edit: release({ version: undefined }),
        said: /expected an exact one/,
      },
      {
        what: "a range",
        rule: "chart-pinned",
        edit: release({ version: "^2026.5.0" }),
        said: /has version "\^2026.5.0"/,
      },
      {
        what: "part of a version",
        rule: "chart-pinned",
        edit: release({ version: "2026.5" }),
        said: /has version "2026.5"/,
      },
      {
        what: "a repository over http",
        rule: "chart-pinned",
        edit: release({ repositoryOpts: { repo: "http://charts.goauthentik.io" } }),
        said: /expected authentik from https:\/\/charts\.goauthentik\.io$/m,
      },
      {
        what: "a repository of somebody else",
        rule: "chart-pinned",
        edit: release({ repositoryOpts: { repo: "https://charts.goauthentik.io.example.org" } }),
        said: /expected authentik from https:\/\/charts\.goauthentik\.io$/m,
      },
      {
        what: "a chart of a registry",
        rule: "chart-pinned",
        edit: release({ chart: "oci://registry.example.org/authentik", repositoryOpts: undefined }),
        said: /expected authentik from/,
      },
      {
        what: "a repository that the operator's Helm knows by a name",
        rule: "chart-pinned",
        edit: release({ chart: "somebody/authentik", repositoryOpts: undefined }),
        said: /expected authentik from/,
      },
      {
        what: "another chart of the repository",
        rule: "chart-pinned",
        edit: release({ chart: "authentik-remote-cluster" }),
        said: /expected authentik from/,
      },
      {
        what: "a local chart from a repository",
        rule: "chart-pinned",
        edit: release({ chart: "./chart", repositoryOpts: { repo: "https://charts.example.org" } }),
        said: /is local and comes from "https:\/\/charts\.example\.org"/,
      },
      {
        what: "a command over what the chart makes",
        rule: "chart-pinned",
        edit: release({ postrender: "./patch.sh" }),
        said: /^postrender is set/m,
      },
      {
        what: "a second server",
        rule: "secret-key-sealed",
        edit: (edit: Edit) => edit.add(K8S.release, "second", { name: "authentik", chart: "authentik" }),
        said: /^2 servers in the program; expected one$/m,
      },
      ...["global.image.repository", "server.image.repository", "worker.image.registry"].map((path) => ({
        what: `the server from elsewhere (${path})`,
        rule: "images-pinned",
        edit: values(path, "registry.example.org/goauthentik/server"),
        said: new RegExp(`^authentik runs values.${path}: registry.example.org/goauthentik/server$`, "m"),
      })),
      ...(
        [
          ["a further container", "server.extraContainers", [{ name: "eve", image: "eve:1.0.0" }]],
          ["an environment past the Secret", "server.env", [{ name: "AUTHENTIK_LOG_LEVEL", value: "trace" }]],
          ["objects of any kind", "additionalObjects", [{ kind: "ClusterRoleBinding" }]],
          ["rights in the cluster", "serviceAccount.annotations", { role: "admin" }],
          ["a setting of the chart's own", "authentik.log_level", "trace"],
          ["text in place of a section", "worker", "eve"],
        ] as const
      ).map(([what, path, value]) => ({
        what,
        rule: "helm-values-known",
        edit: values(path, value),
        said: new RegExp(`^values\\.${path.replace(".", "\\.")} is no value that the program makes$`, "m"),
      })),
      ...[
        "nginx.ingress.kubernetes.io/server-snippet",
        "nginx.ingress.kubernetes.io/configuration-snippet",
        "nginx.ingress.kubernetes.io/mirror-target",
        "nginx.ingress.kubernetes.io/auth-url",
        "nginx.ingress.kubernetes.io/permanent-redirect",
        "traefik.ingress.kubernetes.io/router.middlewares",
        "external-dns.alpha.kubernetes.io/target",
      ].map((name) => ({
        what: `the server's ${name}`,
        rule: "ingress-annotations-known",
        edit: values("server.ingress.annotations", { [name]: "x" }),
        said: new RegExp(`^authentik has the annotation ${name}$`, "m"),
      })),
      ...["server-snippet", "mirror-target", "upstream-vhost", "rewrite-target"].map((name) => ({
        what: `a route's ${name}`,
        rule: "ingress-annotations-known",
        edit: (edit: Edit) => {
          const { inputs } = edit.one(K8S.ingress, "matomo-admin-login");
          const metadata = inputs.metadata as { annotations: Properties };
          const annotations = { ...metadata.annotations, [`nginx.ingress.kubernetes.io/${name}`]: "x" };
          edit.set(K8S.ingress, "matomo-admin-login", { metadata: { ...metadata, annotations } });
        },
        said: new RegExp(`^matomo-admin-login has the annotation nginx.ingress.kubernetes.io/${name}$`, "m"),
      })),
      {
        what: "a moving tag of the server",
        rule: "images-pinned",
        edit: values("global.image.tag", "latest"),
        said: /^authentik runs values.global.image.tag: latest$/m,
      },
      {
        what: "a tag of the server that moves with each release",
        rule: "images-pinned",
        edit: values("global.image.tag", "2026.5"),
        said: /^authentik runs values.global.image.tag: 2026.5$/m,
      },
      {
        what: "a moving image in the chart's values",
        rule: "images-pinned",
        edit: values("server.extraContainers", [{ name: "tool", image: "busybox:latest" }]),
        said: /^authentik runs values.server.extraContainers.0.image: busybox:latest$/m,
      },
      {
        what: "a moving image of Authentik",
        rule: "images-pinned",
        edit: deployment("ghcr.io/goauthentik/server:2026.5"),
        said: /server:2026.5$/m,
      },
      {
        what: "an image without a tag",
        rule: "images-pinned",
        edit: deployment("busybox"),
        said: /^tool runs .*busybox$/m,
      },
      {
        what: "an image by `latest`",
        rule: "images-pinned",
        edit: deployment("registry:5000/busybox:latest"),
        said: /latest$/m,
      },
    ].map((one) => ({
      ...one,
      // The release's values hang on the settings' checksum: not known before the first update of a generated key.
    })),
  );

  accepts(stack, [
    ["a local chart", release({ chart: "./chart", version: undefined, repositoryOpts: undefined })],
    ["an image of a version", values("global.image.tag", "2026.5.6")],
    [
      "an image by its digest",
      deployment(`busybox@sha256:${"a".repeat(64)}`),
      { furtherKinds: [DEPLOYMENT] },
    ],
    [
      "an image of a registry with a port",
      deployment("registry:5000/busybox:1.36"),
      { furtherKinds: [DEPLOYMENT] },
    ],
    [
      "an image by the digest of the chart's values",
      values("global.image.digest", `sha256:${"a".repeat(64)}`),
    ],
    [
      "a certificate of another kind, though its annotation speaks of a private key",
      values("server.ingress.annotations", {
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "cert-manager.io/private-key-algorithm": "ECDSA",
      }),
    ],
  ]);
});

describe("secrets", () => {
  const key = PROD_SECRETS["plana-sso:secretKey"] ?? "";
  const forgejo = (edit: Edit) => String(edit.one(AK.oauth2, "forgejo").inputs.clientSecret);

  refuses(stack, [
    {
      what: "a client secret that is not marked",
      rule: "secrets-are-secret",
      edit: () => undefined,
      plain: ["clientSecret"],
      said: /^clientSecret of odoo-tenants is not marked secret$/m,
    },
    {
      what: "a Secret that is not marked",
      rule: "secrets-are-secret",
      edit: (edit) => edit.add(K8S.secret, "more", { stringData: { TOKEN: "of-no-worth" } }),
      plain: ["stringData"],
      said: /^stringData of more is not marked secret$/m,
    },
    {
      what: "a password that is not marked",
      rule: "secrets-are-secret",
      edit: (edit) => edit.set(AK.user, "martin.kotrulev", { password: "of-no-worth" }),
      plain: ["password"],
      said: /^password of martin.kotrulev is not marked secret$/m,
    },
    {
      what: "the secret key in a Helm value of an innocent name",
      rule: "secrets-not-in-clear",
      edit: values("server.podAnnotations", { note: `key ${key}` }),
      said: /^values.server.podAnnotations.note of authentik holds a secret$/m,
    },
    {
      what: "the secret key in base64 in a ConfigMap",
      rule: "secrets-not-in-clear",
      edit: (edit) => edit.add(K8S.configMap, "notes", { data: { x: Buffer.from(key).toString("base64") } }),
      said: /^data.x of notes holds a secret$/m,
    },
    {
      what: "a client secret in a description",
      rule: "secrets-not-in-clear",
      edit: (edit) =>
        edit.set(AK.application, "forgejo", { metaDescription: `Source code ${forgejo(edit)}` }),
      said: /^metaDescription of forgejo holds a secret$/m,
      // Generated: not known before.
      onceKnown: true,
    },
    {
      what: "a client secret of a generator that keeps it in clear",
      rule: "secrets-from-password-generator",
      edit: (edit) => {
        const { urn } = edit.one("random:index/randomString:RandomString", "forgejo-client-id");
        edit.options(AK.oauth2, "forgejo", { dependencies: { clientSecret: [urn] } });
      },
      said: /^clientSecret of forgejo comes from forgejo-client-id, whose result the state keeps in clear$/m,
    },
    {
      what: "a short client secret",
      rule: "client-secrets-long",
      edit: (edit) => edit.set(AK.oauth2, "matomo", { clientSecret: "short" }),
      said: /^clientSecret of matomo has fewer than 8 characters$/m,
    },
  ]);
});

describe("protection", () => {
  refuses(
    stack,
    (
      [
        [AK.user, "martin.kotrulev"],
        [AK.group, "plana-staff"],
        [AK.application, "grafana"],
        [AK.oauth2, "grafana"],
        [AK.proxy, "matomo-admin"],
        [AK.outpost, "embedded-outpost"],
        [AK.brand, "authentik-default"],
        [AK.flow, "plana-recovery"],
        [AK.flowStageBinding, "default-authentication-flow-totp-missing"],
        [AK.policyBinding, "default-authentication-flow-totp-missing-for-staff"],
        [AK.validate, "default-authentication-mfa-validation"],
        [AK.systemSettings, "system-settings"],
        [K8S.secret, SETTINGS],
        [K8S.release, "authentik"],
        [K8S.namespace, "authentik"],
        [K8S.clusterRoleBinding, "plana-admins"],
        ["random:index/randomString:RandomString", "grafana-client-id"],
      ] as const
    ).map(([type, name]) => ({
      what: `${type} ${name} without protection`,
      rule: "precious-objects-protected",
      edit: (edit: Edit) => edit.options(type, name, { protect: false }),
      said: new RegExp(`^${type} ${name} is not protected$`, "m"),
    })),
  );

  refuses(stack, [
    {
      what: "changes by hand that nobody sees",
      rule: "drift-not-ignored",
      edit: (edit) => edit.options(AK.oauth2, "grafana", { ignoreChanges: ["allowedRedirectUris"] }),
      said: /^grafana ignores changes of allowedRedirectUris$/m,
    },
    ...(
      [
        [K8S.secret, SETTINGS, "stringData"],
        [K8S.secret, "grafana-oidc", "stringData"],
        [K8S.release, "authentik", "values"],
        [K8S.clusterRoleBinding, "plana-admins", "subjects"],
        [RANDOM.password, "grafana-client-secret", "keepers"],
      ] as const
    ).map(([type, name, property]) => ({
      what: `changes of ${type} ${name} that nobody sees`,
      rule: "drift-not-ignored",
      edit: (edit: Edit) => edit.options(type, name, { ignoreChanges: [property] }),
      said: new RegExp(`^${name} ignores changes of ${property}$`, "m"),
    })),
    {
      what: "a person's groups left to whoever changes them",
      rule: "drift-not-ignored",
      edit: (edit) =>
        edit.options(AK.user, "martin.kotrulev", { ignoreChanges: ["attributes", "groups", "isActive"] }),
      said: /^martin\.kotrulev ignores changes of groups, isActive$/m,
    },
    {
      what: "a group's attributes left to whoever changes them",
      rule: "drift-not-ignored",
      edit: (edit) => edit.options(AK.group, "plana-staff", { ignoreChanges: ["attributes"] }),
      said: /^plana-staff ignores changes of attributes$/m,
    },
  ]);

  accepts(stack, [
    [
      "a person's attributes, which are their own or the roster's",
      (edit) =>
        edit
          .options(AK.user, "martin.kotrulev", { ignoreChanges: ["attributes"] })
          .options(AK.user, "ramona.gospodinova", { ignoreChanges: [] }),
    ],
  ]);
});
