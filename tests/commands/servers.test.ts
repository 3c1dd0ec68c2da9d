import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serversText } from "../../commands/servers";

const folder = mkdtempSync(join(tmpdir(), "plana-sso-servers-"));
const file = join(folder, "Pulumi.prod.yaml");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a command says that finds this in the stack's file and in the environment. */
function text(config: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv, sandboxed = false): string {
  writeFileSync(file, JSON.stringify({ config }));
  return serversText({ stack: "prod", env, sandboxed, configFile: () => file });
}

const OWN = "https://auth.example.org";
const OTHER = "https://other.example.org";

test.each<[string, Readonly<Record<string, unknown>>, NodeJS.ProcessEnv, string]>([
  ["the stack's", { "authentik:url": OWN }, {}, `Authentik at ${OWN}; cluster of the default kubeconfig`],
  ["the environment's", {}, { AUTHENTIK_URL: OTHER, KUBECONFIG: "k" }, `Authentik at ${OTHER}; cluster of k`],
  [
    "the stack's, and not the environment's",
    { "authentik:url": OWN },
    { AUTHENTIK_URL: OTHER },
    `Authentik at ${OWN} (authentik:url of stack prod); AUTHENTIK_URL, ${OTHER}, is passed over; cluster of the default kubeconfig`,
  ],
  [
    "the same in both, otherwise written",
    { "authentik:url": OWN },
    { AUTHENTIK_URL: `${OWN.toUpperCase().replace("HTTPS", "https")}/` },
    `Authentik at ${OWN}; cluster of the default kubeconfig`,
  ],
  [
    "encrypted",
    { "authentik:url": { secure: "v1:x" } },
    { AUTHENTIK_URL: OTHER },
    "Authentik at what authentik:url of stack prod has encrypted; cluster of the default kubeconfig",
  ],
  [
    "the stack's, of the cluster, too",
    { "authentik:url": OWN, "kubernetes:kubeconfig": { secure: "v1:x" } },
    { KUBECONFIG: "k" },
    `Authentik at ${OWN}; cluster of kubernetes:kubeconfig of stack prod`,
  ],
  [
    "the environment's, with a password",
    {},
    { AUTHENTIK_URL: ["https://me", "word@x"].join(":") },
    "Authentik at (an address that may carry credentials); cluster of the default kubeconfig",
  ],
])("named are the servers that are used: %s", (_, config, env, expected) => {
  expect(text(config, env)).toBe(expected);
});

test("the embedded sandbox is called so, with how production is named", () => {
  const env = { AUTHENTIK_URL: "http://127.0.0.1:9000" };
  expect(text({}, env, true)).toBe(
    "Stack prod on the embedded sandbox of this machine: nothing real is asked or changed. For production: npm run … -- --stack prod",
  );
});

test("a stack that names another server than the sandbox is not called the sandbox", () => {
  expect(text({ "authentik:url": OWN }, { AUTHENTIK_URL: "http://127.0.0.1:9000" }, true)).toContain(
    `Authentik at ${OWN} (authentik:url of stack prod); the embedded sandbox is passed over; cluster of`,
  );
});
