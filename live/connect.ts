import type { Workspace } from "../commands/workspace";
import { AuthentikApi } from "./authentik";
import { Cluster } from "./cluster";
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
    const { code, stdout } = await workspace.pulumi(["config", "get", key]);
    const value = code === 0 ? stdout.trim() : "";
    if (value === "") {
      const secret = key === "authentik:token" ? "--secret " : "";
      throw new Error(
        `${key} is not set for stack ${workspace.stack}\n` +
          `  mend: pulumi config set ${secret}${key} --stack ${workspace.stack}   (or export ${variable})`,
      );
    }
    return value;
  };
  return {
    authentik: new AuthentikApi({
      url: await configured("authentik:url", "AUTHENTIK_URL"),
      token: new Secret(await configured("authentik:token", "AUTHENTIK_TOKEN")),
    }),
    cluster: new Cluster(env.KUBECONFIG),
  };
}
