import { answerOf } from "../shell/answer";
import type { Workspace } from "../state/workspace";
import { Secret } from "./secret";

/** A value of a stack's configuration. */
export interface Configured {
  /** In clear; an object as JSON. */
  readonly value: Secret;
  /** Whether the stack's file has it encrypted. */
  readonly secret: boolean;
  /** Whether it was set as an object, key by key, and not as one text. */
  readonly isObject: boolean;
}

/**
 * The stack's configuration by key, in clear.
 *
 * @throws Error when it cannot be read: no such stack, or another passphrase. Taken for "not set", a value would be made
 *   that is there already.
 */
export async function configuration(workspace: Workspace): Promise<ReadonlyMap<string, Configured>> {
  const { code, stdout, stderr } = await workspace.pulumi(["config", "--show-secrets", "--json"]);
  // Never what it answered: that holds the secrets.
  if (code !== 0) {
    throw new Error(
      `the configuration of stack ${workspace.stack} cannot be read: ${stderr.trim()}\n` +
        `  mend: npm run pulumi -- stack ls --stack ${workspace.stack}   lists the stacks; their passphrase is PULUMI_CONFIG_PASSPHRASE, or that of the KMS`,
    );
  }
  const entries = answerOf(stdout, "pulumi config --json") as Readonly<Record<string, Entry>>;
  return new Map(
    Object.entries(entries).map(([key, { value = "", secret = false, objectValue }]) => [
      key,
      { value: new Secret(value), secret, isObject: objectValue !== undefined },
    ]),
  );
}

/** As the CLI tells a value. */
interface Entry {
  readonly value?: string;
  readonly secret?: boolean;
  /** The value, parsed, where it is an object. */
  readonly objectValue?: unknown;
}

/** One value of the stack's configuration; undefined when it is not set. @throws Error as `configuration`. */
export async function configured(workspace: Workspace, key: string): Promise<Secret | undefined> {
  const text = (await configuration(workspace)).get(key)?.value.reveal().trim();
  return text ? new Secret(text) : undefined;
}

/**
 * Stores a value in the stack's configuration, byte for byte; it goes through standard input.
 *
 * @param path as `authentik:token`, or within an object as `plana-sso:clients.forgejo.clientSecret`.
 * @param secret whether it is encrypted.
 * @throws Error with what the CLI said.
 */
export async function configure(
  workspace: Workspace,
  path: string,
  value: Secret,
  secret = true,
): Promise<void> {
  const manner = [secret ? "--secret" : "--plaintext", ...(path.includes(".") ? ["--path"] : [])];
  const stdin = value.reveal();
  const { code, stdout, stderr } = await workspace.pulumi(["config", "set", "--raw", ...manner, path], {
    stdin,
  });
  if (code === 0) return;
  const said = (stderr || stdout).trim();
  throw new Error(
    `${path} could not be stored for stack ${workspace.stack}: ${stdin === "" ? said : said.replaceAll(stdin, "[secret]")}\n` +
      `  mend: make sure that ${workspace.configFile()} can be written, then run this again`,
  );
}
