import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { connect, connectAsOperator } from "../../live/connect";
import type { Workspace } from "../../state/workspace";

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

describe("an operator's command", () => {
  const folder = mkdtempSync(join(tmpdir(), "plana-sso-operator-"));
  const file = join(folder, "Pulumi.prod.yaml");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const SAME = { ...ENVIRONMENT, AUTHENTIK_URL: "https://STACK.example.org/" };
  const UNREADABLE = "error: incorrect passphrase";

  /** A stack of which this stands in the file; without its values, the CLI cannot decrypt it. */
  function stackOf(
    inFile: Readonly<Record<string, unknown>>,
    values: Readonly<Record<string, string>> | undefined,
    env: NodeJS.ProcessEnv,
  ): Workspace {
    writeFileSync(file, JSON.stringify({ config: inFile }));
    const pulumi = () => Promise.resolve({ code: 255, stdout: "", stderr: UNREADABLE });
    return {
      ...workspaceWith(values ?? {}, env),
      ...(values ? {} : { pulumi }),
      configFile: () => file,
    };
  }
  const IN_FILE = { "authentik:url": CONFIGURED["authentik:url"], "authentik:token": { secure: "v1:x" } };
  const ENCRYPTED = { "authentik:url": { secure: "v1:y" } };

  test.each<[string, NodeJS.ProcessEnv, string]>([
    ["without a token of the environment: the stack's own", {}, "of-stack"],
    ["with one: that", { AUTHENTIK_TOKEN: "of-environment" }, "of-environment"],
    ["with one and the stack's address: that", SAME, "of-environment"],
  ])("asks the stack's server %s", async (_, env, token) => {
    const { authentik, cluster } = await connectAsOperator(stackOf(IN_FILE, CONFIGURED, env));
    expect(authentik.options.url).toBe("https://stack.example.org");
    expect(authentik.options.token.reveal()).toBe(token);
    expect(cluster.config.getCurrentCluster()?.server).toBe("https://staging.example.org");
  });

  test.each<[string, Readonly<Record<string, unknown>>, NodeJS.ProcessEnv, string]>([
    ["the stack's address", IN_FILE, { AUTHENTIK_TOKEN: "t" }, "https://stack.example.org"],
    ["the same address twice", IN_FILE, SAME, "https://stack.example.org"],
    ["the environment's address", {}, ENVIRONMENT, "https://environment.example.org"],
  ])("needs no passphrase, with a token of its own and %s", async (_, inFile, env, url) => {
    const servers = await connectAsOperator(stackOf(inFile, undefined, env));
    expect(servers.authentik.options.url).toBe(url);
    // What only the configuration tells is told where it is needed.
    expect(() => servers.cluster).toThrow(UNREADABLE);
  });

  test.each<[string, Readonly<Record<string, unknown>>, NodeJS.ProcessEnv]>([
    ["a token", IN_FILE, {}],
    ["an address", {}, { AUTHENTIK_TOKEN: "t" }],
    ["an address that is not encrypted", ENCRYPTED, ENVIRONMENT],
  ])("needs it without %s", async (_, inFile, env) => {
    await expect(connectAsOperator(stackOf(inFile, undefined, env))).rejects.toThrow(UNREADABLE);
  });

  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, string>> | undefined]>([
    ["in the file", IN_FILE, CONFIGURED],
    ["in the file, without the passphrase", IN_FILE, undefined],
    ["encrypted", ENCRYPTED, CONFIGURED],
  ])(
    "is refused where the environment names another server than the stack's, %s",
    async (_, inFile, values) => {
      const work = connectAsOperator(stackOf(inFile, values, ENVIRONMENT));
      await expect(work).rejects.toThrow(
        "AUTHENTIK_URL is https://environment.example.org; expected the server of stack prod, https://stack.example.org (authentik:url)\n" +
          "  mend: unset AUTHENTIK_URL   (and AUTHENTIK_TOKEN, where that is a token of the other one)",
      );
    },
  );

  test("is refused on the sandbox where the stack names another server", async () => {
    const stack = { ...stackOf(IN_FILE, CONFIGURED, ENVIRONMENT), sandboxed: true };
    await expect(connectAsOperator(stack)).rejects.toThrow(
      "mend: npm run pulumi -- config rm authentik:url --stack prod",
    );
  });
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
