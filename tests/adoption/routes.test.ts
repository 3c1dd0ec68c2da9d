import { RELEASE } from "../../state/resources";
import { hasRelease, releaseRefusals } from "../../adoption/release";
import { routesInTheWay } from "../../adoption/routes";
import { clusterOf, sketch } from "./sketch";

const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
const AUTH = "auth.example.org";
const ANALYTICS = "analytics.example.org";

const rules = (host: string, path?: string) => ({
  ingressClassName: "nginx",
  rules: [{ host, http: { paths: [path === undefined ? {} : { path, pathType: "Prefix" }] } }],
});

const release = sketch(RELEASE, "authentik", {
  name: "authentik",
  namespace: "authentik",
  values: { server: { ingress: { enabled: true, hosts: [AUTH], ingressClassName: "nginx" } } },
});
const PROGRAM = [
  release,
  sketch(INGRESS, "matomo-admin-protected", {
    metadata: { name: "matomo-admin-protected", namespace: "matomo" },
    spec: rules(ANALYTICS, "/"),
  }),
  sketch(INGRESS, "matomo-admin-login", {
    metadata: { name: "matomo-admin-login", namespace: "matomo" },
    spec: rules(ANALYTICS, "/outpost.goauthentik.io"),
  }),
];

const live = (
  namespace: string,
  name: string,
  spec: object,
  more: { labels?: Readonly<Record<string, string>>; annotations?: Readonly<Record<string, string>> } = {},
) => ({ kind: "Ingress", metadata: { namespace, name, ...more }, spec });

const inTheWay = async (...objects: Parameters<typeof clusterOf>[0]) =>
  (await routesInTheWay(PROGRAM, { cluster: clusterOf(objects) })).map(
    ({ route, host, path, wanted }) => `${route} ${host}${path} ${wanted}`,
  );

test("the release's own Ingress counts, under whatever name the live one is", async () => {
  expect(await inTheWay(live("authentik", "login", rules(AUTH)))).toEqual([
    `Ingress authentik/login ${AUTH}/ authentik/authentik-server`,
  ]);
  expect(await inTheWay(live("edge", "authentik-server", rules("AUTH.example.org", "/")))).toEqual([
    "Ingress edge/authentik-server AUTH.example.org/ authentik/authentik-server",
  ]);
});

test("what has the program's own names, another path, another class, or is a canary is not in the way", async () => {
  expect(
    await inTheWay(
      live("authentik", "authentik-server", rules(AUTH, "/")),
      live("matomo", "matomo-admin-protected", rules(ANALYTICS, "/")),
      live("matomo", "tracker", rules(ANALYTICS, "/matomo.php")),
      live("matomo", "other", { ...rules(ANALYTICS, "/"), ingressClassName: "internal" }),
      live("matomo", "canary", rules(ANALYTICS, "/"), {
        annotations: { "nginx.ingress.kubernetes.io/canary": "true" },
      }),
    ),
  ).toEqual([]);
});

test("a slash at the end of a prefix makes no other path, and the class may stand in an annotation", async () => {
  const { rules: only } = rules(ANALYTICS, "/outpost.goauthentik.io/");
  const annotated = (name: string) => ({ annotations: { "kubernetes.io/ingress.class": name } });
  expect(await inTheWay(live("a", "old", { rules: only }, annotated("nginx")))).toEqual([
    `Ingress a/old ${ANALYTICS}/outpost.goauthentik.io/ matomo/matomo-admin-login`,
  ]);
  expect(await inTheWay(live("a", "old", { rules: only }, annotated("internal")))).toEqual([]);
  expect(await inTheWay(live("a", "old", { rules: only }))).toHaveLength(1);
});

test("a route of Traefik's own kind is in the way too: it might win, and asks for no login", async () => {
  const match = `(Host(\`${ANALYTICS}\`) || Host(\`x.org\`)) && PathPrefix(\`/\`)`;
  expect(
    await inTheWay({
      kind: "IngressRoute",
      metadata: { namespace: "matomo", name: "matomo" },
      spec: { routes: [{ match }, { match: `Host(\`${AUTH}\`)` }, { match: "PathPrefix(`/x`)" }] },
    }),
  ).toEqual([
    `IngressRoute matomo/matomo ${ANALYTICS}/ matomo/matomo-admin-protected`,
    `IngressRoute matomo/matomo ${AUTH}/ authentik/authentik-server`,
  ]);
});

