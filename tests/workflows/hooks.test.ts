import { spawnSync } from "node:child_process";
import { accessSync, constants, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT } from "../stack-files";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hooks-"));
  mkdirSync(join(folder, "commands"));
  copyFileSync(join(ROOT, "commands", "hooks.mjs"), join(folder, "commands", "hooks.mjs"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const CLEAN = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_") && name !== "CI"),
);

function install(env: NodeJS.ProcessEnv = {}, top = folder) {
  return spawnSync(process.execPath, [join(top, "commands", "hooks.mjs")], {
    encoding: "utf8",
    env: { ...CLEAN, ...env },
  });
}

function git(...args: string[]): string {
  return spawnSync("git", args, { cwd: folder, env: CLEAN, encoding: "utf8" }).stdout.trim();
}

test("the hook is switched on in a checkout, and can be run", () => {
  git("init", "-q");
  expect(install()).toMatchObject({ status: 0, stderr: "" });
  expect(git("config", "core.hooksPath")).toBe(".githooks");
  expect(() => accessSync(join(ROOT, ".githooks", "pre-commit"), constants.X_OK)).not.toThrow();
});

test("hooks of one's own stay, and it is said what does not run", () => {
  git("init", "-q");
  git("config", "core.hooksPath", "mine");
  const { status, stderr } = install();
  expect([status, git("config", "core.hooksPath")]).toEqual([0, "mine"]);
  expect(stderr).toContain("npm run scan");
});

test("outside git, without git, in CI and inside another repository nothing is touched and nothing fails", () => {
  expect(install()).toMatchObject({ status: 0, stderr: "" });
  expect(install({ PATH: "" })).toMatchObject({ status: 0, stderr: "" });
  git("init", "-q");
  expect(install({ CI: "true" }).status).toBe(0);
  const inner = join(folder, "inner");
  mkdirSync(join(inner, "commands"), { recursive: true });
  copyFileSync(join(ROOT, "commands", "hooks.mjs"), join(inner, "commands", "hooks.mjs"));
  expect(install({}, inner).status).toBe(0);
  expect(git("config", "core.hooksPath")).toBe("");
});
