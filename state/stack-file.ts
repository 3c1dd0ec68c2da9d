import { existsSync, readFileSync } from "node:fs";

import { load } from "js-yaml";

/** What a stack's file itself says of a key: an object where the value is encrypted. */
export function valueInFile(file: string, key: string): unknown {
  const { config } = ((existsSync(file) && load(readFileSync(file, "utf8"))) || {}) as {
    readonly config?: Readonly<Record<string, unknown>>;
  };
  return config?.[key];
}

/**
 * The composition that a stack runs: what its configuration says, else its own name. Read from the stack's file, without the
 * CLI, which needs the stack's state for it: the roster is edited on machines that have no access to that, and a run that
 * was killed may have left it unreadable.
 */
export function compositionOf({
  stack,
  configFile,
}: {
  readonly stack: string;
  readonly configFile: () => string;
}): string {
  const said = valueInFile(configFile(), "plana-sso:composition");
  return typeof said === "string" && said !== "" ? said : stack;
}
