import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { StateFile } from "../state-file";
import { refuseRoutesTwice } from "./ingress-webhook";
import { at, type Kind, kindNamed } from "./kinds";
import { applied, ownersAfterUpdate } from "./managed-fields";
import { StatusError } from "./status-error";

/** A Kubernetes object. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  [field: string]: unknown;
}

interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  [field: string]: unknown;
}

/** Who asks, as the API server notes it down, and whether it is only tried. */
export interface Asking {
  readonly manager: string;
  readonly dryRun?: boolean;
  /** Whether it is a server-side apply. */
  readonly applies?: boolean;
}

interface State {
  version: number;
  objects: Record<string, KubernetesObject>;
}

const BUILT_IN = ["default", "kube-node-lease", "kube-public", "kube-system"];
const NAME = /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/;

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** Objects on disk, with what the API server itself adds and refuses. */
export class Store {
  private readonly file: StateFile<State>;

  constructor(file: string) {
    this.file = new StateFile<State>(file, () => ({ version: 0, objects: {} }));
    const state = this.load();
    if (state.version > 0) return;
    const namespace = kindNamed("v1", "Namespace");
    for (const name of namespace ? BUILT_IN : [])
      if (namespace) this.create(namespace, "", { metadata: { name } }, { manager: "kube-apiserver" });
  }

  private load(): State {
    return this.file.value;
  }

  /** Puts on disk what is not there yet, before the server ends. */
  close(): void {
    this.file.flush();
  }

  private put(state: State): void {
    this.file.value = state;
    this.file.save();
  }

  private key(kind: Kind, namespace: string, name: string): string {
    return [kind.apiVersion, kind.plural, kind.namespaced ? namespace : "", name].join("|");
  }

  private missing(kind: Kind, name: string): StatusError {
    const group = kind.apiVersion.includes("/") ? `.${kind.apiVersion.split("/")[0] ?? ""}` : "";
    return new StatusError(404, "NotFound", `${kind.plural}${group} "${name}" not found`);
  }

  /** All objects of a kind, in one namespace or (with an empty one) in all. */
  list(kind: Kind, namespace: string): { version: number; items: KubernetesObject[] } {
    const { version, objects } = this.load();
    const prefix = [kind.apiVersion, kind.plural, kind.namespaced && namespace ? `${namespace}|` : ""].join(
      "|",
    );
    return {
      version,
      items: Object.keys(objects)
        .filter((key) => key.startsWith(prefix))
        .sort()
        .flatMap((key) => objects[key] ?? []),
    };
  }

  /** One object; throws 404. */
  get(kind: Kind, namespace: string, name: string): KubernetesObject {
    const found = this.load().objects[this.key(kind, namespace, name)];
    if (!found) throw this.missing(kind, name);
    return found;
  }

  /** Stores a new object, unless it is only tried; throws 409 where there is one. */
  create(kind: Kind, namespace: string, body: Record<string, unknown>, asking: Asking): KubernetesObject {
    const metadata = record(body.metadata);
    const generated =
      typeof metadata.generateName === "string" ? metadata.generateName + randomUUID().slice(0, 5) : "";
    const name = typeof metadata.name === "string" ? metadata.name : generated;
    if (!NAME.test(name) || name.length > 253)
      throw new StatusError(
        422,
        "Invalid",
        `${kind.kind} "${name}" is invalid: metadata.name: Invalid value: "${name}"`,
      );
    const state = this.load();
    const spaces = kindNamed("v1", "Namespace");
    if (kind.namespaced && spaces && !state.objects[this.key(spaces, "", namespace)])
      throw this.missing(spaces, namespace);
    const key = this.key(kind, namespace, name);
    if (state.objects[key])
      throw new StatusError(409, "AlreadyExists", `${kind.plural} "${name}" already exists`);
    const made = {
      ...metadata,
      name,
      ...(kind.namespaced ? { namespace } : {}),
      uid: randomUUID(),
      creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
      generation: 1,
    };
    return this.save(state, key, kind, { ...body, metadata: made }, asking);
  }

  /** Makes or changes an object by server-side apply; throws 409 where another manager has other values. */
  apply(
    kind: Kind,
    namespace: string,
    name: string,
    body: Record<string, unknown>,
    { force, ...as }: Asking & { readonly force: boolean },
  ): KubernetesObject {
    const asking = { ...as, applies: true };
    const old = this.load().objects[this.key(kind, namespace, name)];
    const frame = { apiVersion: kind.apiVersion, kind: kind.kind };
    const live = old ?? { ...frame, metadata: {} };
    const next = applied(live, { ...body, ...frame }, asking.manager, force);
    const metadata = { ...record(next.metadata), name };
    return old
      ? this.update(kind, namespace, name, { ...next, metadata }, asking)
      : this.create(kind, namespace, { ...next, metadata }, asking);
  }

