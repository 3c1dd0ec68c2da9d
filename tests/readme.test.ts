import { readFileSync } from "node:fs";
import { join } from "node:path";

import { KEYS } from "../stacks/config-keys";
import { ROOT } from "./stack-files";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");

test.each(Object.entries(KEYS))("the README tells what plana-sso:%s is for", (name, key) => {
  const row = readme.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${name}\``));
  expect(row).toBeDefined();
  const isSecret = "secret" in key;
  expect(row?.includes("**secret**")).toBe(isSecret);
  if (isSecret) expect(readme).toMatch(new RegExp(`config set --secret (--path ')?plana-sso:${name}`));
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
  const unexplained = names.filter((name) => !readme.includes(`\`${name}\``) && !name.startsWith("@types/"));
  expect(unexplained).toEqual([]);
});
