import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { kubeconfig, type Kubernetes, startKubernetes } from "../../sandbox/kubernetes/server";

const TOKEN = "cluster-token";

let folder: string;
let cluster: Kubernetes;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cluster-"));
  cluster = await startKubernetes({ stateFile: join(folder, "state.json"), token: TOKEN });
});
afterEach(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  type = "application/json",
  token = TOKEN,
): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, "content-type": type };
  const answer = await fetch(cluster.url + path, {
    method,
    headers,
    body: body ? JSON.stringify(body) : undefined,
  });
  return { status: answer.status, body: (await answer.json()) as Answer["body"] };
}

const SECRETS = "/api/v1/namespaces/default/secrets";
const secret = (name: string, more: object = {}) => ({
  metadata: { name, labels: { app: name } },
  stringData: { A: "1" },
  ...more,
});

const SERVICES = "/api/v1/namespaces/default/services";
const service = (spec: object) => ({ metadata: { name: "web" }, spec });

test("without the token nothing is answered", async () => {
  expect(await call("GET", "/api/v1/namespaces", undefined, undefined, "other")).toMatchObject({
    status: 401,
    body: { kind: "Status", reason: "Unauthorized" },
  });
});

test("the server fills in what a real one does", async () => {
  const { status, body } = await call("POST", SECRETS, secret("a"));
  expect(status).toBe(201);
  expect(body).toMatchObject({ apiVersion: "v1", kind: "Secret", type: "Opaque", data: { A: "MQ==" } });
  expect(body).not.toHaveProperty("stringData");
  expect(body.metadata).toMatchObject({
    namespace: "default",
    uid: expect.any(String) as string,
    resourceVersion: expect.any(String) as string,
  });
});

test("lists select by label and name, in one namespace or all", async () => {
  await call("POST", SECRETS, secret("a"));
  await call("POST", SECRETS, secret("b"));
  const names = async (path: string) =>
    ((await call("GET", path)).body.items as { metadata: { name: string } }[]).map(
      ({ metadata }) => metadata.name,
    );
  expect(await names(SECRETS)).toEqual(["a", "b"]);
  expect(await names("/api/v1/secrets?labelSelector=app%3Db")).toEqual(["b"]);
  expect(await names("/api/v1/secrets?labelSelector=app,app!=b")).toEqual(["a"]);
  expect(await names("/api/v1/secrets?fieldSelector=metadata.name%3Da")).toEqual(["a"]);
  expect(await names("/api/v1/namespaces/kube-system/secrets")).toEqual([]);
});

test.each([
  ["a name twice", "POST", SECRETS, secret("there"), 409, "AlreadyExists"],
  ["a namespace that is not there", "POST", "/api/v1/namespaces/none/secrets", secret("a"), 404, "NotFound"],
  ["a name no host could have", "POST", SECRETS, secret("A_b"), 422, "Invalid"],
  ["data that is not base64", "POST", SECRETS, secret("a", { data: { A: "?" } }), 400, "BadRequest"],
  ["another kind", "POST", SECRETS, secret("a", { kind: "ConfigMap" }), 400, "BadRequest"],
  ["another namespace", "POST", SECRETS, { metadata: { name: "a", namespace: "x" } }, 400, "BadRequest"],
  ["an object that is not there", "GET", `${SECRETS}/none`, undefined, 404, "NotFound"],
  ["a kind it does not have", "GET", "/api/v1/nodes", undefined, 404, "NotFound"],
  [
    "a Service of another name without it",
    "POST",
    SERVICES,
    service({ type: "ExternalName" }),
    422,
    "Invalid",
  ],
  ["a Service without ports", "POST", SERVICES, service({ selector: { app: "web" } }), 422, "Invalid"],
  ["a new type of a Secret", "PUT", `${SECRETS}/there`, secret("there", { type: "x" }), 422, "Invalid"],
  [
    "an outdated version",
    "PUT",
    `${SECRETS}/there`,
    { metadata: { name: "there", resourceVersion: "1" } },
    409,
    "Conflict",
  ],
])("refuses %s", async (_, method, path, body, status, reason) => {
  await call("POST", SECRETS, secret("there"));
  expect(await call(method, path, body)).toMatchObject({
    status,
    body: { reason, status: "Failure", code: status },
  });
});

test("patches merge, null deletes, and apply makes what is not there", async () => {
  const patch = { metadata: { labels: { app: null, more: "1" } }, data: { B: "Mg==" } };
  expect(await call("PATCH", `${SECRETS}/a`, patch, "application/merge-patch+json")).toMatchObject({
    status: 404,
  });
  const APPLY = "application/apply-patch+yaml";
  expect(await call("PATCH", `${SECRETS}/a`, secret("a"), APPLY)).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining("fieldManager: Required value") as string },
  });
  await call("PATCH", `${SECRETS}/a?fieldManager=flux`, secret("a"), APPLY);
  const { body } = await call("PATCH", `${SECRETS}/a`, patch, "application/strategic-merge-patch+json");
  expect(body).toMatchObject({ data: { A: "MQ==", B: "Mg==" }, metadata: { labels: { more: "1" } } });
  expect(body.metadata).not.toHaveProperty("labels.app");
});

interface Owned {
  readonly metadata: {
    readonly managedFields: readonly { readonly manager: string; readonly operation: string }[];
  };
}

