import type { Workspace } from "../commands/workspace";
import { AuthentikApi } from "./authentik";
import { Cluster } from "./cluster";
import { configuredValue } from "./configuration";
import { Secret } from "./secret";

/** The servers behind a stack. */
export interface Live {
  readonly authentik: AuthentikApi;
  readonly cluster: Cluster;
}

/**
 * Connects to the servers of a stack: those the environment names, else those of the stack's configuration.
 *
 * @throws Error when address or token are set in neither place.
 */
export async function connect(workspace: Workspace): Promise<Live> {
  const { env } = workspace;
  const configured = async (key: string, variable: string) => {
    if (env[variable]) return env[variable];
    const value = await configuredValue(workspace, key);
    if (value !== undefined) return value;
    const set = key === "authentik:token" ? `--secret ${key}` : `${key} <value>`;
    throw new Error(
      `${key} is not set for stack ${workspace.stack}\n` +
        `  mend: npm run pulumi -- config set ${set} --stack ${workspace.stack}   (or export ${variable})`,
    );
  };
  return {
    authentik: new AuthentikApi({
      url: await configured("authentik:url", "AUTHENTIK_URL"),
      token: new Secret(await configured("authentik:token", "AUTHENTIK_TOKEN")),
    }),
    cluster: new Cluster(env.KUBECONFIG),
  };
}
