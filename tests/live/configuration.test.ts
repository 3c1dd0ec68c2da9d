import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compositionOf } from "../../live/configuration";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-configuration-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["config:\n  plana-sso:composition: prod\n", "prod"],
  ["config:\n  plana-sso:domain: example.org\n", "trial"],
  ["config: {}\n", "trial"],
  ["", "trial"],
  [undefined, "trial"],
])("the composition of the stack file %j is %s", (text, composition) => {
  const file = join(folder, "Pulumi.trial.yaml");
  if (text !== undefined) writeFileSync(file, text);
  expect(compositionOf({ stack: "trial", configFile: () => file })).toBe(composition);
});