test.each([
  ["Authentik itself", { "app.kubernetes.io/managed-by": "goauthentik.io" }, /set that to none/],
  ["Flux", { "kustomize.toolkit.fluxcd.io/name": "matomo" }, /Kustomization matomo\): take it out there/],
  ["Helm", { "app.kubernetes.io/managed-by": "Helm" }, /switch its ingress off there/],
  [
    "a person",
    {},
    /^kubectl get ingress -n matomo old -o yaml > old\.yaml && kubectl delete ingress -n matomo old$/,
  ],
])("what to do is told by who made it: %s", async (_, labels, mend) => {
  const cluster = clusterOf([live("matomo", "old", rules(ANALYTICS, "/"), { labels })]);
  expect((await routesInTheWay(PROGRAM, { cluster }))[0]?.mend).toMatch(mend);
});

const adopted = (status: string) => ({
  resource: release,
  id: "authentik/authentik",
  by: "",
  notes: [],
  object: { metadata: { labels: { status, version: "4" } } },
});
const server = (labels: Readonly<Record<string, string>>) => ({
  kind: "Deployment",
  metadata: {
    namespace: "authentik",
    name: "sso-server",
    labels: {
      "app.kubernetes.io/name": "authentik",
      "app.kubernetes.io/component": "server",
      ...labels,
    },
  },
});
const said = async (adopt: ReturnType<typeof adopted>[], ...objects: Parameters<typeof clusterOf>[0]) =>
  (
    await releaseRefusals(
      { cluster: clusterOf(objects) },
      adopt,
      adopt.length > 0 ? [] : [{ resource: release }],
    )
  ).map(({ reason }) => reason);

test.each(["pending-install", "pending-upgrade", "pending-rollback"])(
  "a release that is %s is refused, with what to do",
  async (status) => {
    expect(await said([adopted(status)])).toEqual([
      expect.stringMatching(
        new RegExp(`^is in state ${status}: .* helm history -n authentik authentik, then helm rollback`),
      ),
    ]);
  },
);

test("only a release that Helm can upgrade is taken over by the program", async () => {
  const record = (version: number, status: string) => ({
    kind: "Secret",
    metadata: {
      namespace: "authentik",
      name: `sh.helm.release.v1.authentik.v${version}`,
      labels: { owner: "helm", name: "authentik", version: String(version), status },
    },
  });
  const has = (...records: ReturnType<typeof record>[]) =>
    hasRelease({ cluster: clusterOf(records) }, "authentik");
  expect(await has()).toBe(false);
  expect(await has(record(9, "superseded"), record(10, "deployed"))).toBe(true);
  expect(await has(record(10, "pending-upgrade"), record(9, "deployed"))).toBe(false);
});

test("a release that is gone is refused, and one that is deployed, or failed and so can be upgraded, is not", async () => {
  expect(await said([adopted("uninstalled")])).toHaveLength(1);
  expect(await said([adopted("deployed")])).toEqual([]);
  expect(await said([adopted("failed")])).toEqual([]);
});

test("a server that Flux upgrades, or that runs as something else, is refused", async () => {
  const flux = { "helm.toolkit.fluxcd.io/name": "sso", "helm.toolkit.fluxcd.io/namespace": "flux-system" };
  const own = { "app.kubernetes.io/instance": "authentik" };
  expect(await said([adopted("deployed")], server({ ...own, ...flux }))).toEqual([
    expect.stringContaining("flux suspend helmrelease -n flux-system sso"),
  ]);
  expect(await said([adopted("deployed")], server(own))).toEqual([]);
  expect(await said([], server({ "app.kubernetes.io/instance": "sso" }))).toEqual([
    expect.stringContaining(
      "Deployment authentik/sso-server runs there, not as Helm release authentik but as sso",
    ),
  ]);
  expect(await said([])).toEqual([]);
});
