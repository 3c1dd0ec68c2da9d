import type { Cluster } from "../live/cluster";
import type { Resource } from "../state/resources";

/**
 * Whether the cluster is the one of the state. On another one the engine's refresh would take all that it does not find for
 * deleted, protected or not, and `up` would make a second server there, with production's secrets; and what a mending
 * looks for would be taken for never made.
 *
 * @param cluster is asked for only where the state knows a namespace.
 * @returns true also where it knows none; otherwise it has been said why not.
 */
export async function isOwnCluster(
  stack: string,
  resources: readonly Pick<Resource, "type" | "outputs">[],
  cluster: () => Promise<Pick<Cluster, "read">>,
  say: (text: string) => void,
): Promise<boolean> {
  const known = namespacesOf(resources);
  if (known.length === 0) return true;
  const reading = await cluster();
  for (const { name, uid } of known) {
    const live = await reading.read({ apiVersion: "v1", kind: "Namespace", name });
    // One that is made anew has another uid; one alone may have been deleted by hand.
    if (live?.metadata?.uid === uid) return true;
  }
  say(refusal(stack, known));
  return false;
}

interface Namespace {
  readonly name: string;
  readonly uid: string;
}

function namespacesOf(resources: readonly Pick<Resource, "type" | "outputs">[]): Namespace[] {
  return resources.flatMap(({ type, outputs }) => {
    const { name, uid } = (outputs.metadata ?? {}) as Partial<Namespace>;
    return type === "kubernetes:core/v1:Namespace" && name && uid ? [{ name, uid }] : [];
  });
}

function refusal(stack: string, known: readonly Namespace[]): string {
  const names = known.map(({ name }) => name).join(", ");
  return (
    `error: this is not the cluster of stack ${stack}: of the namespaces that it made there (${names}) none is here; nothing was changed\n` +
    `  expected: the cluster that the stack was brought up on\n` +
    `  mend:     choose it with KUBECONFIG, or with kubernetes:context in Pulumi.${stack}.yaml; where it was made anew: npm run pulumi -- refresh --stack ${stack}`
  );
}
