import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfig, type Kubernetes, startKubernetes } from "../../sandbox/kubernetes/server";
import {
  isSecret,
  markNamed,
  objectOf,
  type Properties,
  reveal,
  secret,
  UNKNOWN,
} from "../../sandbox/plugins/wire";
import { bundle, PluginClient } from "./plugin-client";

const SECRET = "kubernetes:core/v1:Secret";
const NAMESPACE = "kubernetes:core/v1:Namespace";
const RELEASE = "kubernetes:helm.sh/v3:Release";
const TOKEN = "cluster-token";

let plugins: ReturnType<typeof bundle>;
let folder: string;
let cluster: Kubernetes;
let plugin: PluginClient;

const configure = (more: Properties = {}) =>
  plugin.configure({ kubeconfig: kubeconfig(cluster.url, TOKEN), ...more });

beforeAll(async () => {
  plugins = bundle();
  plugin = await PluginClient.start(plugins.file, "kubernetes");
});
afterAll(async () => {
  await plugin.stop();
  plugins.remove();
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cluster-"));
  cluster = await startKubernetes({ stateFile: join(folder, "state.json"), token: TOKEN });
  await configure();
});
afterEach(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true });
});

/** Asks the API server past the plugin. */
async function call(method: "POST" | "PATCH", path: string, body: Properties): Promise<void> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": type };
  const answer = await fetch(cluster.url + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}

const settings = (data: Record<string, string>, namespace = "default"): Properties => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "settings", namespace },
  stringData: data,
});

describe("check", () => {
  test("names the object and its namespace where the program does not, and keeps the name", async () => {
    const first = await plugin.check(SECRET, { stringData: { A: "1" } });
    expect(first.failures).toEqual([]);
    expect(first.inputs).toMatchObject({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "thing-07070707", namespace: "default" },
    });
    const again = await plugin.check(SECRET, {}, { metadata: { name: "thing-before" } });
    expect(again.inputs.metadata).toMatchObject({ name: "thing-before" });
  });

  test.each([
    ["a field of the type", SECRET, { stringdata: {} }, 'unknown field "stringdata"'],
    ["a wrong value", SECRET, { stringData: { A: 1 } }, 'invalid type for "stringData.A": expected a string'],
    ["metadata", NAMESPACE, { metadata: { label: {} } }, 'unknown field "metadata.label"'],
    [
      "something deep inside",
      "kubernetes:apps/v1:Deployment",
      { spec: { selector: {}, template: { spec: { containers: [{ name: "a", imagee: "b" }] } } } },
      'unknown field "spec.template.spec.containers[0].imagee"',
    ],
    ["a custom resource without a spec", "kubernetes:traefik.io/v1alpha1:Middleware", {}, "needs a spec"],
  ])("refuses a mistake in %s", async (_, type, inputs, reason) => {
    const { failures } = await plugin.check(type, inputs);
    expect(failures).toEqual([expect.stringContaining(reason)]);
  });

  test("takes unknown values for anything", async () => {
    const spec = { ports: [{ port: UNKNOWN, targetPort: "http" }], selector: UNKNOWN };
    expect((await plugin.check("kubernetes:core/v1:Service", { spec })).failures).toEqual([]);
  });

  test("keeps secret inputs secret", async () => {
    const inputs = { stringData: { A: secret("hidden") } };
    expect((await plugin.check(SECRET, inputs)).inputs.stringData).toEqual({ A: secret("hidden") });
  });

  test("a type that the table does not have is an error", async () => {
    await expect(plugin.check("kubernetes:core/v1:Node", {})).rejects.toThrow("no such type");
  });
});

