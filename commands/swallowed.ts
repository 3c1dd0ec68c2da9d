/**
 * Options without which a command does something else than was meant, and does it for good: on the sandbox, really, with an
 * `up`, or not on the server. Not `--yes`, without which it asks, and which may stand in anybody's `.npmrc`. None is a
 * `--no-…`: npm sets no variable for what it is told not to, so it could not be seen.
 */
const OPTIONS = ["stack", "dry-run", "now", "state-only", "import-only", "leave-pods"] as const;

/** Every way of writing an option, as the commands read it. */
const WRITTEN: Readonly<Record<(typeof OPTIONS)[number], RegExp>> = {
  stack: /^(?:--stack(?:=|$)|-s)/,
  "dry-run": /^--dry-run$/,
  now: /^--now$/,
  "state-only": /^--state-only$/,
  "import-only": /^--import-only$/,
  "leave-pods": /^--leave-pods$/,
};

/**
 * Options that npm has taken for itself, since they stood before `--`: it sets `npm_config_<option>` and passes nothing on.
 *
 * @returns what is wrong and what mends it; undefined where the command has all that was meant for it.
 */
export function swallowed(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): string | undefined {
  const taken = OPTIONS.flatMap((option) => {
    const value = env[`npm_config_${option.replaceAll("-", "_")}`] ?? "";
    // npm writes what it was told not to do as well.
    if (/^(?:|false|null|undefined|0)$/.test(value) || args.some((arg) => WRITTEN[option].test(arg)))
      return [];
    if (option !== "stack") return [`--${option}`];
    // `--stack prod` without `=`: npm keeps the one and passes on the other.
    return [`--stack ${value === "true" ? "<name>" : value}`];
  });
  if (taken.length === 0) return undefined;
  const options = taken.join(" ");
  return (
    `npm has taken ${options} for itself (or an .npmrc sets it): ${command} would run without; nothing was done; expected it after --\n` +
    `  mend: npm run ${command} -- ${options} …`
  );
}
