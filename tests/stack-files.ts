import { readFileSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";

export const ROOT = join(__dirname, "..");

/** The plain values of a committed stack file, as the engine hands them to the program. */
export function stackFile(stack: string): Record<string, string> {
  const { config } = load(readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** The secrets production needs, with values of no worth. */
export const PROD_SECRETS: Readonly<Record<string, string>> = {
  "authentik:token": "api-token-of-no-worth",
  "plana-sso:databasePassword": "database-password-of-no-worth",
  "plana-sso:secretKey": "secret-key-of-no-worth-".padEnd(60, "k"),
  "plana-sso:bootstrapToken": "bootstrap-token-of-no-worth",
  "plana-sso:googleClientSecret": "google-secret-of-no-worth",
};

/** Production as committed, with its secrets set. */
export function production() {
  return {
    values: { ...stackFile("prod"), "plana-sso:googleClientId": "google-client" },
    secrets: { ...PROD_SECRETS },
  };
}
