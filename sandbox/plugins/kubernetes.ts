import { randomBytes } from "node:crypto";

import { version } from "@pulumi/kubernetes/package.json";

import { kindNamed, KINDS, type Kind, pathOf } from "../kubernetes/kinds";
import { Cluster } from "./cluster";
import { type Change, changes } from "./difference";
import { release, RELEASE } from "./helm";
import { checkManifest } from "./manifest";
import type { Plugin } from "./server";
import {
  hasUnknown,
  isObject,
  isUnknown,
  objectOf,
  type Properties,
  textOf,
  type Value,
  without,
} from "./wire";

const CONFIG = [
  "cluster",
  "context",
  "deleteUnreachable",
  "enableConfigMapMutable",
  "enablePatchForce",
  "enableSecretMutable",
  "enableServerSideApply",
  "helmReleaseSettings",
  "kubeClientSettings",
  "kubeconfig",
  "namespace",
  "suppressDeprecationWarnings",
  "suppressHelmHookWarnings",
  "version",
];

const METADATA = ["metadata.name", "metadata.namespace", "apiVersion", "kind"];
/** Immutable unless the provider is told otherwise: they are replaced as a whole. */
const DATA: Readonly<Record<string, readonly string[]>> = {
  Secret: ["data", "stringData"],
  ConfigMap: ["data", "binaryData"],
};

function kindOf(token: string): Kind {
  const [, group = "", name = ""] = token.split(":");
  const found = kindNamed(group.replace(/^core\//, ""), name);
  if (!found)
    throw new Error(
      `kubernetes: no such type ${token}; known are ${KINDS.map(({ kind }) => kind).join(", ")}`,
    );
  return found;
}

/** A Secret as the API server stores it: the texts of `stringData` in `data`. */
function stored(kind: Kind, { stringData, ...object }: Properties): Properties {
  if (kind.kind !== "Secret" || !isObject(stringData))
    return stringData === undefined ? object : { ...object, stringData };
  const encode = (text: Value) => (isUnknown(text) ? text : Buffer.from(textOf(text)).toString("base64"));
  const written = Object.entries(stringData).map(([name, text]): [string, Value] => [name, encode(text)]);
  return { ...object, data: { ...objectOf(object.data), ...Object.fromEntries(written) } };
}

/** A merge patch that leads from the last inputs to these: what is no longer there is set to null. */
function patch(news: Properties, before: Properties): Properties {
  const gone = Object.keys(before).filter((name) => !(name in news));
  const kept = Object.entries(news).map(([name, value]): [string, Value] => {
    const old = before[name];
    return [name, isObject(value) ? patch(value, isObject(old) ? old : {}) : value];
  });
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...Object.fromEntries(kept) };
}

/** Where the state of a resource keeps the name under which its object is applied. */
const FIELD_MANAGER = "__fieldManager";
/** Who makes an object; it is applied under a name of its own from its first update on. */
const CREATOR = "pulumi-kubernetes";

/** Managers whose fields the provider makes its own before it applies: how what they set was set (its source, `fixCSAFieldManagers`). */
const TAKEN_OVER: readonly (readonly [prefix: string, operation: string])[] = [
  ["kubectl", "Apply"],
  ["kubectl", "Update"],
  ["before-first-apply", "Update"],
  ["pulumi-kubernetes", "Update"],
  ["pulumi-resource-kubernetes", "Update"],
];
/** Of these a preview, which takes nothing over, takes the fields. */
const OWN_UPDATES = ["pulumi-kubernetes", "pulumi-resource-kubernetes"];

function newManager(): string {
  return `${CREATOR}-${randomBytes(4).toString("hex")}`;
}

function managersOf(live: Properties): Properties[] {
  const { managedFields } = objectOf(live.metadata);
  return (Array.isArray(managedFields) ? managedFields : []).filter(isObject);
}

/** The owners of an object's fields after what others have set is made a manager's own; nothing where there is none. */
function takenOver(live: Properties, own: string): Value | undefined {
  const entries = managersOf(live);
  const isOwn = ({ manager, operation }: Properties) => manager === own && operation === "Apply";
  const theirs = entries.filter(
    (entry) =>
      !isOwn(entry) &&
      TAKEN_OVER.some(
        ([prefix, operation]) => textOf(entry.manager).startsWith(prefix) && entry.operation === operation,
      ),
  );
  const [first] = theirs;
  if (!first) return undefined;
  const merged = [...entries.filter(isOwn), ...theirs].reduce<Value>(
    (all, { fieldsV1 }) => joined(all, objectOf(fieldsV1)),
    {},
  );
  const rest = entries.filter((entry) => !isOwn(entry) && !theirs.includes(entry));
  return [...rest, { ...first, manager: own, operation: "Apply", fieldsV1: merged }];
}

function joined(a: Value, b: Value | undefined): Value {
  if (!isObject(a) || !isObject(b)) return b ?? a;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => [name, joined(a[name] ?? {}, b[name])]));
}

