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

/** Secrets of the clients that exist already, whose consumers have them. */
export const CLIENT_SECRETS = {
  matomo: "matomo-client-secret-of-no-worth",
  "odoo-tenants": "odoo-client-secret-of-no-worth",
} as const;

/** The secrets production needs, with values of no worth. */
export const PROD_SECRETS: Readonly<Record<string, string>> = {
  "authentik:token": "api-token-of-no-worth",
  "plana-sso:databasePassword": "database-password-of-no-worth",
  "plana-sso:secretKey": "secret-key-of-no-worth-".padEnd(60, "k"),
  "plana-sso:bootstrapToken": "bootstrap-token-of-no-worth",
  "plana-sso:googleClientSecret": "google-secret-of-no-worth",
  "plana-sso:clients": JSON.stringify(
    Object.fromEntries(
      Object.entries(CLIENT_SECRETS).map(([slug, clientSecret]) => [slug, { clientSecret }]),
    ),
  ),
};

/** Production as committed, with its secrets set. */
export function production() {
  return {
    values: { ...stackFile("prod"), "plana-sso:googleClientId": "google-client" },
    secrets: { ...PROD_SECRETS },
  };
}
