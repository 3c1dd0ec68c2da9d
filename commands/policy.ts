import { existsSync } from "node:fs";
import { join } from "node:path";

import type { Workspace } from "./workspace";

/**
 * Arguments by which `preview` and `up` check the policy pack: bundled where the launcher has bundled it, else the
 * TypeScript folder; with the stack's own facts where it has some.
 *
 * @param args what the operator gives.
 * @throws Error for an update without a preview: the rules about the whole stack would be checked after it.
 */
export function policyArguments(
  { folder, stack }: Pick<Workspace, "folder" | "stack">,
  args: readonly string[],
): string[] {
  const skipping = args.find((arg) => /^(?:-f|--skip-preview(?:=true)?)$/.test(arg));
  if (skipping !== undefined) {
    throw new Error(
      `${skipping}: expected an update with its preview, in which the policy pack is checked; nothing was changed.\n` +
        "  mend: leave it out",
    );
  }
  const bundled = join(".local", "build", "policy");
  const config = join("policy", `config.${stack}.json`);
  return [
    "--policy-pack",
    existsSync(join(folder, bundled, "stamp")) ? bundled : "policy",
    ...(existsSync(join(folder, config)) ? ["--policy-pack-config", config] : []),
  ];
}
