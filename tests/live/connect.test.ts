import { connect } from "../../live/connect";
import type { Workspace } from "../../commands/workspace";

const KUBECONFIG = JSON.stringify({
  "current-context": "staging",
  clusters: ["staging", "prod"].map((name) => ({ name, cluster: { server: `https://${name}.example.org` } })),
  users: [{ name: "nobody", user: {} }],
  contexts: ["staging", "prod"].map((name) => ({ name, context: { cluster: name, user: "nobody" } })),
});

function workspaceWith(values: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv): Workspace {
  const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }]));
  const pulumi = () => Promise.resolve({ code: 0, stdout: JSON.stringify(config), stderr: "" });
  return { stack: "prod", env, pulumi } as unknown as Workspace;
}

const ENVIRONMENT = { AUTHENTIK_URL: "https://environment.example.org", AUTHENTIK_TOKEN: "of-environment" };
const CONFIGURED = {
  "authentik:url": "https://stack.example.org",
  "authentik:token": "of-stack",
  "kubernetes:kubeconfig": KUBECONFIG,
};

test("the stack's own servers go before those of the environment, as the providers have it", async () => {
  const { authentik, cluster } = await connect(workspaceWith(CONFIGURED, ENVIRONMENT));
  expect(authentik.options.url).toBe("https://stack.example.org");
  expect(authentik.options.token.reveal()).toBe("of-stack");
  expect(cluster.config.getCurrentCluster()?.server).toBe("https://staging.example.org");
});

test("the stack's context is the one that is used", async () => {
  const values = { ...CONFIGURED, "kubernetes:context": "prod" };
  const { cluster } = await connect(workspaceWith(values, ENVIRONMENT));
  expect(cluster.config.getCurrentCluster()?.server).toBe("https://prod.example.org");
});

test("without them the environment's are used, and without both it is said what to set", async () => {
  const cluster = { "kubernetes:kubeconfig": KUBECONFIG };
  expect((await connect(workspaceWith(cluster, ENVIRONMENT))).authentik.options.url).toBe(
    ENVIRONMENT.AUTHENTIK_URL,
  );
  await expect(connect(workspaceWith(cluster, {}))).rejects.toThrow(
    "mend: npm run pulumi -- config set authentik:url <value> --stack prod",
  );
});
