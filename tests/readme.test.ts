import { readFileSync } from "node:fs";
import { join } from "node:path";

import { KEYS, type Key } from "../stacks/config-keys";
import { ROOT } from "./stack-files";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");

const KEY_LIST = Object.entries<Key>(KEYS);

function rowOf(name: string): string | undefined {
  return readme.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${name}\``));
}

test.each(KEY_LIST)("the README tells what plana-sso:%s is for", (name, { secret: isSecret = false }) => {
  const row = rowOf(name);
  expect(row).toBeDefined();
  expect(row?.includes("**secret**")).toBe(isSecret);
  if (isSecret) expect(readme).toMatch(new RegExp(`config set --secret (--path ')?plana-sso:${name}`));
});

test.each(KEY_LIST)("the README tells the default of plana-sso:%s", (name, key) => {
  const [, names = "", , defaults = ""] = (rowOf(name) ?? "").split("|").map((cell) => cell.trim());
  const told = defaults.split(", ");
  // One word may stand for all keys of a row.
  const own = told[told.length > 1 ? names.split(", ").indexOf(`\`${name}\``) : 0] ?? "";
  if (key.default === undefined) {
    expect(own).toMatch(/^(?:required|none|generated|looked up|the [a-z' ]+$)/);
  } else {
    expect(own.replaceAll("`", "")).toBe(key.default);
  }
});

test("every command the README names is a script of the package", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
  const named = [...readme.matchAll(/npm (run [a-z]+|test)\b/g)].map(([, name = ""]) =>
    name.replace("run ", ""),
  );
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test("every dependency is named with its reason", () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<string, object>;
  const names = ["dependencies", "devDependencies", "overrides"].flatMap((field) =>
    Object.keys(manifest[field] ?? {}),
  );
  const page = readFileSync(join(ROOT, "docs", "dependencies.md"), "utf8");
  const unexplained = names.filter((name) => !page.includes(`\`${name}\``) && !name.startsWith("@types/"));
  expect(unexplained).toEqual([]);
});
