import { existsSync, readFileSync } from "node:fs";

import { load } from "js-yaml";

import type { Workspace } from "../commands/workspace";

/**
 * A value of the stack's configuration, in clear.
 *
 * @param key as `authentik:token`, or a path as `plana-sso:clients.forgejo.clientSecret`.
 * @returns undefined when it is not set.
 * @throws Error when the configuration cannot be read: no such stack, or another passphrase. Taken for "not set", a
 *   value would be made that is there already.
 */
export async function configuredValue(workspace: Workspace, key: string): Promise<string | undefined> {
  const path = key.includes(".") ? ["--path"] : [];
  const { code, stdout, stderr } = await workspace.pulumi(["config", "get", ...path, key]);
  if (code === 0) return stdout.trim() === "" ? undefined : stdout.trim();
  if (/configuration key .* not found/.test(stderr)) return undefined;
  throw unreadable(key, workspace.stack, stderr);
}

/**
 * The values of the stack's configuration that are no objects, in clear, by key: one call of the CLI for all.
 *
 * @throws Error as `configuredValue`.
 */
export async function configuredValues(workspace: Workspace): Promise<ReadonlyMap<string, string>> {
  const { code, stdout, stderr } = await workspace.pulumi(["config", "--show-secrets", "--json"]);
  // Never what it answered: that holds the secrets.
  if (code !== 0) throw unreadable("the configuration", workspace.stack, stderr);
  const entries = JSON.parse(stdout) as Readonly<Record<string, { readonly value?: string }>>;
  return new Map(
    Object.entries(entries).flatMap(([key, { value }]): [string, string][] => (value ? [[key, value]] : [])),
  );
}

function unreadable(what: string, stack: string, said: string): Error {
  return new Error(
    `${what} of stack ${stack} cannot be read: ${said.trim()}\n` +
      `  mend: npm run pulumi -- stack ls --stack ${stack}   lists the stacks; their passphrase is PULUMI_CONFIG_PASSPHRASE, or that of the KMS`,
  );
}

/**
 * The composition that a stack runs: what its configuration says, else its own name. Read from the stack's file, without the
 * CLI, which needs the stack's state for it: the roster is edited on machines that have no access to that, and a run that
 * was killed may have left it unreadable.
 */
export function compositionOf(workspace: Pick<Workspace, "stack" | "configFile">): string {
  const file = workspace.configFile();
  const { config } = ((existsSync(file) && load(readFileSync(file, "utf8"))) || {}) as {
    readonly config?: Readonly<Record<string, unknown>>;
  };
  const said = config?.["plana-sso:composition"];
  return typeof said === "string" && said !== "" ? said : workspace.stack;
}
