import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Memory rather than a disk, where there is such a folder. */
const MEMORY = "/dev/shm";

/**
 * A runner can hand over a secret only as a variable, and the Kubernetes client wants a file: where
 * `KUBECONFIG_CONTENT` is set, puts it into a file that only this user can read and that goes when this process ends,
 * and names it in `KUBECONFIG`.
 *
 * @throws Error where both are set, or the content is no kubeconfig.
 */
export function placeKubeconfig(env: NodeJS.ProcessEnv): void {
  const { KUBECONFIG_CONTENT: content, KUBECONFIG: file } = env;
  if (!content) return;
  if (file)
    throw new Error(
      "KUBECONFIG and KUBECONFIG_CONTENT are both set; expected one of them\n  mend: unset KUBECONFIG",
    );
  if (!/^\s*["']?(apiVersion|clusters|kind)["']?\s*:|^\s*\{/m.test(content))
    throw new Error(
      "KUBECONFIG_CONTENT: (not shown); expected the text of a kubeconfig, not its path\n" +
        "  mend: set the secret to what `kubectl config view --raw --minify --flatten` prints",
    );
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "kubeconfig-"));
  const path = join(folder, "config");
  // An interrupted command ends so, too, once what it runs has: that needs the file until then.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path, content, { mode: 0o600 });
  env.KUBECONFIG = path;
  delete env.KUBECONFIG_CONTENT;
}
