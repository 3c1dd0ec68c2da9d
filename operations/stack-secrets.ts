import type { Workspace } from "../commands/workspace";
import { configuredValue } from "../live/configuration";
import { Secret } from "../live/secret";
import { Refusal } from "./context";

/**
 * A value of the stack's configuration.
 *
 * @param key as `authentik:token`, or a path as `plana-sso:clients.forgejo.clientSecret`.
 * @returns undefined when it is not set.
 * @throws Error when the configuration cannot be read.
 */
export async function configured(workspace: Workspace, key: string): Promise<Secret | undefined> {
  const value = await configuredValue(workspace, key);
  return value === undefined ? undefined : new Secret(value);
}

/**
 * Stores a secret in the stack's configuration, encrypted; it goes through standard input.
 *
 * @throws Refusal with what the CLI said.
 */
export async function configure(workspace: Workspace, key: string, value: Secret): Promise<void> {
  const { code, stdout, stderr } = await workspace.pulumi(
    ["config", "set", "--raw", "--secret", ...pathFlag(key), key],
    { stdin: value.reveal() },
  );
  if (code === 0) return;
  const said = (stderr || stdout).trim().replaceAll(value.reveal(), "[secret]");
  throw new Refusal(
    `${key} could not be stored for stack ${workspace.stack}: ${said}\n` +
      `  mend: make sure that ${workspace.configFile()} can be written, then run this again`,
  );
}

function pathFlag(key: string): string[] {
  return key.includes(".") ? ["--path"] : [];
}
