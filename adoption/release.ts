import type { V1Deployment } from "@kubernetes/client-node";

import { latestRecord } from "../identity/cluster-objects";
import type { Live } from "../live/connect";
import { RELEASE, type Resource } from "../state/resources";
import type { Adopted, Plan } from "./plan";

const INSTANCE = "app.kubernetes.io/instance";
const FLUX = "helm.toolkit.fluxcd.io/name";
const FLUX_NAMESPACE = "helm.toolkit.fluxcd.io/namespace";

/** States of a release that Helm can upgrade. */
const SOUND = new Set(["deployed", "failed"]);

/** Whether Helm has a release of Authentik there that can be taken over. */
export async function hasRelease({ cluster }: Pick<Live, "cluster">, namespace: string): Promise<boolean> {
  const record = await latestRecord(cluster, "authentik", namespace);
  return SOUND.has(record?.metadata?.labels?.status ?? "");
}

/** Why a Helm release cannot be taken over, or made, as it stands. */
export async function releaseRefusals(
  { cluster }: Pick<Live, "cluster">,
  adopt: readonly Adopted[],
  create: readonly { readonly resource: Resource }[],
): Promise<Plan["refused"]> {
  const adopted = adopt.find(({ resource }) => resource.type === RELEASE);
  const resource = adopted?.resource ?? create.find(({ resource: { type } }) => type === RELEASE)?.resource;
  if (!resource) return [];
  const { name, namespace } = resource.inputs;
  const status = adopted && stateOf(adopted);
  const place = `-n ${String(namespace)} ${String(name)}`;
  const reasons = status === undefined || SOUND.has(status) ? [] : [stuck(status, place)];
  const servers = await cluster.list<V1Deployment>(
    "apps/v1",
    "Deployment",
    String(namespace),
    "app.kubernetes.io/name=authentik,app.kubernetes.io/component=server",
  );
  for (const { metadata } of servers) {
    const { [INSTANCE]: instance, [FLUX]: flux, [FLUX_NAMESPACE]: space = "" } = metadata?.labels ?? {};
    const server = `Deployment ${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
    if (flux !== undefined) {
      reasons.push(
        `Flux upgrades it too, by HelmRelease ${space}/${flux}, and would bring its old values back: ` +
          `flux suspend helmrelease -n ${space} ${flux}, then take it out of what Flux reconciles ` +
          "(a suspended one is not uninstalled)",
      );
    } else if (!adopted || (instance !== undefined && instance !== name)) {
      reasons.push(
        `${server} runs there, not as Helm release ${String(name)}${instance ? ` but as ${instance}` : ""}: ` +
          "a second server beside it would have the same database",
      );
    }
  }
  return reasons.map((reason) => ({ resource, reason }));
}

/** What Helm says of the latest revision. */
function stateOf({ object }: Adopted): string | undefined {
  const { labels } = (object.metadata ?? {}) as { labels?: Readonly<Record<string, string>> };
  return labels?.status;
}

function stuck(status: string, place: string): string {
  if (status.startsWith("pending"))
    return (
      `is in state ${status}: an earlier helm call is at work, or was killed. Wait for it; if it is gone: ` +
      `helm history ${place}, then helm rollback ${place} to the last revision that was deployed`
    );
  return `is in state ${status}: Helm has no release there that could be upgraded (helm status ${place})`;
}
