import { addressInFile, addressOf } from "../live/address";
import { valueInFile } from "../state/stack-file";
import { withoutCredentials } from "../stacks/visible";
import type { Workspace } from "../state/workspace";

/** On which servers a command works, as it says before it begins: of whom nothing else is said, it reports alike. */
export function serversText(
  workspace: Pick<Workspace, "stack" | "env" | "sandboxed" | "configFile">,
): string {
  const { stack, env, sandboxed } = workspace;
  const inFile = addressInFile(workspace);
  const { url, passedOver } = addressOf(inFile.url, env);
  if (sandboxed && passedOver === undefined) {
    return `Stack ${stack} on the embedded sandbox of this machine: nothing real is asked or changed. For production: npm run … -- --stack prod`;
  }
  const own = `authentik:url of stack ${stack}`;
  const over = sandboxed ? "the embedded sandbox" : `AUTHENTIK_URL, ${withoutCredentials(passedOver ?? "")},`;
  const place = inFile.encrypted
    ? `what ${own} has encrypted`
    : `${withoutCredentials(url ?? "")}${passedOver === undefined ? "" : ` (${own}); ${over} is passed over`}`;
  const ownCluster = valueInFile(workspace.configFile(), "kubernetes:kubeconfig") !== undefined;
  const cluster = ownCluster ? `kubernetes:kubeconfig of stack ${stack}` : env.KUBECONFIG;
  return `Authentik at ${place}; cluster of ${cluster ?? "the default kubeconfig"}`;
}
