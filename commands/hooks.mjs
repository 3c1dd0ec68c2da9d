// Switches the hooks of .githooks on after an install. Plain JavaScript: npm runs it before anything is bundled.
// Never fails: a copy without git, in CI or with hooks of its own is left as it is.
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns what git said; undefined where it refused or is not there. */
function git(...args) {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

const top = git("rev-parse", "--show-toplevel");
if (!process.env.CI && top !== undefined && realpathSync(top) === realpathSync(root)) {
  const own = git("config", "--get", "core.hooksPath");
  if (own === undefined) git("config", "core.hooksPath", ".githooks");
  else if (own !== ".githooks")
    console.error(
      `core.hooksPath is ${own}: the scan for secrets does not run before a commit (npm run scan does it)`,
    );
}
