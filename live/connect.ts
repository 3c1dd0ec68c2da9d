import type { Workspace } from "../commands/workspace";
import { AuthentikApi } from "./authentik";
import { Cluster } from "./cluster";
import { configuration } from "./configuration";
import { Secret } from "./secret";

/** The servers behind a stack. */
export interface Live {
  readonly authentik: AuthentikApi;
  /**
   * Made at its first use: what needs Authentik alone goes on where the kubeconfig is of no use.
   *
   * @throws Error when the kubeconfig names no cluster.
   */
  readonly cluster: Cluster;
}

/**
 * Connects to the servers of a stack: those that its configuration names, else those of the environment.
 *
 * @throws Error when address or token are set in neither place.
 */
export async function connect(workspace: Workspace): Promise<Live> {
  const { env } = workspace;
  const values = await configuration(workspace);
  const valueOf = (key: string) => values.get(key)?.value.reveal() || undefined;
  // As the providers do it: what the stack says goes before the environment.
  const configured = (key: string, variable: string) => {
    const value = valueOf(key) ?? env[variable];
    if (value) return value;
    const set = key === "authentik:token" ? `--secret ${key}` : `${key} <value>`;
    throw new Error(
      `${key} is not set for stack ${workspace.stack}\n` +
        `  mend: npm run pulumi -- config set ${set} --stack ${workspace.stack}   (or export ${variable})`,
    );
  };
  let cluster: Cluster | undefined;
  return {
    authentik: new AuthentikApi({
      url: configured("authentik:url", "AUTHENTIK_URL"),
      token: new Secret(configured("authentik:token", "AUTHENTIK_TOKEN")),
    }),
    get cluster() {
      return (cluster ??= clusterOf(workspace, valueOf));
    },
  };
}

/** The cluster of a stack. @throws Error, with what mends it, when no cluster is named. */
function clusterOf({ env, stack }: Workspace, valueOf: (key: string) => string | undefined): Cluster {
  const key = "kubernetes:kubeconfig";
  const own = valueOf(key);
  const context = valueOf("kubernetes:context");
  try {
    return new Cluster(own ?? env.KUBECONFIG, { context });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const place = own !== undefined ? key : env.KUBECONFIG ? "KUBECONFIG" : "the usual kubeconfig";
    const wanted = context === undefined ? "a current-context" : `context ${context} (kubernetes:context)`;
    const mend =
      own === undefined
        ? "export KUBECONFIG=<file>"
        : `npm run pulumi -- config set --secret ${key} --stack ${stack} < <file>`;
    throw new Error(
      `${place} of stack ${stack}: ${why}; expected a kubeconfig with ${wanted}\n` +
        `  mend: ${mend}   (kubectl config get-contexts: what it has)`,
    );
  }
}
