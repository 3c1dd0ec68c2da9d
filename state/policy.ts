import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Workspace } from "./workspace";

/**
 * Arguments by which `preview` and `up` check the policy pack: bundled where the launcher has bundled it, else the
 * TypeScript folder; with the stack's own facts where it has some.
 *
 * @param args what the operator gives.
 * @throws Error for an update without a preview: the rules about the whole stack would be checked after it; and for a
 * configuration of the pack that does more than tell facts.
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
  const configured = existsSync(join(folder, config));
  if (configured) checkFacts(config, readFileSync(join(folder, config), "utf8"));
  return [
    "--policy-pack",
    existsSync(join(folder, bundled, "stamp")) ? bundled : "policy",
    ...(configured ? ["--policy-pack-config", config] : []),
  ];
}

/** The CLI takes from the same file how strict a rule is: `{"all": "disabled"}` would switch the pack off. */
function checkFacts(file: string, text: string): void {
  const refused = (place: string, expected: string) =>
    new Error(
      `${place}: expected ${expected}; nothing was changed.\n  mend: see the knobs in docs/policy.md`,
    );
  const isObject = (value: unknown): value is object =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw refused(file, "JSON");
  }
  if (!isObject(config)) throw refused(file, "an object of knobs by rule");
  for (const [rule, knobs] of Object.entries(config)) {
    if (!isObject(knobs))
      throw refused(`${file}: ${rule}`, "an object of knobs: a rule cannot be switched off");
    if ("enforcementLevel" in knobs)
      throw refused(
        `${file}: ${rule}.enforcementLevel`,
        "knobs alone: how strict a rule is stands in the pack",
      );
  }
}