  /** Replaces an object; throws 409 on an outdated version and 422 on a field that cannot change. */
  update(
    kind: Kind,
    namespace: string,
    name: string,
    body: Record<string, unknown>,
    asking: Asking,
  ): KubernetesObject {
    const state = this.load();
    const key = this.key(kind, namespace, name);
    const old = state.objects[key];
    if (!old) throw this.missing(kind, name);
    const metadata = record(body.metadata);
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== old.metadata.resourceVersion)
      throw new StatusError(
        409,
        "Conflict",
        `Operation cannot be fulfilled on ${kind.plural} "${name}": the object has been modified`,
      );
    for (const path of kind.immutable)
      if (at(body, path) !== undefined && !isDeepStrictEqual(at(body, path), at(old, path)))
        throw new StatusError(
          422,
          "Invalid",
          `${kind.kind} "${name}" is invalid: ${path}: Invalid value: field is immutable`,
        );
    const { uid, creationTimestamp, generation } = old.metadata;
    const changed = !isDeepStrictEqual(body.spec, old.spec);
    const next = {
      ...metadata,
      name,
      namespace: old.metadata.namespace,
      uid,
      creationTimestamp,
      generation: Number(generation) + (changed ? 1 : 0),
    };
    return this.save(state, key, kind, { status: old.status, ...body, metadata: next }, asking);
  }

  /** Deletes an object, and with a namespace all that is in it; throws 404. */
  delete(kind: Kind, namespace: string, name: string): KubernetesObject {
    const state = this.load();
    const key = this.key(kind, namespace, name);
    const { [key]: old, ...rest } = state.objects;
    if (!old) throw this.missing(kind, name);
    const inside =
      kind.kind === "Namespace"
        ? (object: KubernetesObject) => object.metadata.namespace === name
        : () => false;
    const objects = Object.fromEntries(Object.entries(rest).filter(([, object]) => !inside(object)));
    this.put({ version: state.version + 1, objects });
    return old;
  }

  private save(
    state: State,
    key: string,
    kind: Kind,
    body: Record<string, unknown> & { metadata: Metadata },
    { manager, dryRun = false, applies = false }: Asking,
  ): KubernetesObject {
    if (kind.kind === "Ingress") refuseRoutesTwice(body, this.list(kind, "").items);
    const version = state.version + 1;
    const metadata: Metadata = { ...body.metadata, resourceVersion: String(version) };
    const object = { ...body, ...filled(kind, body), apiVersion: kind.apiVersion, kind: kind.kind, metadata };
    // Of an apply they are known already: what the server fills in is nobody's then.
    if (!applies) metadata.managedFields = ownersAfterUpdate(state.objects[key], object, manager);
    if (!dryRun) this.put({ version, objects: { ...state.objects, [key]: object } });
    return object;
  }
}

/** Fields that the API server or its controllers fill in. */
function filled(
  kind: Kind,
  { metadata, ...body }: Record<string, unknown> & { metadata: Metadata },
): Record<string, unknown> {
  const spec = record(body.spec);
  if (kind.kind === "Namespace") {
    metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
    return { status: { phase: "Active" } };
  }
  if (kind.kind === "Secret") {
    for (const [name, value] of Object.entries(record(body.data)))
      if (typeof value !== "string" || Buffer.from(value, "base64").toString("base64") !== value)
        throw new StatusError(
          400,
          "BadRequest",
          `Secret in version "v1" cannot be handled: data.${name}: illegal base64 data`,
        );
    const written = Object.entries(record(body.stringData)).map(([name, text]) => [
      name,
      Buffer.from(String(text)).toString("base64"),
    ]);
    return {
      type: body.type ?? "Opaque",
      data: { ...record(body.data), ...Object.fromEntries(written) },
      stringData: undefined,
    };
  }
  if (kind.kind === "Service") return { spec: service(metadata.name, spec) };
  if (kind.kind === "Deployment") {
    const replicas = Number(spec.replicas ?? 1);
    const ready = {
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    };
    return { spec: { replicas, ...spec }, status: { observedGeneration: metadata.generation, ...ready } };
  }
  return {};
}

/** A Service has either an address or a name outside; what belongs to the other is dropped with a change of the type. */
function service(name: string, given: Record<string, unknown>): Record<string, unknown> {
  const { clusterIP, clusterIPs, externalName, ...spec } = {
    type: "ClusterIP",
    sessionAffinity: "None",
    ...given,
  } as {
    readonly type?: unknown;
    readonly clusterIP?: unknown;
    readonly clusterIPs?: unknown;
    readonly externalName?: unknown;
    readonly ports?: unknown;
  };
  const required = (field: string) =>
    new StatusError(422, "Invalid", `Service "${name}" is invalid: ${field}: Required value`);
  if (spec.type === "ExternalName") {
    if (!externalName) throw required("spec.externalName");
    return { ...spec, externalName };
  }
  const ports = Array.isArray(spec.ports) ? spec.ports.length : 0;
  if (ports === 0 && clusterIP !== "None") throw required("spec.ports");
  const address = clusterIP ?? "10.43.0.1";
  return { ...spec, clusterIP: address, clusterIPs: clusterIPs ?? [address] };
}
