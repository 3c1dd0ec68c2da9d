import { existsSync, readFileSync, statSync } from "node:fs";

import { run } from "../../shell/process";
import { placeKubeconfig } from "../../workflows/kubeconfig";
import { ROOT } from "../stack-files";

const CONTENT = "apiVersion: v1\nkind: Config\nclusters: []\n";

test("the content becomes a file of this user alone, and no variable of what is started", () => {
  const env: NodeJS.ProcessEnv = { KUBECONFIG_CONTENT: CONTENT };
  placeKubeconfig(env);
  const file = env.KUBECONFIG ?? "";
  expect(readFileSync(file, "utf8")).toBe(CONTENT);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(env).not.toHaveProperty("KUBECONFIG_CONTENT");
  const file2 = file;
  placeKubeconfig(env);
  expect(env.KUBECONFIG).toBe(file2);
});

test("without content nothing is touched", () => {
  const env = { KUBECONFIG: "kube/config", KUBECONFIG_CONTENT: "" };
  placeKubeconfig(env);
  expect(env).toEqual({ KUBECONFIG: "kube/config", KUBECONFIG_CONTENT: "" });
});

test.each([
  ["a path", { KUBECONFIG_CONTENT: "kube/config-of-production" }, "not its path"],
  ["both", { KUBECONFIG_CONTENT: CONTENT, KUBECONFIG: "kube/config" }, "both set"],
])("%s is refused, and not shown", (_what, env, expected) => {
  const refused = () => placeKubeconfig(env);
  expect(refused).toThrow(expected);
  expect(refused).not.toThrow(/config-of-production/);
});

test.each([
  ["exit", "process.exit(0)", 0],
  ["SIGTERM", "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 5000);", 143],
])("the file goes with its process (%s)", async (_end, ending, expected) => {
  const program = [
    "const contents = `export * from './workflows/kubeconfig'; export * from './shell/interrupt';`;",
    "const stdin = { contents, resolveDir: process.cwd() };",
    "const options = { stdin, bundle: true, platform: 'node', format: 'cjs', write: false };",
    "const [{ text }] = require('esbuild').buildSync(options).outputFiles;",
    "new Function('module', 'require', text)(module, require);",
    "module.exports.answerSignals(); module.exports.placeKubeconfig(process.env);",
    "console.log(process.env.KUBECONFIG);",
    ending,
  ].join("\n");
  const env = { ...process.env, KUBECONFIG: "", KUBECONFIG_CONTENT: CONTENT };
  const { stdout, code } = await run(process.execPath, ["-e", program], { cwd: ROOT, env });
  expect(stdout).toMatch(/kubeconfig-/);
  expect(existsSync(stdout.trim())).toBe(false);
  expect(code).toBe(expected);
});
