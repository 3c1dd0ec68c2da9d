import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

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

describe("a kubeconfig that is of no use", () => {
  const folder = mkdtempSync(join(tmpdir(), "plana-sso-kubeconfig-"));
  const missing = join(folder, "missing");
  const whole = join(folder, "whole");
  const broken = join(folder, "broken");
  const other = join(folder, "other");
  const bare = join(folder, "bare");
  writeFileSync(whole, KUBECONFIG);
  writeFileSync(broken, 'apiVersion: v1\nusers: [{token: "planted-token]\n');
  const named = { name: "staging", cluster: { server: "https://other.example.org" } };
  writeFileSync(
    other,
    JSON.stringify({ "current-context": "prod", clusters: [named], users: [], contexts: [] }),
  );
  writeFileSync(bare, JSON.stringify({ ...(JSON.parse(KUBECONFIG) as object), "current-context": "" }));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const withoutOwn = { "authentik:url": "https://stack.example.org", "authentik:token": "of-stack" };
  const live = (kubeconfig: string, values: Readonly<Record<string, string>> = withoutOwn) =>
    connect(workspaceWith(values, { KUBECONFIG: kubeconfig }));
  const get = "(kubectl config get-contexts: what it has)";

  test.each([
    [
      missing,
      {},
      `KUBECONFIG of stack prod: there is no file ${missing}; expected a kubeconfig with a current-context\n` +
        `  mend: export KUBECONFIG=<file>   ${get}`,
    ],
    [bare, {}, "KUBECONFIG of stack prod: it has no current-context; expected"],
    [
      whole,
      { "kubernetes:context": "trial" },
      "KUBECONFIG of stack prod: there is no context trial in it; there is staging, prod; expected a kubeconfig with context trial (kubernetes:context)\n",
    ],
    [
      whole,
      { "kubernetes:kubeconfig": "apiVersion: v1\nclusters: []\n" },
      "kubernetes:kubeconfig of stack prod: it has no current-context; expected a kubeconfig with a current-context\n" +
        `  mend: npm run pulumi -- config set --secret kubernetes:kubeconfig --stack prod < <file>   ${get}`,
    ],
  ])("leaves Authentik alone, and is told where the cluster is needed: %#", async (file, values, message) => {
    const servers = await live(file, { ...withoutOwn, ...values });
    expect(servers.authentik.options.url).toBe("https://stack.example.org");
    expect(() => servers.cluster).toThrow(message);
  });

  test("what it holds is not quoted", async () => {
    const servers = await live(broken);
    let said = "";
    try {
      expect(servers.cluster).toBeUndefined();
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain(`${broken} cannot be read: `);
    expect(said).not.toContain("planted-token");
  });

  test("of a list, files that are not there are passed over, and the first one that says something counts", async () => {
    const servers = await live([missing, bare, other].join(delimiter));
    expect(servers.cluster.config.getCurrentCluster()?.server).toBe("https://prod.example.org");
    const first = await live([whole, other].join(delimiter));
    expect(first.cluster.config.getCurrentCluster()?.server).toBe("https://staging.example.org");
    expect(first.cluster).toBe(first.cluster);
  });
});
