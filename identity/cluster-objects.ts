import type { KubernetesObject } from "@kubernetes/client-node";

import type { Json } from "../live/authentik";
import type { Cluster, ObjectRef } from "../live/cluster";
import { RELEASE, UNKNOWN, type Resource } from "../state/resources";
import type { Candidate } from "./resolver";

/** As much of a cluster as it takes to look something up. */
export type Reading = Pick<Cluster, "list" | "read">;

/** What names a resource in the cluster. */
export interface Place {
  readonly namespace?: string;
  readonly name: string;
}

/** Namespace and name of a Kubernetes resource; a namespace that comes from another resource is that resource's name. */
export function placeOf(resource: Resource, resources: ReadonlyMap<string, Resource>): Place | undefined {
  const inputs = resource.inputs;
  const { name, namespace } = (
    resource.type === RELEASE ? inputs : (inputs.metadata ?? {})
  ) as Partial<Place>;
  if (name === undefined || name === UNKNOWN) return undefined;
  if (namespace !== UNKNOWN) return { name, namespace };
  const source = Object.values(resource.propertyDependencies)
    .flat()
    .map((urn) => resources.get(urn))
    .find((each) => each?.type === "kubernetes:core/v1:Namespace");
  const given = source && placeOf(source, resources);
  return given && { name, namespace: given.name };
}

/** API version and kind of a type token such as `kubernetes:networking.k8s.io/v1:Ingress`. */
export function refOf(type: string, place: Place): ObjectRef {
  const [, version = "", kind = ""] = type.split(":");
  return { apiVersion: version.replace(/^core\//, ""), kind, ...place };
}

/** What the engine's id of a Kubernetes resource names. */
export function placeOfId(id: string): Place {
  const [first = "", second] = id.split("/");
  return second === undefined ? { name: first } : { namespace: first, name: second };
}

/**
 * The live object that a Kubernetes resource means: by namespace and name; a Helm release by the latest record that Helm
 * keeps of it.
 */
export async function findInCluster(
  resource: Resource,
  resources: ReadonlyMap<string, Resource>,
  cluster: Reading,
): Promise<Candidate | undefined> {
  const place = placeOf(resource, resources);
  if (!place) return undefined;
  const { namespace, name } = place;
  const id = namespace === undefined ? name : `${namespace}/${name}`;
  if (resource.type === RELEASE) {
    const latest = await latestRecord(cluster, name, namespace);
    return latest && { id, object: plain(latest), by: `release ${id}` };
  }
  const object = await cluster.read(refOf(resource.type, place));
  return object && { id, object: plain(object), by: id };
}

/** The record that Helm keeps of the latest revision of a release; its label `status` tells the state. */
export async function latestRecord(
  cluster: Reading,
  name: string,
  namespace: string | undefined,
): Promise<KubernetesObject | undefined> {
  const records = await cluster.list("v1", "Secret", namespace, `owner=helm,name=${name}`);
  // By number: by name the tenth comes before the ninth.
  return [...records].sort((a, b) => revision(a) - revision(b)).at(-1);
}

/** Number of a record that Helm keeps of a release. */
function revision({ metadata }: KubernetesObject): number {
  return Number(metadata?.labels?.version ?? 0);
}

function plain(object: KubernetesObject): Json {
  return JSON.parse(JSON.stringify(object)) as Json;
}
