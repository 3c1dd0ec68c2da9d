import { existsSync, readFileSync } from "node:fs";

import { load, YAMLException } from "js-yaml";

/** What a stack's file itself says of a key: an object where the value is encrypted. @throws Error when it is malformed. */
export function valueInFile(file: string, key: string): unknown {
  const whole = existsSync(file) ? parsed(file) : undefined;
  const config = entriesOf(file, "the whole of it", whole).config;
  return entriesOf(file, "config", config)[key];
}

function parsed(file: string): unknown {
  try {
    return load(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // Not its message, which shows the lines, nor what the reason quotes: either may be a value.
    const reason = error.reason.replace(/["!:].*/s, "").trim();
    const { line } = (error.mark as typeof error.mark | undefined) ?? {};
    throw malformed(file, line === undefined ? reason : `${reason} at line ${line + 1}`);
  }
}

function entriesOf(file: string, what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw malformed(file, `no keys and values in ${what}`);
  return value as Readonly<Record<string, unknown>>;
}

/** Every command reads the file, so each ends with this. */
function malformed(file: string, found: string): Error {
  return new Error(
    `${file}: found ${found}; expected YAML as \`pulumi config set\` writes it\n` +
      `  mend: git diff -- ${file}   and edit it, or, to lose what was set since the last commit: git checkout -- ${file}`,
  );
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
