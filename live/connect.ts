import type { Workspace } from "../state/workspace";
import { withoutCredentials } from "../stacks/visible";
import { addressInFile, addressOf } from "./address";
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

/** A value of the stack's configuration; undefined when it is not set. */
type Read = (key: string) => string | undefined;

/**
 * Connects to the servers of a stack: those that its configuration names, else those of the environment. As the providers
 * do it, for what works beside them.
 *
 * @throws Error when address or token are set in neither place.
 */
export async function connect(workspace: Workspace): Promise<Live> {
  const read = await reading(workspace);
  const { url } = addressOf(read("authentik:url"), workspace.env);
  return liveOf(workspace, read, url, read("authentik:token") ?? workspace.env.AUTHENTIK_TOKEN);
}

/**
 * Connects as whoever runs the command: a token of the environment goes before the stack's own, which may belong to the
 * very person who is cut off. With it Authentik is asked also where the configuration cannot be decrypted.
 *
 * @throws Error as `connect`, and when the environment names another server than the stack.
 */
export async function connectAsOperator(workspace: Workspace): Promise<Live> {
  const { env, stack, sandboxed } = workspace;
  const token = env.AUTHENTIK_TOKEN || undefined;
  const inFile = addressInFile(workspace);
  // What is encrypted there may be another server than the environment's.
  const known = token !== undefined && !inFile.encrypted && addressOf(inFile.url, env).url !== undefined;
  const read = await reading(workspace).catch((error: unknown): Read => {
    if (!known) throw error;
    return (key) => {
      if (key === "authentik:url") return inFile.url;
      throw error;
    };
  });
  const { url, passedOver } = addressOf(read("authentik:url"), env);
  if (url !== undefined && passedOver !== undefined) {
    const mend = sandboxed
      ? `npm run pulumi -- config rm authentik:url --stack ${stack}`
      : "unset AUTHENTIK_URL   (and AUTHENTIK_TOKEN, where that is a token of the other one)";
    throw new Error(
      `AUTHENTIK_URL is ${withoutCredentials(passedOver)}; expected the server of stack ${stack}, ${withoutCredentials(url)} (authentik:url)\n` +
        `  mend: ${mend}`,
    );
  }
  return liveOf(workspace, read, url, token ?? read("authentik:token"));
}

async function reading(workspace: Workspace): Promise<Read> {
  const values = await configuration(workspace);
  return (key) => values.get(key)?.value.reveal() || undefined;
}

function liveOf(workspace: Workspace, read: Read, url: string | undefined, token: string | undefined): Live {
  const { stack } = workspace;
  if (!url) throw unset(stack, "authentik:url", "authentik:url <value>", "AUTHENTIK_URL");
  if (!token) throw unset(stack, "authentik:token", "--secret authentik:token", "AUTHENTIK_TOKEN");
  let cluster: Cluster | undefined;
  return {
    authentik: new AuthentikApi({ url, token: new Secret(token) }),
    get cluster() {
      return (cluster ??= clusterOf(workspace, read));
    },
  };
}

function unset(stack: string, key: string, set: string, variable: string): Error {
  return new Error(
    `${key} is not set for stack ${stack}\n` +
      `  mend: npm run pulumi -- config set ${set} --stack ${stack}   (or export ${variable})`,
  );
}

/** The cluster of a stack. @throws Error, with what mends it, when no cluster is named. */
function clusterOf({ env, stack }: Workspace, read: Read): Cluster {
  const key = "kubernetes:kubeconfig";
  const own = read(key);
  const context = read("kubernetes:context");
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
