import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

import { load } from "js-yaml";

import { PATTERNS, SECRET_KEYS } from "../workflows/leaks";
import { matching } from "./matchers";
import { ROOT } from "./stack-files";

/** Everything that is committed, or would be: git's list, or without git all but what is ignored. */
function committed(): string[] {
  const { status, stdout } = spawnSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  const files = status === 0 ? stdout.split("\0").filter(Boolean) : below(ROOT);
  return files.filter((file) => existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isFile());
}

function below(folder: string): string[] {
  const ignored = new Set([".git", "node_modules", ".local", "coverage", "bin"]);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (ignored.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? below(path) : [relative(ROOT, path)];
  });
}

const FILES = committed();
const isLock = (file: string) => /(?:^|\/)(?:package-lock\.json|go\.sum)$/.test(file);
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Lines of committed files in which a pattern stands, as `file:line`. */
function standing(pattern: RegExp, files = FILES): string[] {
  return files.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

test("there is something to look through", () => {
  expect(FILES).toEqual(
    expect.arrayContaining(["Pulumi.yaml", "Pulumi.prod.yaml", "index.ts", "package.json"]),
  );
  expect(FILES.filter((file) => file.includes("node_modules/"))).toEqual([]);
});

const STACKS = FILES.filter((file) => /^Pulumi\..+\.yaml$/.test(file));

test.each(STACKS)("%s holds secrets only as `secure:` values", (file) => {
  const { config } = load(read(file)) as { config: Record<string, unknown> };
  for (const [key, value] of Object.entries(config)) {
    const isSecure = typeof value === "object" && value !== null && "secure" in value;
    if (SECRET_KEYS.includes(key)) {
      expect([key, value]).toEqual([key, { secure: matching(/^v1:|^[A-Za-z0-9+/=]{16,}$/) }]);
    }
    // A value that is named like a secret and is none is worth a second look.
    if (/password|secret$|token|private/i.test(key)) expect([key, isSecure]).toEqual([key, true]);
  }
});

test.each(PATTERNS)("no file holds %s", (_what, pattern) => {
  expect(
    standing(
      pattern,
      FILES.filter((file) => !isLock(file)),
    ),
  ).toEqual([]);
});

test("a ciphertext stands only under `secure`, and only in a stack file", () => {
  const ciphertext = /\bv1:[A-Za-z0-9+/=]{12,}:[A-Za-z0-9+/=]{12,}/;
  const allowed = standing(/^\s*secure:|^encryptionsalt:/, STACKS);
  expect(standing(ciphertext).filter((place) => !allowed.includes(place))).toEqual([]);
});

test("no file but a lock names a path of one machine", () => {
  // `/root/config/` is an address of Authentik's API.
  const path = new RegExp(
    `(?!.*/root/config/)(?:^|[\\s"'\`=(:])/(?:${["root", "home", "Users", "work"].join("|")})/`,
  );
  expect(
    standing(
      path,
      FILES.filter((file) => !isLock(file)),
    ),
  ).toEqual([]);
});

test.each([
  ["a private key", "-----BEGIN RSA PRIVATE" + " KEY-----"],
  ["a bearer token", `Authorization: Bearer ${"x".repeat(32)}`],
  ["a password in a URL", `postgres://user:${"p".repeat(8)}@pg01/db`],
])("the look for %s finds one", (what, text) => {
  const [, pattern] = PATTERNS.find(([name]) => name === what) ?? [];
  expect(pattern?.test(text)).toBe(true);
});
