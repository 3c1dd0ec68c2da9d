import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../stack-files";

let types: ReadonlySet<string> | undefined;

/** Type tokens of every resource that the SDKs of this program can make. */
export function resourceTypes(): ReadonlySet<string> {
  types ??= new Set([
    ...Object.keys(
      (
        JSON.parse(readFileSync(join(ROOT, "sdks/authentik.schema.json"), "utf8")) as {
          resources: Record<string, unknown>;
        }
      ).resources,
    ),
    ...["kubernetes", "random"].flatMap(typesOfSdk),
  ]);
  return types;
}

/** Every generated resource names its token in `__pulumiType`. */
function typesOfSdk(name: string): string[] {
  const folder = join(ROOT, "node_modules", "@pulumi", name);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js") && !file.includes("node_modules"))
    .flatMap((file) => {
      const token = /__pulumiType = ['"]([^'"]+)['"]/.exec(readFileSync(join(folder, file), "utf8"))?.[1];
      return token === undefined ? [] : [token];
    });
}
