import type { KubernetesObject, V1PodTemplateSpec } from "@kubernetes/client-node";
import { setTimeout as pause } from "node:timers/promises";

import type { Cluster, ObjectRef } from "../../live/cluster";
import { ServerError } from "../../live/server-error";

/** What runs pods. */
interface Workload extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: V1PodTemplateSpec;
    readonly paused?: boolean;
    readonly updateStrategy?: { readonly type?: string };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberAvailable?: number;
  };
}

const KINDS = ["Deployment", "StatefulSet", "DaemonSet"] as const;

/** The annotation that `kubectl rollout restart` sets. */
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/** The workloads of a namespace whose pods read a Secret: by envFrom, by a variable, or as a volume. */
export async function consumersOf(
  cluster: Cluster,
  namespace: string,
  secret: string,
): Promise<readonly Consumer[]> {
  const found: Consumer[] = [];
  for (const kind of KINDS) {
    for (const workload of await cluster.list<Workload>("apps/v1", kind, namespace)) {
      const name = workload.metadata?.name;
      const template = workload.spec?.template;
      if (!name || !reads(template, secret)) continue;
      const restartedAt = template?.metadata?.annotations?.[RESTARTED_AT];
      found.push({ apiVersion: "apps/v1", kind, namespace, name, restartedAt });
    }
  }
  return found;
}

function reads(template: V1PodTemplateSpec | undefined, secret: string): boolean {
  const { containers = [], initContainers = [], volumes = [] } = template?.spec ?? {};
  return (
    [...containers, ...initContainers].some(
      ({ env = [], envFrom = [] }) =>
        envFrom.some(({ secretRef }) => secretRef?.name === secret) ||
        env.some(({ valueFrom }) => valueFrom?.secretKeyRef?.name === secret),
    ) ||
    volumes.some(
      (volume) =>
        volume.secret?.secretName === secret ||
        volume.projected?.sources?.some((source) => source.secret?.name === secret),
    )
  );
}

/** A workload that reads a Secret. */
export interface Consumer extends ObjectRef {
  /** When its pods were last restarted as here; kubectl writes it with the offset of the machine it runs on. */
  readonly restartedAt?: string;
}

/** Whether a workload's pods were restarted after an instant; not where its own cannot be read. */
export function restartedSince({ restartedAt = "" }: Consumer, since: string): boolean {
  return Date.parse(restartedAt) > Date.parse(since);
}

/** Restarts a workload's pods as `kubectl rollout restart` does. */
export async function restart(cluster: Cluster, ref: ObjectRef, at: Date): Promise<void> {
  const annotations = { [RESTARTED_AT]: at.toISOString() };
  await cluster.patch(ref, { spec: { template: { metadata: { annotations } } } });
}

/**
 * Waits until every pod of a workload is of its present template and available, and none of an older one is left.
 *
 * @param patience milliseconds.
 * @param signal aborted when the operator stops the command; the wait then ends.
 * @returns undefined when that is so; else why not, when the time is over or it will never be.
 */
export async function rolledOut(
  cluster: Cluster,
  ref: ObjectRef,
  patience: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const end = Date.now() + patience;
  for (;;) {
    const workload = await cluster.read<Workload>(ref);
    if (!workload) throw new ServerError("cluster", "GET", `${ref.kind} ${ref.name}`, 404, "is gone");
    const missing = stillToCome(ref.kind, workload);
    if (missing === undefined) return undefined;
    const held = heldBack(workload);
    if (held !== undefined || Date.now() >= end || signal?.aborted) return held ?? missing;
    await pause(Math.min(2_000, Math.max(1, end - Date.now())));
  }
}

/** Why a workload does not roll by itself. */
function heldBack({ spec }: Workload): string | undefined {
  if (spec?.paused) return "its rollout is paused";
  if (spec?.updateStrategy?.type === "OnDelete") return "its pods are renewed only when they are deleted";
  return undefined;
}

/** What `kubectl rollout status` waits for: a ready pod may be an old one. */
function stillToCome(kind: string, { metadata, spec, status = {} }: Workload): string | undefined {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, readyReplicas = 0 } = status;
  if ((status.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return "the change is not seen yet";
  if (kind === "DaemonSet") {
    const wanted = status.desiredNumberScheduled ?? 0;
    if ((status.updatedNumberScheduled ?? 0) < wanted) return "not every pod is a new one";
    return (status.numberAvailable ?? 0) < wanted ? "not every pod is available" : undefined;
  }
  const wanted = spec?.replicas ?? 1;
  if (updatedReplicas < wanted) return `${updatedReplicas} of ${wanted} pods are new ones`;
  if (kind === "StatefulSet") {
    if (readyReplicas < wanted) return `${readyReplicas} of ${wanted} pods are ready`;
    return status.updateRevision === status.currentRevision ? undefined : "not every pod is a new one";
  }
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} old pods are not gone yet`;
  return availableReplicas < wanted ? `${availableReplicas} of ${wanted} pods are available` : undefined;
}
