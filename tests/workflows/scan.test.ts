import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { leaksOf, SECRET_KEYS } from "../../workflows/leaks";
import { scan } from "../../workflows/scan";
import { ROOT } from "../stack-files";

let folder: string;
let shown: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scan-"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  copyFileSync(join(ROOT, ".secretlintrc.json"), join(folder, ".secretlintrc.json"));
  write(".gitignore", "node_modules\n.local\n");
  shown = [];
  jest.spyOn(console, "error").mockImplementation((text: string) => shown.push(text));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** Git as in a hook: a hook's variables name another repository. */
function git(...args: string[]): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: folder, env, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

// Put together here, so that this file does not hold what it looks for.
const FORGE_TOKEN = ["ghp", "wJX3".repeat(9)].join("_");
const PLAIN = "Zx81".repeat(13);

test("a clean repository passes, with `secure:` values, an id of a client, references and placeholders", async () => {
  write(
    "Pulumi.prod.yaml",
    [
      "config:",
      "  authentik:token:",
      `    secure: v1:${"Ab3/".repeat(4)}:${"xY9+".repeat(9)}`,
      "  plana-sso:domain: example.org",
      "  plana-sso:clients:",
      "    matomo:",
      "      clientId: matomo",
      "      clientSecret:",
      `        secure: v1:${"Ab3/".repeat(4)}:${"xY9+".repeat(9)}`,
    ].join("\n"),
  );
  write("ci.yaml", "env:\n  AUTHENTIK_TOKEN: ${{ secrets.AUTHENTIK_TOKEN }}\n  FORGEJO_TOKEN: $TOKEN\n");
  write("README.md", "AUTHENTIK_TOKEN=… PULUMI_CONFIG_PASSPHRASE=<passphrase> npm run up\n");
  git("init", "-q");
  expect(await scan(folder, [])).toBe(0);
  expect(shown).toEqual(["no secret in 5 files"]);
});

test("a token of a forge is refused by secretlint, and not shown", async () => {
  write("notes.md", `see ${FORGE_TOKEN}\n`);
  git("init", "-q");
  expect(await scan(folder, [])).toBe(1);
  const said = shown.join("\n");
  expect(said).toContain("secretlint-rule-github");
  expect(said).toContain("notes.md");
  expect(said).toContain("mend:");
  expect(said).not.toContain(FORGE_TOKEN);
});

test("without git, everything but what is local is looked at", async () => {
  write("deep/in/notes.md", `see ${FORGE_TOKEN}\n`);
  write(".local/token", FORGE_TOKEN);
  expect(await scan(folder, [])).toBe(1);
  expect(shown.join("\n")).toContain("deep/in/notes.md");
  expect(shown.join("\n")).not.toContain(".local");
});

test("what is staged counts, not what lies in the folder", async () => {
  git("init", "-q");
  write("notes.md", `see ${FORGE_TOKEN}\n`);
  git("add", "notes.md");
  write("notes.md", "taken out again, but not staged\n");
  expect(await scan(folder, ["--staged"])).toBe(1);
  expect(shown.join("\n")).toContain("notes.md");
  git("add", "notes.md");
  write("notes.md", `see ${FORGE_TOKEN}\n`);
  shown = [];
  expect(await scan(folder, ["--staged"])).toBe(0);
  expect(shown).toEqual(["no secret in 1 files"]);
  expect(git("status", "--porcelain", "--ignored=no").split("\n")).toContain("AM notes.md");
});

test("a deleted file and nothing staged are no fault", async () => {
  git("init", "-q");
  write("notes.md", "x\n");
  git("add", ".");
  git("-c", "user.name=t", "-c", "user.email=t@t.test", "commit", "-qm", "x");
  git("rm", "-q", "notes.md");
  expect(await scan(folder, ["--staged"])).toBe(0);
});

test("a file that is not there or not in the repository is an error", async () => {
  await expect(scan(folder, ["gone.md"])).rejects.toThrow("gone.md: expected a file of this repository");
  await expect(scan(folder, ["../x"])).rejects.toThrow("../x: expected a file of this repository");
  expect(await scan(folder, ["--staged", "x"])).toBe(2);
});

test.each(SECRET_KEYS)("%s in clear is refused, and told by file and line", (key) => {
  const text = `# a comment\nconfig:\n  plana-sso:domain: example.org\n  ${key}: ${PLAIN}\n`;
  const leaks = leaksOf("Pulumi.prod.yaml", text);
  expect(leaks).toEqual([
    { file: "Pulumi.prod.yaml", line: 4, what: `${key} in clear (pulumi config set --secret ${key})` },
  ]);
  expect(JSON.stringify(leaks)).not.toContain(PLAIN);
});

test.each([
  ["a secret in a client", "clients:\n    matomo:\n      clientSecret: x"],
  ["something beside `secure`", "secretKey:\n    secure: v1:a:b\n    value: x"],
])("%s is refused", (_what, entry) => {
  expect(leaksOf("Pulumi.prod.yaml", `config:\n  plana-sso:${entry}\n`)).toHaveLength(1);
});

test("a stack file that is no YAML is refused", () => {
  expect(leaksOf("Pulumi.prod.yaml", "config: [")).toEqual([
    { file: "Pulumi.prod.yaml", line: 1, what: "no YAML, so nobody can tell" },
  ]);
});

test.each([
  ["AUTHENTIK_TOKEN in a script", "run.sh", `AUTHENTIK_TOKEN=${PLAIN} npm run up`],
  ["a secret key in a manifest", "secret.yaml", `  AUTHENTIK_SECRET_KEY: ${PLAIN}`],
  ["a short passphrase in YAML", "ci.yaml", "  PULUMI_CONFIG_PASSPHRASE: correct"],
  ["a short passphrase in an env file", "deploy/.env.prod", "PULUMI_CONFIG_PASSPHRASE=correct"],
  ["a bootstrap token in TypeScript", "a.ts", `{ AUTHENTIK_BOOTSTRAP_TOKEN: "${PLAIN}" }`],
  ["a key of a kubeconfig", "kubeconfig", `    client-key-data: ${PLAIN}`],
  ["a password in a URL", "a.md", ["postgres://authentik:", "hunter22", "@pg01/authentik"].join("")],
])("%s is refused", (_what, file, line) => {
  expect(leaksOf(file, `first\n${line}\n`).map(({ line: at }) => at)).toContain(2);
});

test.each([
  [
    "a reference of a workflow",
    "ci.yaml",
    "  PULUMI_CONFIG_PASSPHRASE: ${{ secrets.PULUMI_CONFIG_PASSPHRASE }}",
  ],
  ["a variable of a shell", "run.sh", "AUTHENTIK_TOKEN=$AUTHENTIK_TOKEN npm run up"],
  ["an expression", "a.ts", "AUTHENTIK_TOKEN: sandbox.connection.token.reveal(),"],
  ["a mention", "README.md", "where `AUTHENTIK_TOKEN` is set"],
])("%s passes", (_what, file, line) => {
  expect(leaksOf(file, line)).toEqual([]);
});
