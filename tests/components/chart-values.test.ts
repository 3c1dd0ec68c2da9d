import { chartValues, tls, type ChartValuesArgs } from "../../components/server/chart-values";

const ARGS: ChartValuesArgs = {
  host: "auth.example.test",
  settingsSecret: "settings",
  settingsChecksum: "checksum",
  replicas: { server: 2, worker: 2 },
  ingress: { controller: "nginx", className: "nginx", tlsIssuer: "issuer" },
};

test("settings are read from the Secret by name, and a change of them rolls the pods", () => {
  const { authentik, global } = chartValues(ARGS);
  expect(authentik).toEqual({ existingSecret: { secretName: "settings" } });
  expect(global).toEqual({ podAnnotations: { "plana.solutions/settings-checksum": "checksum" } });
});

test("the chart brings neither a database nor a cluster role", () => {
  expect(chartValues(ARGS)).toMatchObject({
    postgresql: { enabled: false },
    serviceAccount: { create: false },
  });
});

test("the worker's account is named, since a release that had one of its own would look for it for ever", () => {
  expect(chartValues(ARGS).worker).toMatchObject({ serviceAccountName: "default" });
});

test("no value is at the top, where the chart refuses it", () => {
  expect(Object.keys(chartValues(ARGS)).sort()).toEqual([
    "authentik",
    "global",
    "postgresql",
    "server",
    "serviceAccount",
    "worker",
  ]);
});

test.each([
  [1, { enabled: false }],
  [2, { enabled: true, minAvailable: 1 }],
  [3, { enabled: true, minAvailable: 1 }],
])("%i pods have the budget %j", (replicas, pdb) => {
  const { server, worker } = chartValues({ ...ARGS, replicas: { server: replicas, worker: replicas } });
  expect(server).toMatchObject({ replicas, pdb });
  expect(worker).toMatchObject({ replicas, pdb });
});

test("server and worker are counted apart", () => {
  const { server, worker } = chartValues({ ...ARGS, replicas: { server: 3, worker: 1 } });
  expect([server.replicas, worker.replicas]).toEqual([3, 1]);
});

test("a start may run migrations for ten minutes, and both ask for memory and limit it", () => {
  const { server, worker } = chartValues(ARGS);
  for (const { startupProbe, resources } of [server, worker]) {
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(600);
    expect(resources).toEqual({ requests: { cpu: "250m", memory: "768Mi" }, limits: { memory: "1536Mi" } });
  }
});

test("the ingress serves the host, with a certificate of the issuer", () => {
  expect(chartValues(ARGS).server.ingress).toEqual({
    enabled: true,
    ingressClassName: "nginx",
    hosts: ["auth.example.test"],
    annotations: { "cert-manager.io/cluster-issuer": "issuer" },
    tls: [{ hosts: ["auth.example.test"], secretName: "authentik-tls" }],
  });
});

test("without an issuer the controller's own certificate is used", () => {
  expect(tls("a.example.test", { controller: "nginx", className: "nginx" }, "unused")).toEqual({
    annotations: {},
    tls: [{ hosts: ["a.example.test"] }],
  });
});

test("Traefik is told that the host is served with TLS", () => {
  const { ingress } = chartValues({ ...ARGS, ingress: { controller: "traefik", className: "t" } }).server;
  expect(ingress.annotations).toEqual({ "traefik.ingress.kubernetes.io/router.tls": "true" });
});
