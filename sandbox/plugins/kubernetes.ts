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

/** Marks what was imported and never applied: server-side apply takes away only what this manager has set. */
const IMPORTED = "__imported";

/** Fields of an object that is there, and that are given another value. */
function conflicts(given: Value, live: Value | undefined, path: string): string[] {
  if (live === undefined) return [];
  if (isObject(given) && isObject(live))
    return Object.entries(given).flatMap(([name, value]) => conflicts(value, live[name], `${path}.${name}`));
  if (Array.isArray(given) && Array.isArray(live) && given.length === live.length)
    return given.flatMap((value, index) => conflicts(value, live[index], `${path}[${index}]`));
  return JSON.stringify(given) === JSON.stringify(live) ? [] : [path];
}

/** Server-side apply takes no field from another manager that has another value for it, unless it is told to. */
function refuseConflicts(given: Properties, live: Properties, force: boolean): void {
  const { annotations } = objectOf(given.metadata);
  const forced = textOf(objectOf(annotations)["pulumi.com/patchForce"]) === "true";
  if (force || forced) return;
  const found = conflicts(given, live, "");
  if (found.length > 0)
    throw new Error(
      `Server-Side Apply field conflict detected: Apply failed with ${found.length} conflicts: ${found.join(", ")}`,
    );
}

/** Refusals that the provider passes over in a preview: what is not there yet may come, what is there is told by the run. */
const PASSED_OVER = /already exists|not found|forbidden/i;

/** Fields that only the server writes: an import does not take them for inputs. */
function written(object: Properties): Properties {
  const server = ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"];
  return { ...without(object, "status"), metadata: without(objectOf(object.metadata), ...server) };
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
  const outputs = (live: Properties, inputs: Properties): Properties =>
    inputs.stringData === undefined ? live : { ...live, stringData: inputs.stringData };

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
            .tryCreate(kind, inputs)
            .catch((error: unknown) => {
              if (!PASSED_OVER.test(String(error))) throw error;
            });
        return { id: "", outputs: inputs };
      }
      // What is there already is not taken over (4.29 and later), unless `upsertExistingObjects` is set.
      const live = await api().put(kind, inputs);
      return { id: idOf(live), outputs: outputs(live, inputs) };
    },
    read: async (on, id, state, inputs) => {
      if (on.type === RELEASE) return helm.read(on, id, state, inputs);
      const live = await api().get(...place(kindOf(on.type), id));
      if (!live) return undefined;
      const imported = !inputs || state[IMPORTED] === true;
      return {
        id,
        outputs: { ...outputs(live, inputs ?? {}), ...(imported ? { [IMPORTED]: true } : {}) },
        inputs: inputs ? refreshed(inputs, live) : written(live),
      };
    },
    update: async (on, id, olds, news, oldInputs, preview) => {
      if (on.type === RELEASE) return helm.update(on, id, olds, news, oldInputs, preview);
      if (olds[IMPORTED] === true) refuseConflicts(stored(kindOf(on.type), news), olds, force);
      if (preview) return { ...olds, ...news };
      const kind = kindOf(on.type);
      const path = pathOf(...place(kind, id));
      const applied = olds[IMPORTED] === true ? {} : stored(kind, oldInputs);
      const live = await api().request("PATCH", path, patch(stored(kind, news), applied));
      return outputs(live ?? {}, news);
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