function names(entry: Properties, path: readonly string[]): boolean {
  return (
    path.reduce<Value | undefined>((tree, name) => objectOf(tree)[`f:${name}`], entry.fieldsV1) !== undefined
  );
}

/**
 * What is applied where some paths are to be left alone: not what another manager has set, and of the rest what is there
 * (the provider's source, `handleSSAIgnoreFields`).
 */
function leftAlone(
  inputs: Properties,
  live: Properties,
  own: string,
  ignored: readonly string[],
): Properties {
  return ignored.reduce((object, text) => {
    const path = text.split(".");
    const managers = managersOf(live).filter((entry) => names(entry, path));
    if (managers.length > 0 && !managers.some(({ manager }) => manager === own))
      return changedAt(object, path, undefined);
    const there = path.reduce<Value | undefined>((inner, name) => objectOf(inner)[name], live);
    return there === undefined ? object : changedAt(object, path, there);
  }, inputs);
}

function changedAt(object: Properties, [name = "", ...rest]: string[], value: Value | undefined): Properties {
  if (rest.length > 0) return { ...object, [name]: changedAt(objectOf(object[name]), rest, value) };
  return value === undefined ? without(object, name) : { ...object, [name]: value };
}

/** Whether fields are taken from other managers that have other values for them. */
function forces(inputs: Properties, live: Properties, preview: boolean, always: boolean): boolean {
  const { annotations } = objectOf(inputs.metadata);
  const managers = managersOf(live);
  return (
    always ||
    textOf(objectOf(annotations)["pulumi.com/patchForce"]) === "true" ||
    managers.length === 0 ||
    (preview &&
      managers.some(
        ({ manager, operation }) => operation === "Update" && OWN_UPDATES.includes(textOf(manager)),
      ))
  );
}

/** Refusals that the provider passes over in a preview: what is not there yet may come, what is there is told by the run. */
const PASSED_OVER = /already exists|not found|forbidden/i;

/** What an import takes for inputs: not what only the server writes, nor what `kubectl apply` keeps. */
function written(object: Properties): Properties {
  const server = ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"];
  const { annotations, ...metadata } = without(objectOf(object.metadata), ...server);
  const kept = without(objectOf(annotations), "kubectl.kubernetes.io/last-applied-configuration");
  return {
    ...without(object, "status"),
    metadata: { ...metadata, ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}) },
  };
}

/** Inputs of the last run, with the live value wherever somebody else changed it. */
function refreshed(inputs: Properties, live: Properties): Properties {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]): [string, Value][] => {
      const now = live[name];
      if (now === undefined) return name === "stringData" ? [[name, value]] : [];
      return [[name, isObject(value) && isObject(now) ? refreshed(value, now) : now]];
    }),
  );
}

