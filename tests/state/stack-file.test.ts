import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compositionOf, valueInFile } from "../../state/stack-file";

const folder = mkdtempSync(join(tmpdir(), "plana-sso-stack-file-"));
const file = join(folder, "Pulumi.prod.yaml");
afterAll(() => rmSync(folder, { recursive: true }));

test.each<[string, string]>([
  ["a conflict of a merge", "config:\n<<<<<<< HEAD\n  plana-sso:a: hidden-value\n=======\n"],
  ["a key twice", "config:\n  plana-sso:a: hidden-value\n  plana-sso:a: hidden-value\n"],
  ["two documents", "config: {}\n---\nhidden-value\n"],
  ["a value that is taken for an alias", "config:\n  plana-sso:a: *hidden-value\n"],
  ["a value that is taken for a tag", "config:\n  plana-sso:a: !hidden-value x\n"],
  ["a list", "- config\n- hidden-value\n"],
  ["a text", "hidden-value\n"],
  ["values that are a list", "config:\n  - hidden-value\n"],
])("%s in a stack's file is told with the file, what was expected and what mends it", (_name, text) => {
  writeFileSync(file, text);
  let said = "";
  try {
    compositionOf({ stack: "prod", configFile: () => file });
  } catch (error) {
    said = String(error);
  }
  expect(said).toContain(`${file}: found `);
  expect(said).toContain("; expected YAML as `pulumi config set` writes it");
  expect(said).toContain(`\n  mend: git diff -- ${file}`);
  expect(said).not.toContain("hidden-value");
});

test.each(["", "# nothing yet\n", "config:\n", "encryptionsalt: v1:x\n", "config: {}\n"])(
  "%j says nothing of a key",
  (text) => {
    writeFileSync(file, text);
    expect(valueInFile(file, "authentik:url")).toBeUndefined();
  },
);

test("the composition is what the file says, else the stack's own name", () => {
  writeFileSync(file, "config:\n  plana-sso:composition: prod\n");
  expect(compositionOf({ stack: "trial", configFile: () => file })).toBe("prod");
  expect(compositionOf({ stack: "trial", configFile: () => join(folder, "none.yaml") })).toBe("trial");
});
