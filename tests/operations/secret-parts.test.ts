import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { KubernetesObject } from "@kubernetes/client-node";

import type { Workspace } from "../../state/workspace";
import { Cluster } from "../../live/cluster";
import { Secret } from "../../live/secret";
import { ServerError } from "../../live/server-error";
import { blueprints } from "../../operations/doctor/blueprints";
import type { Examination } from "../../operations/doctor/examination";
import { consumersOf, restartedSince, rolledOut } from "../../operations/secret/consumers";
import { Journal } from "../../operations/secret/journal";
import { verdictOn } from "../../operations/secret/token-endpoint";
import { DataFile } from "../../operations/data-file";
import { startAuthentik, type Authentik } from "../../sandbox/authentik";
import { FaultProxy, FAULTS } from "../../sandbox/fault-proxy";
import { kubeconfig } from "../../sandbox/kubernetes/server";
import { ROOT } from "../stack-files";

let folder: string;
let server: Authentik;
let proxy: FaultProxy;
const RIGHT = new Secret("the-right-secret");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-"));
  server = await startAuthentik({
    stateFile: join(folder, "authentik.json"),
    token: "of-no-worth",
    cacheDir: join(ROOT, ".local", "cache"),
  });
  proxy = await FaultProxy.start(server.url);
  const flow = (slug: string) => ask("GET", `/flows/instances/${slug}/`);
  for (const [name, grants] of [
    ["client", ["authorization_code", "refresh_token"]],
    ["code-only", ["authorization_code"]],
  ]) {
    await ask("POST", "/providers/oauth2/", {
      name,
      client_id: name,
      client_secret: RIGHT.reveal(),
      grant_types: grants,
      authorization_flow: (await flow("default-provider-authorization-implicit-consent")).pk,
      invalidation_flow: (await flow("default-provider-invalidation-flow")).pk,
      redirect_uris: [{ matching_mode: "strict", url: "https://app.example.org/callback" }],
    });
  }
}, 120_000);
afterAll(async () => {
  await proxy.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.url}/api/v3${path}`, {
    method,
    headers: { authorization: "Bearer of-no-worth", "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text) as Record<string, unknown>;
}

describe("the token endpoint", () => {
  test("accepts the right secret and refuses any other", async () => {
    proxy.heal();
    expect(await verdictOn(proxy.url, "client", RIGHT)).toBe("accepted");
    expect(await verdictOn(proxy.url, "client", new Secret("another"))).toBe("refused");
    expect(await verdictOn(proxy.url, "nobody", RIGHT)).toBe("refused");
  });

  // So a wrong secret must be seen to be refused before an accepted one proves anything.
  test("answers to any secret alike where the grant is not the client's", async () => {
    expect(await verdictOn(proxy.url, "code-only", new Secret("another"))).toBe("accepted");
  });

  test("answers a code with a redirect URI that does not fit like a wrong secret", async () => {
    const say = async (redirect: string) => {
      const response = await fetch(`${server.url}/application/o/token/`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          code: "none",
          redirect_uri: redirect,
          client_id: "client",
          client_secret: RIGHT.reveal(),
        }),
      });
      return ((await response.json()) as { error: string }).error;
    };
    expect(await say("https://app.example.org/other")).toBe("invalid_client");
    expect(await say("https://app.example.org/callback")).toBe("invalid_grant");
  });

  test.each(Object.entries(FAULTS))("%s is no verdict", async (_name, fault) => {
    proxy.fail(() => fault);
    await expect(verdictOn(proxy.url, "client", RIGHT, 1_000)).rejects.toThrow(ServerError);
  });
});

describe("a file of data", () => {
  const edit = (text: string, change: (file: DataFile) => unknown): string => {
    const path = join(folder, "applications.ts");
    writeFileSync(path, text);
    const file = DataFile.read(path);
    change(file);
    file.save();
    return readFileSync(path, "utf8");
  };

  test.each([
    [
      "one a line, with a comma at the end",
      'export const a = [\n  {\n    slug: "x",\n    name: "X", // why\n  },\n  { slug: "y" },\n];\n',
      'export const a = [\n  {\n    slug: "x",\n    name: "X",\n    secretGeneration: 2, // why\n  },\n  { slug: "y" },\n];\n',
    ],
    [
      "on one line",
      'export const a = [{ slug: "x", n: 1 }];\n',
      'export const a = [{ slug: "x", n: 1, secretGeneration: 2 }];\n',
    ],
    [
      "that has it",
      'export const a = [{ slug: "x", secretGeneration: 1, n: [{ slug: "z" }] }];\n',
      'export const a = [{ slug: "x", secretGeneration: 2, n: [{ slug: "z" }] }];\n',
    ],
    [
      "with a quoted key",
      `export const a = [{ "slug": 'x' }];\n`,
      `export const a = [{ "slug": 'x', secretGeneration: 2 }];\n`,
    ],
  ])("gets a property in an object %s", (_name, before, after) => {
    expect(edit(before, (file) => file.set("slug", "x", "secretGeneration", "2"))).toBe(after);
  });

  test("an object that is not there is refused, and the file stays", () => {
    const text = '// slug: "x"\nexport const a = [{ slug: "y" }];\n';
    const change = (file: DataFile) => {
      expect(() => file.set("slug", "x", "secretGeneration", "2")).toThrow('no object with slug: "x"');
    };
    expect(edit(text, change)).toBe(text);
  });

  test("that somebody else has written meanwhile is refused, and stays as they wrote it", () => {
    const path = join(folder, "applications.ts");
    writeFileSync(path, 'export const a = [{ slug: "x" }];\n');
    const file = DataFile.read(path);
    file.set("slug", "x", "secretGeneration", "2").save();
    writeFileSync(path, "theirs\n");
    file.set("slug", "x", "secretGeneration", "3");
    expect(() => file.save()).toThrow("was changed meanwhile: nothing was written");
    expect(readFileSync(path, "utf8")).toBe("theirs\n");
  });
});

test("consumers are the workloads that read the Secret in any way", async () => {
  const pods = (name: string, spec: unknown) => ({ metadata: { name }, spec: { template: { spec } } });
  const there: Readonly<Record<string, unknown[]>> = {
    Deployment: [
      pods("by-env-from", { containers: [{ envFrom: [{ secretRef: { name: "x-oidc" } }] }] }),
      pods("by-variable", {
        containers: [{ env: [{ valueFrom: { secretKeyRef: { name: "x-oidc" } } }] }],
      }),
      pods("not", { containers: [{ envFrom: [{ configMapRef: { name: "x-oidc" } }] }] }),
    ],
    StatefulSet: [pods("by-volume", { containers: [], volumes: [{ secret: { secretName: "x-oidc" } }] })],
    DaemonSet: [
      pods("by-projection", {
        containers: [],
        volumes: [{ projected: { sources: [{ secret: { name: "x-oidc" } }] } }],
      }),
      pods("at-start", {
        containers: [],
        initContainers: [{ envFrom: [{ secretRef: { name: "x-oidc" } }] }],
      }),
    ],
  };
  const cluster = {
    list: (_version: string, kind: string) => Promise.resolve((there[kind] ?? []) as KubernetesObject[]),
  } as unknown as Cluster;
  expect((await consumersOf(cluster, "x", "x-oidc")).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "Deployment by-env-from",
    "Deployment by-variable",
    "StatefulSet by-volume",
    "DaemonSet by-projection",
    "DaemonSet at-start",
  ]);
});

test.each([
  ["2026-05-28T09:00:01.000Z", true],
  ["2026-05-28T08:59:59.000Z", false],
  // As `kubectl rollout restart` writes it, east and west of Greenwich.
  ["2026-05-28T11:00:01+02:00", true],
  ["2026-05-28T10:59:59+02:00", false],
  ["2026-05-28T04:00:01-05:00", true],
  ["just now", false],
  [undefined, false],
])(
  "pods of which the restart is written as %s were restarted since 9:00 UTC: %j",
  (restartedAt, expected) => {
    const consumer = { apiVersion: "apps/v1", kind: "Deployment", namespace: "x", name: "x", restartedAt };
    expect(restartedSince(consumer, "2026-05-28T09:00:00.000Z")).toBe(expected);
  },
);

describe("a rollout is at its end as kubectl sees it", () => {
  const metadata = { generation: 2 };
  const seen = { observedGeneration: 2 };
  const all = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
  const ROWS: [string, string, object, object, string | undefined][] = [
    [
      "the change is not seen",
      "Deployment",
      { replicas: 2 },
      { ...all, observedGeneration: 1 },
      "not seen yet",
    ],
    [
      // A ready pod may be an old one.
      "the new pod is not ready, and the old one is",
      "Deployment",
      { replicas: 1 },
      { ...seen, replicas: 2, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
      "1 old pods are not gone yet",
    ],
    [
      "one is to come",
      "Deployment",
      { replicas: 2 },
      { ...all, ...seen, updatedReplicas: 1 },
      "1 of 2 pods are new",
    ],
    [
      "one is not available",
      "Deployment",
      { replicas: 2 },
      { ...all, ...seen, availableReplicas: 1 },
      "1 of 2 pods are available",
    ],
    ["all are there", "Deployment", { replicas: 2 }, { ...all, ...seen }, undefined],
    ["none is wanted", "Deployment", { replicas: 0 }, seen, undefined],
    [
      "it is paused",
      "Deployment",
      { replicas: 2, paused: true },
      { ...all, ...seen, updatedReplicas: 0 },
      "paused",
    ],
    [
      "the revision is an old one",
      "StatefulSet",
      { replicas: 2 },
      { ...all, ...seen, currentRevision: "a", updateRevision: "b" },
      "not every pod is a new one",
    ],
    [
      "all are of the new revision",
      "StatefulSet",
      { replicas: 2 },
      { ...all, ...seen, currentRevision: "b", updateRevision: "b" },
      undefined,
    ],
    [
      "pods wait to be deleted",
      "StatefulSet",
      { replicas: 2, updateStrategy: { type: "OnDelete" } },
      { ...seen, readyReplicas: 2 },
      "only when they are deleted",
    ],
    [
      "one node is to come",
      "DaemonSet",
      {},
      { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 },
      "not every pod is a new one",
    ],
    [
      "every node has it",
      "DaemonSet",
      {},
      { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
      undefined,
    ],
  ];
  test.each(ROWS)("%s (%s)", async (_name, kind, spec, status, expected) => {
    const cluster = { read: () => Promise.resolve({ kind, metadata, spec, status }) } as unknown as Cluster;
    const why = await rolledOut(cluster, { apiVersion: "apps/v1", kind, namespace: "x", name: "x" }, 0);
    if (expected === undefined) expect(why).toBeUndefined();
    else expect(why).toContain(expected);
  });

  test("the wait ends when the operator stops it", async () => {
    const stop = new AbortController();
    let asked = 0;
    const read = () => {
      asked += 1;
      stop.abort();
      return Promise.resolve({ metadata, spec: {}, status: {} });
    };
    const cluster = { read } as unknown as Cluster;
    const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "x", name: "x" };
    expect(await rolledOut(cluster, ref, 60_000, stop.signal)).toBe("the change is not seen yet");
    expect(asked).toBe(1);
  });
});

test("a cluster that never answers takes the patience, and is told", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const file = join(folder, "kubeconfig");
  writeFileSync(file, kubeconfig(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, "t"));
  const cluster = new Cluster(file, { retries: 1, patience: 100, longestPause: 5 });
  await expect(cluster.secret("x", "y")).rejects.toThrow(
    "cluster: GET Secret x/y: no answer: no answer in time",
  );
  silent.closeAllConnections();
  silent.close();
});

test("a field that the program and Authentik's blueprint write in turn is told", async () => {
  const resource = (userFields: readonly string[]) => ({
    type: "authentik:index/stageIdentification:StageIdentification",
    name: "default-authentication-identification",
    inputs: { userFields },
  });
  const found = (userFields: readonly string[]) =>
    blueprints.run({
      resources: [resource(userFields)],
      objects: { list: () => Promise.resolve([]) },
    } as unknown as Examination);
  expect(await found(["email", "username"])).toEqual([]);
  expect((await found(["email"])).map(({ severity, meaning }) => `${severity}: ${meaning}`)).toEqual([
    'warning: userFields: the program says ["email"], Authentik\'s blueprint ["email","username"]; every upgrade resets it until the next up',
  ]);
});

test("a reissue goes on within the hour; later another secret is wanted than the one that runs", () => {
  const journal = new Journal({ directory: folder, stack: "prod" } as Workspace, "forgejo");
  journal.write({ generation: 2, applied: true });
  expect(journal.read()).toEqual({ generation: 2, applied: true });
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const file = join(folder, "reissue-prod-forgejo.json");
  utimesSync(file, ago(50), ago(50));
  expect(journal.read()).toEqual({ generation: 2, applied: true });
  utimesSync(file, ago(70), ago(70));
  expect(journal.read()).toBeUndefined();
});