/** Stand-in for the plugin `kubernetes` of the SDK's version. */
export function kubernetes(): Plugin {
  let cluster: Cluster | undefined;
  let mutable: Readonly<Record<string, boolean>> = {};
  let serverSide = true;
  let force = false;
  const api = (): Cluster => {
    if (!cluster) throw new Error("kubernetes: used before it was configured");
    return cluster;
  };
  const helm = release(api);
  const place = (kind: Kind, id: string): [Kind, string, string] => {
    const [first = "", second] = id.split("/");
    return second === undefined
      ? [kind, kind.namespaced ? api().namespace : "", first]
      : [kind, first, second];
  };
  const idOf = (object: Properties): string => {
    const { namespace, name } = objectOf(object.metadata);
    return namespace ? `${textOf(namespace)}/${textOf(name)}` : textOf(name);
  };
  const outputs = (live: Properties, inputs: Properties, manager: string): Properties => ({
    ...live,
    ...(inputs.stringData === undefined ? {} : { stringData: inputs.stringData }),
    [FIELD_MANAGER]: manager,
  });
  const managerOf = (state: Properties): string => textOf(state[FIELD_MANAGER]) || newManager();
  /** Server-side apply, as the provider does it. */
  const apply = async (
    path: string,
    wanted: Properties,
    own: string,
    preview: boolean,
    ignored: readonly string[],
  ) => {
    const found = await api().request("GET", path);
    if (!found) throw new Error(`${path}: not found`);
    const managedFields = preview ? undefined : takenOver(found, own);
    const live = managedFields
      ? ((await api().request("PATCH", path, { metadata: { managedFields } })) ?? {})
      : found;
    const query = {
      fieldManager: own,
      force: String(forces(wanted, live, preview, force)),
      ...(preview ? { dryRun: "All" } : {}),
    };
    const body = leftAlone(wanted, live, own, ignored);
    try {
      return (await api().request("PATCH", path, body, query, "application/apply-patch+yaml")) ?? {};
    } catch (error) {
      if (!String(error).includes("Apply failed with")) throw error;
      throw new Error(`Server-Side Apply field conflict detected. ${String(error)}`);
    }
  };

  return {
    name: "kubernetes",
    version,
    checkConfig: (config) =>
      Object.keys(config)
        .filter((name) => !CONFIG.includes(name) && name !== "__internal")
        .map((property) => ({ property, reason: `unknown provider setting "${property}"` })),
    configure: (config) => {
      cluster = Cluster.of(config, process.env);
      const on = (name: string) => textOf(config[name]) === "true";
      serverSide = textOf(config.enableServerSideApply) !== "false";
      force = on("enablePatchForce") || process.env.PULUMI_K8S_ENABLE_PATCH_FORCE === "true";
      mutable = { Secret: on("enableSecretMutable"), ConfigMap: on("enableConfigMapMutable") };
    },
    // An import marks nothing: what marks the texts of a Secret is the SDK, which is not asked then.
    importsInClear: true,
    secrets: (token) => (token === "kubernetes:core/v1:Secret" ? ["data", "stringData"] : []),
    check: (on, news, olds, seed) => {
      if (on.type === RELEASE) return helm.check(on, news, olds, seed);
      const kind = kindOf(on.type);
      const metadata = objectOf(news.metadata);
      const before = textOf(objectOf(olds.metadata).name) || `${on.name}-${seed.slice(0, 8)}`;
      const name: Properties = metadata.name === undefined ? { name: before } : {};
      const space: Properties =
        kind.namespaced && metadata.namespace === undefined ? { namespace: api().namespace } : {};
      const frame = { apiVersion: kind.apiVersion, kind: kind.kind };
      const inputs = { ...news, ...frame, metadata: { ...metadata, ...name, ...space } };
      return { inputs, failures: checkManifest(kind, inputs) };
    },
    diff: (on, olds, news, oldInputs) => {
      if (on.type === RELEASE) return helm.diff(on, olds, news, oldInputs);
      const kind = kindOf(on.type);
      const whole = mutable[kind.kind] ? [] : (DATA[kind.kind] ?? []);
      const fixed = [...METADATA, ...kind.immutable, ...whole];
      const under = (path: string, root: string) =>
        path === root || path.startsWith(`${root}.`) || path.startsWith(`${root}[`);
      const found = changes(stored(kind, news), olds, stored(kind, oldInputs));
      const texts = objectOf(news.stringData);
      const named = found.map(({ path, kind: change }): Change => {
        const key = path.replace(/^data[.[]"?|"?\]$/g, "");
        const shown = path.startsWith("data") && key in texts ? path.replace("data", "stringData") : path;
        return { path: shown, kind: change, replace: fixed.some((root) => under(path, root)) };
      });
      return { changes: named, deleteFirst: true };
    },
    create: async (on, inputs, preview) => {
      if (on.type === RELEASE) return helm.create(on, inputs, preview);
      const kind = kindOf(on.type);
      if (preview) {
        // A dry run on the server, where all is known.
        if (serverSide && !hasUnknown(inputs))
          await api()
            .create(kind, inputs, CREATOR, true)
            .catch((error: unknown) => {
              if (!PASSED_OVER.test(String(error))) throw error;
            });
        return { id: "", outputs: inputs };
      }
      // What is there already is not taken over (4.29 and later), unless `upsertExistingObjects` is set.
      const live = await api().create(kind, inputs, CREATOR);
      return { id: idOf(live), outputs: outputs(live, inputs, newManager()) };
    },
    read: async (on, id, state, inputs) => {
      if (on.type === RELEASE) return helm.read(on, id, state, inputs);
      const live = await api().get(...place(kindOf(on.type), id));
      if (!live) return undefined;
      return {
        id,
        outputs: outputs(live, inputs ?? {}, managerOf(state)),
        inputs: inputs ? refreshed(inputs, live) : written(live),
      };
    },
    update: async (on, id, olds, news, oldInputs, preview, ignored) => {
      if (on.type === RELEASE) return helm.update(on, id, olds, news, oldInputs, preview, ignored);
      const kind = kindOf(on.type);
      if (preview && (!serverSide || hasUnknown(news))) return { ...olds, ...news };
      const path = pathOf(...place(kind, id));
      const own = managerOf(olds);
      const live = serverSide
        ? await apply(path, stored(kind, news), own, preview, ignored)
        : await api().request("PATCH", path, patch(stored(kind, news), stored(kind, oldInputs)), {
            fieldManager: CREATOR,
          });
      return outputs(live ?? {}, news, own);
    },
    delete: async (on, id, olds) => {
      if (on.type === RELEASE) return helm.delete(on, id, olds);
      await api().delete(...place(kindOf(on.type), id));
    },
    invoke: (token) => {
      throw new Error(`kubernetes: no such function ${token}`);
    },
  };
}
