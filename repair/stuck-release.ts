import type { KubernetesObject } from "@kubernetes/client-node";

import { placeOf } from "../identity/cluster-objects";
import type { Cluster } from "../live/cluster";
import { RELEASE, type Resource } from "../state/resources";

/** What Helm writes on the record of an operation that has not ended. */
const PENDING = new Set(["pending-install", "pending-upgrade", "pending-rollback"]);

/** Whether Helm's newest record of a release is of an installation that never ended: there is no release then. */
export function isHalfInstalled(record: object): boolean {
  return statusOf(record) === "pending-install";
}

/** How releases are freed. */
export interface Freeing {
  readonly say: (text: string) => void;
  /** Whether nobody works on the stack any more; asked before anything is taken away. */
  readonly mayFree: () => Promise<boolean>;
}

/**
 * Takes away Helm's records of operations on the releases that were cut off. While one is there, Helm refuses every further
 * operation for ever ("another operation (install/upgrade/rollback) is in progress"). What the operation had made in the
 * cluster carries the release's name, and is taken over by the next one.
 *
 * @returns false where somebody may still be at work.
 */
export async function freeReleases(
  cluster: Cluster,
  resources: readonly Resource[],
  { say, mayFree }: Freeing,
): Promise<boolean> {
  const all = new Map(resources.map((resource) => [resource.urn, resource]));
  for (const resource of all.values()) {
    const place = resource.type === RELEASE ? placeOf(resource, all) : undefined;
    if (!place) continue;
    const records = await cluster.list("v1", "Secret", place.namespace, `owner=helm,name=${place.name}`);
    const stuck = records.filter((each) => PENDING.has(statusOf(each)));
    if (stuck.length > 0 && !(await mayFree())) return false;
    for (const record of stuck) {
      await cluster.remove({
        apiVersion: "v1",
        kind: "Secret",
        namespace: place.namespace,
        name: record.metadata?.name ?? "",
      });
      say(
        `  Helm release ${place.name}: ${statusOf(record)} was cut off; Helm's record of it is taken away, so that it can be done again`,
      );
    }
  }
  return true;
}

function statusOf(record: object): string {
  return (record as KubernetesObject).metadata?.labels?.status ?? "";
}
