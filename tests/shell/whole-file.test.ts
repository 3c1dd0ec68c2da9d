import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writeWhole } from "../../shell/whole-file";

const folder = mkdtempSync(join(tmpdir(), "plana-sso-whole-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a file is written over, with the mode that is asked for, and nothing is left beside it", () => {
  const path = join(folder, "people.ts");
  writeWhole(path, "old");
  writeWhole(path, "new", 0o600);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o600]);
  expect(readdirSync(folder)).toEqual(["people.ts"]);
});

test("what cannot be written leaves nothing beside it either", () => {
  const path = join(folder, "taken");
  mkdirSync(join(path, "by-a-folder"), { recursive: true });
  expect(() => writeWhole(path, "new")).toThrow();
  expect(readdirSync(folder)).toEqual(["people.ts", "taken"]);
});
