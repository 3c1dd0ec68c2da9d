import { createHash } from "node:crypto";

import { entriesOf, K8S, runProgram, type Program } from "../program";
import { PROD_SECRETS } from "../stack-files";
import { matching } from "../matchers";

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

const one = (type: string, name: string) => program.recorder.one(type, name);

test("the namespace `authentik` is the only one made here", () => {
  expect(program.recorder.all(K8S.namespace).map(({ inputs }) => inputs.metadata)).toEqual([
    { name: "authentik" },
  ]);
});

test("the settings Secret holds all settings, and the bootstrap token only there", () => {
  const secret = one(K8S.secret, "authentik-settings");
  const { inputs, secrets, options } = secret;
  expect(inputs).toMatchObject({
    type: "Opaque",
    metadata: { name: "authentik-settings", namespace: "authentik" },
  });
  expect(entriesOf(secret)).toEqual({
    AUTHENTIK_SECRET_KEY: PROD_SECRETS["plana-sso:secretKey"],
    AUTHENTIK_BOOTSTRAP_TOKEN: PROD_SECRETS["plana-sso:bootstrapToken"],
    AUTHENTIK_POSTGRESQL__HOST: "pg01",
    AUTHENTIK_POSTGRESQL__PORT: "5432",
    AUTHENTIK_POSTGRESQL__NAME: "authentik",
    AUTHENTIK_POSTGRESQL__USER: "authentik",
    AUTHENTIK_POSTGRESQL__PASSWORD: PROD_SECRETS["plana-sso:databasePassword"],
    AUTHENTIK_ERROR_REPORTING__ENABLED: "false",
  });
  expect(inputs.stringData).toBeUndefined();
  expect(secrets).toEqual(["data"]);
  expect(options.protect).toBe(true);
});

test("the secret key is sealed by its digest before anything uses it", () => {
  const seal = one("random:index/randomUuid:RandomUuid", "secret-key-is-write-once");
  const key = PROD_SECRETS["plana-sso:secretKey"] ?? "";
  expect(seal.inputs).toEqual({ keepers: { sha256: createHash("sha256").update(key).digest("hex") } });
  expect(seal.secrets).toEqual([]);
  expect(seal.options.protect).toBe(true);
  const order = program.recorder.resources.map(({ name }) => name);
  expect(order.slice(0, 2)).toEqual(["secret-key", "secret-key-is-write-once"]);
});

test("the release is the pinned upstream chart, and its old values stay secret in the state", () => {
  const { inputs, options } = one(K8S.release, "authentik");
  expect(inputs).toMatchObject({
    name: "authentik",
    namespace: "authentik",
    chart: "authentik",
    version: "2026.5.6",
    repositoryOpts: { repo: "https://charts.goauthentik.io" },
    skipAwait: false,
    timeout: 900,
  });
  expect(options).toMatchObject({ protect: true, additionalSecretOutputs: ["values"] });
});

test("the chart's values: settings by name, two pods of each, no database of its own, no cluster role", () => {
  const values = one(K8S.release, "authentik").inputs.values;
  const probes = {
    startupProbe: { periodSeconds: 10, failureThreshold: 60 },
    livenessProbe: { periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { periodSeconds: 10, failureThreshold: 3 },
  };
  const pods = {
    replicas: 2,
    resources: { requests: { cpu: "250m", memory: "768Mi" }, limits: { memory: "1536Mi" } },
    pdb: { enabled: true, minAvailable: 1 },
    ...probes,
  };
  expect(values).toEqual({
    global: {
      podAnnotations: { "plana.solutions/settings-checksum": matching(/^[0-9a-f]{64}$/) },
    },
    authentik: { existingSecret: { secretName: "authentik-settings" } },
    server: {
      ...pods,
      ingress: {
        enabled: true,
        ingressClassName: "nginx",
        hosts: ["auth.planapulse.com"],
        annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
        tls: [{ hosts: ["auth.planapulse.com"], secretName: "authentik-tls" }],
      },
    },
    worker: { ...pods, serviceAccountName: "default" },
    postgresql: { enabled: false },
    serviceAccount: { create: false },
  });
  for (const secret of Object.values(PROD_SECRETS)) expect(JSON.stringify(values)).not.toContain(secret);
});

test("`authentik-proxy` points at the server's pods, and the application's namespace at `authentik-proxy`", () => {
  expect(one(K8S.service, "authentik-proxy").inputs).toMatchObject({
    metadata: { name: "authentik-proxy", namespace: "authentik" },
    spec: {
      selector: {
        "app.kubernetes.io/name": "authentik",
        "app.kubernetes.io/instance": "authentik",
        "app.kubernetes.io/component": "server",
      },
      ports: [{ name: "http", port: 80, targetPort: "http" }],
    },
  });
  expect(one(K8S.service, "matomo-admin-outpost").inputs).toMatchObject({
    metadata: { name: "matomo-admin-outpost", namespace: "matomo" },
    spec: {
      type: "ExternalName",
      externalName: "authentik-proxy.authentik.svc.cluster.local",
      ports: [{ name: "http", port: 80, targetPort: 80 }],
    },
  });
});

test("the administrators hold the cluster role", () => {
  expect(one(K8S.clusterRoleBinding, "plana-admins").inputs).toMatchObject({
    metadata: { name: "plana-admins" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "plana-admins" }],
  });
});