describe("objects", () => {
  test("a namespace has to be there; what is there already is refused", async () => {
    const inputs = settings({ A: "1" }, "apps");
    await expect(plugin.create(SECRET, inputs)).rejects.toThrow('namespaces "apps" not found');
    expect(await plugin.create(NAMESPACE, { metadata: { name: "apps" } })).toMatchObject({ id: "apps" });
    expect(await plugin.create(SECRET, inputs)).toMatchObject({ id: "apps/settings" });
    await expect(plugin.create(SECRET, inputs)).rejects.toThrow('secrets "settings" already exists');
  });

  test("a preview asks the API server, its webhooks included, unless that is switched off", async () => {
    const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
    const ingress = (name: string): Properties => ({
      metadata: { name, namespace: "default" },
      spec: {
        ingressClassName: "nginx",
        rules: [{ host: "a.example.org", http: { paths: [{ path: "/", pathType: "Prefix" }] } }],
      },
    });
    await plugin.create(INGRESS, ingress("one"));
    await expect(plugin.create(INGRESS, ingress("two"), true)).rejects.toThrow(
      'host "a.example.org" and path "/" is already defined in ingress default/one',
    );
    // What is there, and a namespace that is not there yet, are the run's to tell.
    await plugin.create(INGRESS, ingress("one"), true);
    await plugin.create(SECRET, settings({ A: "1" }, "later"), true);
    await configure({ enableServerSideApply: "false" });
    await plugin.create(INGRESS, ingress("two"), true);
    expect((await plugin.read(INGRESS, "default/two")).id).toBe("");
  });

  test("what was made with kubectl is taken over whole, and another manager's fields only where that is said", async () => {
    const types = { ...settings({ A: "1", B: "2" }), type: "Opaque" };
    await call("POST", "/api/v1/namespaces/default/secrets?fieldManager=kubectl-create", types);
    const patch = { data: { A: "OQ==" } };
    await call(
      "PATCH",
      "/api/v1/namespaces/default/secrets/settings?fieldManager=kustomize-controller",
      patch,
    );
    const { id, outputs, inputs } = await plugin.read(SECRET, "default/settings");
    const other = settings({ A: "2" });
    await expect(plugin.update(SECRET, id, outputs, other, inputs)).rejects.toThrow(
      'Apply failed with 1 conflict: conflict with "kustomize-controller" using v1: .data.A',
    );
    const { metadata } = other;
    const annotations = { "pulumi.com/patchForce": "true" };
    const forced = { ...other, metadata: { ...objectOf(metadata), annotations } };
    const updated = objectOf(reveal(await plugin.update(SECRET, id, outputs, forced, inputs)));
    expect(updated.data).toEqual({ A: "Mg==" });
    expect(updated).toHaveProperty("metadata.managedFields.length", 1);
  });

  test("the API server knows what this provider has made, and what an update left out is gone", async () => {
    const before = settings({ A: "1", B: "2" });
    const { id, outputs } = await plugin.create(SECRET, before);
    expect(outputs).toHaveProperty(
      "metadata.managedFields.0",
      expect.objectContaining({
        manager: "pulumi-kubernetes",
        operation: "Update",
      }),
    );
    const updated = objectOf(reveal(await plugin.update(SECRET, id, outputs, settings({ B: "3" }), before)));
    expect(updated.data).toEqual({ B: "Mw==" });
    expect(updated).toHaveProperty(
      "metadata.managedFields.0",
      expect.objectContaining({
        manager: expect.stringMatching(/^pulumi-kubernetes-[0-9a-f]{8}$/) as string,
        operation: "Apply",
      }),
    );
  });

  test("a preview makes nothing", async () => {
    const { id, outputs } = await plugin.create(SECRET, settings({ A: "1" }), true);
    expect(id).toBe("");
    expect(outputs).toHaveProperty("metadata.name", "settings");
    expect(await plugin.read(SECRET, "default/settings")).toMatchObject({ id: "" });
  });

  test("data of a Secret comes back as secret and without a difference", async () => {
    const inputs = settings({ A: "1" });
    const { id, outputs } = await plugin.create(SECRET, inputs);
    expect(outputs.data).toEqual(secret({ A: "MQ==" }));
    expect(outputs.stringData).toEqual(secret({ A: "1" }));
    expect(await plugin.diff(SECRET, id, outputs, inputs)).toMatchObject({ changed: false });
    const refreshed = await plugin.read(SECRET, id, outputs, inputs);
    expect(reveal(refreshed.inputs)).toEqual(inputs);
    expect(await plugin.diff(SECRET, id, refreshed.outputs, inputs)).toMatchObject({ changed: false });
  });

  test("a changed Secret is replaced, deleted first, unless Secrets are mutable", async () => {
    const before = settings({ A: "1", B: "2" });
    const { id, outputs } = await plugin.create(SECRET, before);
    const after = settings({ A: "9" });
    expect(await plugin.diff(SECRET, id, outputs, after, before)).toEqual({
      changed: true,
      paths: ["data.B", "stringData.A"],
      replaces: ["stringData.A", "data.B"],
      deleteFirst: true,
    });
    await configure({ enableSecretMutable: "true" });
    expect(await plugin.diff(SECRET, id, outputs, after, before)).toMatchObject({
      changed: true,
      replaces: [],
      deleteFirst: false,
    });
    const updated = await plugin.update(SECRET, id, outputs, after, before);
    expect(reveal(updated.data ?? null)).toEqual({ A: "OQ==" });
    expect(updated).toHaveProperty("metadata.uid", (outputs.metadata as Properties).uid);
  });

  test("so is a changed ConfigMap, unless ConfigMaps are mutable", async () => {
    const type = "kubernetes:core/v1:ConfigMap";
    const inputs = (data: Properties): Properties => ({
      metadata: { name: "headers", namespace: "default" },
      data,
    });
    const before = inputs({ A: "1" });
    const after = inputs({ A: "", B: "/" });
    const { id, outputs } = await plugin.create(type, before);
    await configure({ enableSecretMutable: "true" });
    expect(await plugin.diff(type, id, outputs, after, before)).toMatchObject({
      replaces: ["data.A", "data.B"],
      deleteFirst: true,
    });
    await configure({ enableConfigMapMutable: "true" });
    expect(await plugin.diff(type, id, outputs, after, before)).toMatchObject({
      changed: true,
      replaces: [],
    });
    const updated = await plugin.update(type, id, outputs, after, before);
    expect(updated).toMatchObject({
      data: { A: "", B: "/" },
      metadata: { uid: (outputs.metadata as Properties).uid },
    });
  });

  test("ignored properties make no difference", async () => {
    const before = settings({ A: "1" });
    const { id, outputs } = await plugin.create(SECRET, before);
    const ignoring = await plugin.diff(SECRET, id, outputs, settings({ A: "2" }), before, ["stringData"]);
    expect(ignoring).toMatchObject({ changed: false });
  });

  test("a new name or role means a new object", async () => {
    const type = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding";
    const inputs = (name: string, role: string): Properties => ({
      metadata: { name, namespace: "default" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role },
    });
    const { id, outputs } = await plugin.create(type, inputs("a", "reader"));
    expect((await plugin.diff(type, id, outputs, inputs("b", "writer"))).replaces).toEqual([
      "metadata.name",
      "roleRef.name",
    ]);
  });

  test("what others changed shows after a refresh, and what the server fills in does not", async () => {
    const type = "kubernetes:core/v1:Service";
    const inputs: Properties = {
      metadata: { name: "web", namespace: "default" },
      spec: { ports: [{ port: 80 }], selector: { app: "web" } },
    };
    const { id, outputs } = await plugin.create(type, inputs);
    expect(outputs).toHaveProperty("spec.clusterIP");
    await call("PATCH", "/api/v1/namespaces/default/services/web", { spec: { selector: { app: "other" } } });
    const { outputs: live } = await plugin.read(type, id, outputs, inputs);
    expect((await plugin.diff(type, id, live, inputs)).paths).toEqual(["spec.selector.app"]);
  });

  test("deleting twice is fine, and gone is gone", async () => {
    const { id } = await plugin.create(NAMESPACE, { metadata: { name: "apps" } });
    await plugin.delete(NAMESPACE, id);
    await plugin.delete(NAMESPACE, id);
    expect((await plugin.read(NAMESPACE, id, { metadata: { name: "apps" } }, {})).id).toBe("");
  });

  test("an import answers with inputs, without the server's own fields", async () => {
    await plugin.create(SECRET, settings({ A: "1" }));
    const { id, inputs } = await plugin.read(SECRET, "default/settings");
    expect(id).toBe("default/settings");
    expect(inputs).toMatchObject({
      metadata: { name: "settings", namespace: "default" },
      // What would mark it is the SDK, which an import does not ask.
      data: { A: "MQ==" },
    });
    expect(inputs).not.toHaveProperty("metadata.uid");
  });

  test("a wrong token is said", async () => {
    await plugin.configure({ kubeconfig: kubeconfig(cluster.url, "other") });
    await expect(plugin.create(NAMESPACE, { metadata: { name: "apps" } })).rejects.toThrow("Unauthorized");
  });
});

