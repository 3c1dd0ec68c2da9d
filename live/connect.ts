import type { Workspace } from "../commands/workspace";
import { AuthentikApi } from "./authentik";
import { Cluster } from "./cluster";
import { configuration } from "./configuration";
import { Secret } from "./secret";

/** The servers behind a stack. */
export interface Live {
  readonly authentik: AuthentikApi;
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
  return {
    authentik: new AuthentikApi({
      url: configured("authentik:url", "AUTHENTIK_URL"),
      token: new Secret(configured("authentik:token", "AUTHENTIK_TOKEN")),
    }),
    cluster: new Cluster(valueOf("kubernetes:kubeconfig") ?? env.KUBECONFIG, {
      context: valueOf("kubernetes:context"),
    }),
  };
}
