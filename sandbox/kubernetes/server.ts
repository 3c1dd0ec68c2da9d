import type { IncomingMessage } from "node:http";
import { listen } from "../loopback";
import { type Kind, KINDS } from "./kinds";
import { StatusError } from "./status-error";
import { type Asking, type KubernetesObject, Store } from "./store";

/** Where the cluster keeps its objects, and who may talk to it. */
export interface KubernetesOptions {
  readonly stateFile: string;
  readonly token: string;
  /** Any free one unless given. */
  readonly port?: number;
}

/** A running cluster API. */
export interface Kubernetes {
  readonly url: string;
  close(): Promise<void>;
  /** How many requests were answered. */
  requests(): number;
}

/** A kubeconfig for the cluster, as the plugin and the operator commands read it. */
export function kubeconfig(url: string, token: string): string {
  const named = (kind: string, value: object) => [{ name: "sandbox", [kind]: value }];
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    // The official client talks plain HTTP only when told not to ask for certificates.
    clusters: named("cluster", { server: url, "insecure-skip-tls-verify": true }),
    users: named("user", { token }),
    contexts: named("context", { cluster: "sandbox", user: "sandbox" }),
    "current-context": "sandbox",
  });
}

type Body = Record<string, unknown>;

function isMap(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON merge patch (RFC 7386): null deletes, lists are replaced whole. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const old = isMap(target) ? target : {};
  const changed = Object.entries(patch).map(([name, value]) => [name, merged(old[name], value)] as const);
  const all = { ...old, ...Object.fromEntries(changed) };
  return Object.fromEntries(Object.entries(all).filter(([name]) => patch[name] !== null));
}

function labelled(selector: string, labels: Readonly<Record<string, string>> = {}): boolean {
  return selector.split(",").every((term) => {
    const [, not, name = "", operator, value = ""] = /^(!?)([^=!]+)(==|=|!=)?(.*)$/.exec(term.trim()) ?? [];
    if (operator === "!=") return labels[name] !== value;
    if (operator) return labels[name] === value;
    return not ? !(name in labels) : name in labels;
  });
}

function selected(query: URLSearchParams): (object: KubernetesObject) => boolean {
  const labels = query.get("labelSelector");
  const fields = query.get("fieldSelector");
  const name = fields ? /^metadata\.name==?(.+)$/.exec(fields)?.[1] : undefined;
  if (fields && !name) throw new StatusError(400, "BadRequest", `field label not supported: ${fields}`);
  return ({ metadata }) =>
    (!labels || labelled(labels, metadata.labels)) && (!name || metadata.name === name);
}

interface Target {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name?: string;
}

/** What a path is about: `/apis/<group>/<version>/namespaces/<namespace>/<plural>/<name>` and shorter ones. */
function target(path: string): Target | undefined {
  const [root, ...rest] = path.split("/").filter(Boolean).map(decodeURIComponent);
  const apiVersion = rest.splice(0, root === "api" ? 1 : 2).join("/");
  const within = rest[0] === "namespaces" && rest.length > 2;
  const [plural, name] = within ? rest.slice(2) : rest;
  const kind = KINDS.find((row) => row.apiVersion === apiVersion && row.plural === plural);
  return kind && { kind, namespace: within ? (rest[1] ?? "") : "", name };
}

/** The API's description of itself, as far as clients need it. */
function discovery(path: string): Body | undefined {
  if (path === "/version") return { major: "1", minor: "34", gitVersion: "v1.34.0" };
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"] };
  const groups = [...new Set(KINDS.map((row) => row.apiVersion))].filter((version) => version.includes("/"));
  if (path === "/apis") {
    const group = (groupVersion: string) => {
      const [name, version] = groupVersion.split("/");
      return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
    };
    return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(group) };
  }
  const groupVersion = path.replace(/^\/apis?\//, "");
  const resources = KINDS.filter((row) => row.apiVersion === groupVersion);
  if (resources.length === 0) return undefined;
  const verbs = ["create", "delete", "get", "list", "patch", "update"];
  const described = resources.map(({ plural, kind, namespaced }) => ({
    name: plural,
    singularName: "",
    kind,
    namespaced,
    verbs,
  }));
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: described };
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  const text = Buffer.concat(chunks).toString();
  const body: unknown = text === "" ? {} : JSON.parse(text);
  if (isMap(body)) return body;
  throw new StatusError(
    415,
    "UnsupportedMediaType",
    "only merge patches and server-side apply are understood here",
  );
}

