import type { Workspace } from "../commands/workspace";
import { connect } from "../live/connect";
import { deployment } from "../state/engine";
import type { Resource } from "../state/resources";

/**
 * Refuses a cluster that is not the one of the state. The engine's refresh would take all that it does not find there for
 * deleted, protected or not, and `up` would make a second server, with production's secrets, beside somebody's else.
 *
 * @returns why nothing may be done; undefined where the cluster is the stack's, or the state knows none.
 */
export async function otherCluster(workspace: Workspace): Promise<string | undefined> {
  const resources = await deployment(workspace).then(
    (found) => found.resources,
    // A state that cannot be read is mended first; what it then tells is looked at by the next run.
    () => [],
  );
  const known = namespacesOf(resources);
  if (known.length === 0) return undefined;
  const { cluster } = await connect(workspace);
  const uidOf = async (name: string) =>
    (await cluster.read({ apiVersion: "v1", kind: "Namespace", name }))?.metadata?.uid;
  return (await isThere(known, uidOf)) ? undefined : refusal(workspace.stack, known);
}

interface Namespace {
  readonly name: string;
  readonly uid: string;
}

/** The namespaces that a state knows. */
export function namespacesOf(resources: readonly Pick<Resource, "type" | "outputs">[]): Namespace[] {
  return resources.flatMap(({ type, outputs }) => {
    const { name, uid } = (outputs.metadata ?? {}) as Partial<Namespace>;
    return type === "kubernetes:core/v1:Namespace" && name && uid ? [{ name, uid }] : [];
  });
}

/** Whether one of them is there; a namespace that is made anew has another uid. */
export async function isThere(
  known: readonly Namespace[],
  uidOf: (name: string) => Promise<string | undefined>,
): Promise<boolean> {
  for (const { name, uid } of known) if ((await uidOf(name)) === uid) return true;
  return false;
}

function refusal(stack: string, known: readonly Namespace[]): string {
  const names = known.map(({ name }) => name).join(", ");
  return (
    `error: this is not the cluster of stack ${stack}: of the namespaces that it made there (${names}) none is here; nothing was changed\n` +
    `  expected: the cluster that the stack was brought up on\n` +
    `  mend:     choose it with KUBECONFIG, or with kubernetes:context in Pulumi.${stack}.yaml; where it was made anew: npm run pulumi -- refresh --stack ${stack}`
  );
}
