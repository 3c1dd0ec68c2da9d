import type { Config } from "./recording";

/** Stack of every run. */
export const STACK = "benchmark";

/** Configuration of every run: production's composition, with secrets that are generated or of no worth. */
export const CONFIG: Config = {
  values: {
    "plana-sso:composition": "prod",
    "plana-sso:domain": "benchmark.example.org",
    "plana-sso:databaseHost": "pg01",
    "plana-sso:generateSecrets": "true",
    "plana-sso:google": "true",
    "plana-sso:googleClientId": "benchmark-google-client",
    "plana-sso:waitForServer": "false",
    "kubernetes:enableSecretMutable": "true",
    "kubernetes:enableConfigMapMutable": "true",
  },
  secrets: { "plana-sso:googleClientSecret": "benchmark-google-secret" },
};