function checkIdentity({ kind, name, namespace }: Target, body: Body): void {
  const refuse = (message: string) => new StatusError(400, "BadRequest", message);
  if ((body.apiVersion ?? kind.apiVersion) !== kind.apiVersion || (body.kind ?? kind.kind) !== kind.kind)
    throw refuse(`${String(body.apiVersion)} ${String(body.kind)} does not belong at this path`);
  const metadata: Body = isMap(body.metadata) ? body.metadata : {};
  if (name && metadata.name !== undefined && metadata.name !== name)
    throw refuse("the name of the object does not match the name on the URL");
  if (namespace && metadata.namespace !== undefined && metadata.namespace !== namespace)
    throw refuse("the namespace of the provided object does not match the namespace sent on the request");
}

function patched(
  store: Store,
  { kind, namespace }: Target,
  name: string,
  type: string,
  body: Body,
  asking: Asking,
  force: boolean,
): KubernetesObject {
  if (type.startsWith("application/apply-patch"))
    return store.apply(kind, namespace, name, body, { ...asking, force });
  const next = merged(store.get(kind, namespace, name), body);
  return store.update(kind, namespace, name, isMap(next) ? next : {}, asking);
}

/** Who asks: the client says so, or else its program's name is taken. */
function askingOf({ headers, method }: IncomingMessage, query: URLSearchParams): Asking {
  const given = query.get("fieldManager");
  if (!given && method === "PATCH" && headers["content-type"]?.startsWith("application/apply-patch"))
    throw new StatusError(
      422,
      "Invalid",
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  const manager = given ?? headers["user-agent"]?.split("/")[0] ?? "unknown";
  return { manager, dryRun: query.get("dryRun") === "All" };
}

function answer(store: Store, request: IncomingMessage, url: URL, body: Body): unknown {
  const about = target(url.pathname);
  if (!about) {
    const described = discovery(url.pathname);
    if (described) return described;
    throw new StatusError(404, "NotFound", "the server could not find the requested resource");
  }
  checkIdentity(about, body);
  const { kind, namespace, name } = about;
  const { method = "GET" } = request;
  if (kind.namespaced && namespace === "" && (name || method === "POST"))
    throw new StatusError(405, "MethodNotAllowed", "an object of this kind needs a namespace");
  const query = url.searchParams;
  const asking = askingOf(request, query);
  if (method === "POST" && !name) return store.create(kind, namespace, body, asking);
  if (method === "GET" && !name) {
    if (query.get("watch")) throw new StatusError(405, "MethodNotAllowed", "nothing can be watched here");
    const { version, items } = store.list(kind, namespace);
    const metadata = { resourceVersion: String(version) };
    return {
      apiVersion: kind.apiVersion,
      kind: `${kind.kind}List`,
      metadata,
      items: items.filter(selected(query)),
    };
  }
  if (name && method === "GET") return store.get(kind, namespace, name);
  if (name && method === "PUT") return store.update(kind, namespace, name, body, asking);
  if (name && method === "PATCH") {
    const type = request.headers["content-type"] ?? "";
    return patched(store, about, name, type, body, asking, query.get("force") === "true");
  }
  if (name && method === "DELETE") return store.delete(kind, namespace, name);
  throw new StatusError(405, "MethodNotAllowed", `${method} is not possible here`);
}

/** Starts the emulated API server on this machine. Every request must carry the token. */
export async function startKubernetes({
  stateFile,
  token,
  port = 0,
}: KubernetesOptions): Promise<Kubernetes> {
  const store = new Store(stateFile);
  let answered = 0;
  const server = await listen((request, response) => {
    const { method = "GET" } = request;
    const url = new URL(request.url ?? "/", "http://sandbox");
    const send = (status: number, body: unknown) => {
      answered += 1;
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const fail = (error: unknown) => {
      const { code, reason, message } =
        error instanceof StatusError ? error : new StatusError(500, "InternalError", String(error));
      send(code, {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message,
        reason,
        code,
      });
    };
    bodyOf(request)
      .then((body) => {
        if (request.headers.authorization !== `Bearer ${token}`)
          throw new StatusError(401, "Unauthorized", "Unauthorized");
        send(method === "POST" ? 201 : 200, answer(store, request, url, body));
      })
      .catch(fail);
  }, port);
  return {
    url: server.url,
    requests: () => answered,
    close: async () => {
      await server.close();
      store.close();
    },
  };
}