test("who has set which field is noted down, for every way of writing", async () => {
  const owners = async () =>
    Object.fromEntries(
      ((await call("GET", `${SECRETS}/a`)).body as unknown as Owned).metadata.managedFields.map(
        ({ manager, operation, ...entry }) => [
          `${manager} ${operation}`,
          (entry as { fieldsV1?: object }).fieldsV1,
        ],
      ),
    );
  await call("POST", `${SECRETS}?fieldManager=kubectl-create`, { ...secret("a"), type: "x" });
  expect(await owners()).toEqual({
    "kubectl-create Update": {
      "f:data": { "f:A": {} },
      "f:metadata": { "f:labels": { "f:app": {} } },
      "f:type": {},
    },
  });
  // A client that names nobody is called as its program.
  const more = { data: { A: "Mg==", B: "Mg==" } };
  await call("PATCH", `${SECRETS}/a`, more, "application/merge-patch+json");
  expect(await owners()).toMatchObject({
    "kubectl-create Update": { "f:type": {} },
    "node Update": { "f:data": { "f:A": {}, "f:B": {} } },
  });
  const apply = (data: object, more = "") =>
    call("PATCH", `${SECRETS}/a?fieldManager=flux${more}`, { data }, "application/apply-patch+yaml");
  expect(await apply({ A: "Mw==" })).toMatchObject({
    status: 409,
    body: { message: 'Apply failed with 1 conflict: conflict with "node" using v1: .data.A' },
  });
  // What is the same is shared; what is left out afterwards is taken away only where nobody else has set it.
  expect(await apply({ B: "Mg==", C: "Mw==" })).toMatchObject({ status: 200 });
  await apply({ A: "Mw==" }, "&force=true");
  expect(await owners()).toMatchObject({
    "node Update": { "f:data": { "f:B": {} } },
    "flux Apply": { "f:data": { "f:A": {} } },
  });
  const { body } = await call("GET", `${SECRETS}/a`);
  expect(body.data).toEqual({ A: "Mw==", B: "Mg==" });
});

test("a Service that gets another type loses what belongs to the old one", async () => {
  const patch = (spec: object) =>
    call("PATCH", `${SERVICES}/web`, { spec }, "application/merge-patch+json").then(({ body }) => body.spec);
  await call("POST", SERVICES, service({ type: "ExternalName", externalName: "a.example.org" }));
  const inside = await patch({ type: "ClusterIP", ports: [{ port: 80 }] });
  expect(inside).toMatchObject({ clusterIP: expect.any(String) as string });
  expect(inside).not.toHaveProperty("externalName");
  expect(await patch({ type: "ExternalName", externalName: "b.example.org" })).not.toHaveProperty(
    "clusterIP",
  );
});

test("a namespace takes everything in it along, and the state survives a restart", async () => {
  await call("POST", "/api/v1/namespaces", { metadata: { name: "apps" } });
  await call("POST", "/api/v1/namespaces/apps/secrets", secret("a"));
  await call("POST", SECRETS, secret("kept"));
  await cluster.close();
  cluster = await startKubernetes({ stateFile: join(folder, "state.json"), token: TOKEN });
  expect(await call("GET", "/api/v1/namespaces/apps/secrets/a")).toMatchObject({ status: 200 });
  await call("DELETE", "/api/v1/namespaces/apps");
  expect(await call("GET", "/api/v1/secrets")).toMatchObject({
    body: { items: [{ metadata: { name: "kept" } }] },
  });
});

test("a deployment is ready at once, and a change of it counts", async () => {
  const path = "/apis/apps/v1/namespaces/default/deployments";
  await call("POST", path, { metadata: { name: "web" }, spec: { replicas: 2, selector: {} } });
  const { body } = await call(
    "PATCH",
    `${path}/web`,
    { spec: { replicas: 3 } },
    "application/merge-patch+json",
  );
  expect(body).toMatchObject({
    metadata: { generation: 2 },
    status: { observedGeneration: 2, readyReplicas: 3 },
  });
});

test("the official client gets along with it", async () => {
  const script = `
    import { CoreV1Api, KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
    const config = new KubeConfig();
    config.loadFromFile(process.argv[2]);
    const core = config.makeApiClient(CoreV1Api);
    const main = async () => {
      await core.createNamespace({ body: { metadata: { name: "apps" } } });
      const body = { metadata: { name: "a", labels: { app: "a" } }, stringData: { A: "1" } };
      await core.createNamespacedSecret({ namespace: "apps", body });
      const { items } = await core.listNamespacedSecret({ namespace: "apps", labelSelector: "app=a" });
      const objects = KubernetesObjectApi.makeApiClient(config);
      const live = await objects.read({ apiVersion: "v1", kind: "Secret", metadata: { name: "a", namespace: "apps" } });
      const missing = await core.readNamespace({ name: "none" }).catch((error) => error.code);
      await core.deleteNamespacedSecret({ name: "a", namespace: "apps" });
      console.log(JSON.stringify([items.length, live.data.A, missing, items[0].metadata.creationTimestamp instanceof Date]));
    };
    main();`;
  const outfile = join(folder, "client.js");
  const stdin = { contents: script, resolveDir: __dirname };
  await build({ stdin, bundle: true, platform: "node", format: "cjs", outfile, logLevel: "error" });
  writeFileSync(join(folder, "kubeconfig"), kubeconfig(cluster.url, TOKEN));
  const { stdout } = await promisify(execFile)(process.execPath, [outfile, join(folder, "kubeconfig")]);
  expect(JSON.parse(stdout)).toEqual([1, "MQ==", 404, true]);
  expect(cluster.requests()).toBeGreaterThan(5);
});
