import type { KubernetesObject, V1PodTemplateSpec } from "@kubernetes/client-node";
import { setTimeout as pause } from "node:timers/promises";

import type { Cluster, ObjectRef } from "../../live/cluster";
import { ServerError } from "../../live/server-error";

/** What runs pods. */
interface Workload extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly template?: V1PodTemplateSpec };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberReady?: number;
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
): Promise<readonly ObjectRef[]> {
  const found: ObjectRef[] = [];
  for (const kind of KINDS) {
    for (const workload of await cluster.list<Workload>("apps/v1", kind, namespace)) {
      const name = workload.metadata?.name;
      if (name && reads(workload.spec?.template, secret))
        found.push({ apiVersion: "apps/v1", kind, namespace, name });
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

/** Restarts a workload's pods as `kubectl rollout restart` does. */
export async function restart(cluster: Cluster, ref: ObjectRef, at: Date): Promise<void> {
  const annotations = { [RESTARTED_AT]: at.toISOString() };
  await cluster.patch(ref, { spec: { template: { metadata: { annotations } } } });
}

/**
 * Waits until all pods of a workload are of its present template and ready.
 *
 * @param patience milliseconds.
 * @returns whether they are, in that time.
 */
export async function rolledOut(cluster: Cluster, ref: ObjectRef, patience: number): Promise<boolean> {
  const end = Date.now() + patience;
  for (;;) {
    const workload = await cluster.read<Workload>(ref);
    if (!workload) throw new ServerError("cluster", "GET", `${ref.kind} ${ref.name}`, 404, "is gone");
    if (isRolledOut(workload)) return true;
    if (Date.now() >= end) return false;
    await pause(Math.min(2_000, Math.max(1, end - Date.now())));
  }
}

function isRolledOut({ kind, metadata, spec, status = {} }: Workload): boolean {
  if ((status.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return false;
  if (kind === "DaemonSet") {
    const wanted = status.desiredNumberScheduled ?? 0;
    return (status.updatedNumberScheduled ?? 0) >= wanted && (status.numberReady ?? 0) >= wanted;
  }
  const wanted = spec?.replicas ?? 1;
  return (status.updatedReplicas ?? 0) >= wanted && (status.readyReplicas ?? 0) >= wanted;
}
