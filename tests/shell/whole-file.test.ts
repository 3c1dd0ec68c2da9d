import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { rewriteWhole, writeWhole } from "../../shell/whole-file";

const folder = mkdtempSync(join(tmpdir(), "plana-sso-whole-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a file is written over, with the mode that is asked for, and nothing is left beside it", () => {
  const path = join(folder, "people.ts");
  writeWhole(path, "old");
  writeWhole(path, "new", 0o600);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o600]);
  expect(readdirSync(folder)).toEqual(["people.ts"]);
});

test("a file that others edit is written only where it still says what was read", () => {
  const path = join(folder, "people.ts");
  writeFileSync(path, "read");
  expect([rewriteWhole(path, "read", "mine"), readFileSync(path, "utf8")]).toEqual([true, "mine"]);
  writeFileSync(path, "theirs");
  expect([rewriteWhole(path, "mine", "mine, too"), readFileSync(path, "utf8")]).toEqual([false, "theirs"]);
  expect(readdirSync(folder)).toEqual(["people.ts"]);
});

test("what cannot be written leaves nothing beside it either", () => {
  const path = join(folder, "taken");
  mkdirSync(join(path, "by-a-folder"), { recursive: true });
  expect(() => writeWhole(path, "new")).toThrow();
  expect(readdirSync(folder)).toEqual(["people.ts", "taken"]);
});