describe("helm release", () => {
  const release = (values: Properties, more: Properties = {}): Properties => ({
    name: "authentik",
    namespace: "default",
    chart: "authentik",
    version: "2026.5.6",
    repositoryOpts: { repo: "https://charts.goauthentik.io" },
    values: { postgresql: { enabled: false }, ...values },
    ...more,
  });
  const external = { authentik: { existingSecret: { secretName: "settings" } } };
  const complete = { AUTHENTIK_SECRET_KEY: "key", AUTHENTIK_POSTGRESQL__PASSWORD: "word" };

  test.each([
    ["a value of older charts", release({ replicas: 2 }), '"replicas" is deprecated or unknown'],
    [
      "an input that releases do not have",
      release({}, { chartVersion: "1" }),
      'unknown input "chartVersion"',
    ],
    ["another version", release({}, { version: "2026.5.5" }), "not found"],
    ["a bundled database without a password", release({ postgresql: {} }), "bundled database"],
  ])("refuses %s", async (_, inputs, reason) => {
    expect((await plugin.check(RELEASE, inputs)).failures.join()).toContain(reason);
  });

  test("does not come up without the settings Secret and what must be in it", async () => {
    const { outputs } = await plugin.create(SECRET, settings({ AUTHENTIK_POSTGRESQL__PASSWORD: "word" }));
    await expect(plugin.create(RELEASE, release(external))).rejects.toThrow("Secret key missing");
    const elsewhere = { authentik: { existingSecret: { secretName: "other-settings" } } };
    await expect(plugin.create(RELEASE, release(elsewhere, { name: "other" }))).rejects.toThrow(
      'secret "other-settings" not found',
    );
    await configure({ enableSecretMutable: "true" });
    await plugin.update(SECRET, "default/settings", outputs, settings(complete));
    // It is there all the same, so that it is not made but upgraded.
    await expect(plugin.create(RELEASE, release(external))).rejects.toThrow("still in use");
    const status = async () => (await plugin.read(RELEASE, "default/authentik")).outputs.status;
    expect(await status()).toMatchObject({ status: "failed", revision: 1 });
    await plugin.update(RELEASE, "default/authentik", {}, release(external), release(external));
    expect(await status()).toMatchObject({ status: "deployed", revision: 2 });
  });

  test("makes, upgrades and removes the chart's objects", async () => {
    await plugin.create(SECRET, settings(complete));
    const inputs = release({ ...external, server: { replicas: 2, pdb: { enabled: true } } });
    const { id, outputs } = await plugin.create(RELEASE, inputs);
    expect(await plugin.diff(RELEASE, id, outputs, inputs)).toMatchObject({ changed: false });
    const deployment = async (name: string) =>
      (await plugin.read("kubernetes:apps/v1:Deployment", `default/${name}`)).outputs;
    expect(await deployment("authentik-server")).toMatchObject({ spec: { replicas: 2 } });
    expect(
      (await plugin.read("kubernetes:policy/v1:PodDisruptionBudget", "default/authentik-server")).id,
    ).not.toBe("");

    const next = release({ ...external, global: { podAnnotations: { "checksum/settings": "2" } } });
    const difference = await plugin.diff(RELEASE, id, outputs, next, inputs);
    expect(difference).toMatchObject({ changed: true, replaces: [] });
    const updated = await plugin.update(RELEASE, id, outputs, next, inputs);
    expect(updated).toHaveProperty("status.revision", 2);
    expect(await deployment("authentik-worker")).toHaveProperty("spec.template.metadata.annotations", {
      "checksum/settings": "2",
    });
    expect(
      (await plugin.read("kubernetes:policy/v1:PodDisruptionBudget", "default/authentik-server")).id,
    ).toBe("");

    await plugin.delete(RELEASE, id);
    expect(await deployment("authentik-server")).toEqual({});
  });

  test("an account that the chart no longer makes stays named by the worker, unless another one is", async () => {
    await plugin.create(SECRET, settings(complete));
    const inputs = release(external);
    const { id, outputs } = await plugin.create(RELEASE, inputs);
    const without = { ...external, serviceAccount: { create: false } };
    const upgraded = (values: Parameters<typeof release>[0]) =>
      plugin.update(RELEASE, id, outputs, release(values), inputs);
    await expect(upgraded(without)).rejects.toThrow('serviceaccount "authentik" not found');
    await upgraded({ ...without, worker: { serviceAccountName: "default" } });
  });

  test("a record of an operation that never ended locks the release", async () => {
    await plugin.create(SECRET, settings(complete));
    const { outputs } = await plugin.create(RELEASE, release(external));
    const labels = { owner: "helm", name: "authentik", status: "pending-upgrade", version: "2" };
    await plugin.create(SECRET, {
      metadata: { name: "sh.helm.release.v1.authentik.v2", namespace: "default", labels },
    });
    await expect(
      plugin.update(RELEASE, "default/authentik", outputs, release(external, { timeout: 600 })),
    ).rejects.toThrow("another operation (install/upgrade/rollback) is in progress");
  });

  test("a release with its settings in the values is imported, then moved to an own Secret", async () => {
    const old = release({ authentik: { secret_key: "key", postgresql: { host: "db", password: "word" } } });
    await plugin.create(RELEASE, old);
    expect((await plugin.read(SECRET, "default/authentik")).outputs).toMatchObject({
      data: {
        AUTHENTIK_SECRET_KEY: "a2V5",
        AUTHENTIK_POSTGRESQL__HOST: "ZGI=",
        AUTHENTIK_POSTGRESQL__PASSWORD: "d29yZA==",
      },
    });
    const imported = await plugin.read(RELEASE, "default/authentik");
    expect(imported.inputs).toMatchObject({ chart: "authentik", version: "2026.5.6", values: old.values });
    await plugin.create(SECRET, settings(complete));
    const next = release(external, { timeout: 600 });
    const { paths } = await plugin.diff(RELEASE, imported.id, imported.outputs, next, imported.inputs);
    expect(paths).toEqual(
      expect.arrayContaining(["timeout", "values.authentik.existingSecret", "values.authentik.secret_key"]),
    );
    await plugin.update(RELEASE, imported.id, imported.outputs, next, imported.inputs);
    expect((await plugin.read(SECRET, "default/authentik")).id).toBe("");
  });

  test("a refresh sees what an upgrade by hand has changed, and neither what it has dropped nor what it has added", async () => {
    await plugin.create(SECRET, settings(complete));
    const inputs = release({ ...external, server: { replicas: 2 } });
    const { id, outputs } = await plugin.create(RELEASE, inputs);
    const upgraded = async (values: Properties) => {
      await plugin.update(RELEASE, id, outputs, { ...release(values), skipAwait: true }, inputs);
      const refreshed = await plugin.read(RELEASE, id, outputs, inputs);
      // The engine is given what is live; the provider goes by its own copy.
      expect(reveal(refreshed.inputs)).toMatchObject({ values });
      expect(isSecret(refreshed.outputs.__inputs)).toBe(true);
      return (await plugin.diff(RELEASE, id, refreshed.outputs, inputs, refreshed.inputs)).paths;
    };
    expect(await upgraded({ server: { replicas: 2 } })).toEqual([]);
    expect(await upgraded({ ...external, worker: { replicas: 3 }, server: { replicas: 2 } })).toEqual([]);
    expect(await upgraded({ ...external, server: { replicas: 1 } })).toEqual(["values.server.replicas"]);
  });

  test("values that are marked secret stay so", async () => {
    const { outputs } = await plugin.create(RELEASE, markNamed(release({}), ["values"]), true);
    expect(outputs.values).toEqual(secret({ postgresql: { enabled: false } }));
  });
});
