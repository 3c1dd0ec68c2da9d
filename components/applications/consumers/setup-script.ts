export interface SetupScript {
  /** Keys of the Secret that the script needs, as variables of the same name. */
  readonly needs: readonly string[];
  /** The command by which root, which the application's own command refuses, runs the script as its user. */
  readonly insteadOfRoot: string;
  /** Commands of the application. */
  readonly commands: string;
}

/** `su` as the images that run as `www-data` have it, of Debian and of Alpine; `-p` keeps the environment. */
export const AS_WWW_DATA = `su -p www-data -s /bin/sh -c "sh '$0'"`;

/**
 * A script that gives an application its credentials by the application's own command, in its container, and that may
 * run again. What it needs it takes from the environment, else from the files beside it: where the whole Secret is
 * mounted, that one reference is enough.
 */
export function setupScript({ needs, insteadOfRoot, commands }: SetupScript): string {
  const take = needs.map((key) => `[ -n "\${${key}:-}" ] || ${key}=$(cat "$d/${key}")\n`).join("");
  return `#!/bin/sh
set -eu
d=$(dirname "$0")
${take}export ${needs.join(" ")}
if [ "$(id -u)" = 0 ]; then exec ${insteadOfRoot}; fi
${commands}`;
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
