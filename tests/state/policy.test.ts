import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { policyArguments } from "../../state/policy";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-"));
  mkdirSync(join(folder, "policy"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const FILE = join("policy", "config.prod.json");
const configured = (text: string) => {
  writeFileSync(join(folder, FILE), text);
  return policyArguments({ folder, stack: "prod" }, []);
};

test("a stack without facts of its own is checked by the pack as it is", () => {
  expect(policyArguments({ folder, stack: "prod" }, [])).toEqual(["--policy-pack", "policy"]);
});

test("a stack's facts are handed to the pack", () => {
  expect(configured('{"people-of-staff-domain": {"staffDomain": "sso.test"}}')).toEqual([
    ...["--policy-pack", "policy"],
    ...["--policy-pack-config", FILE],
  ]);
});

test.each([
  ['{"all": "disabled"}', `${FILE}: all: expected an object of knobs`],
  ['{"totp-enrols": "advisory"}', `${FILE}: totp-enrols: expected an object of knobs`],
  ['{"totp-enrols": null}', `${FILE}: totp-enrols: expected an object of knobs`],
  ['{"all": {"enforcementLevel": "disabled"}}', `${FILE}: all.enforcementLevel: expected knobs alone`],
  [
    '{"people-of-staff-domain": {"staffDomain": "sso.test", "\\u0065nforcementLevel": "advisory"}}',
    `${FILE}: people-of-staff-domain.enforcementLevel: expected knobs alone`,
  ],
  ['["disabled"]', `${FILE}: expected an object of knobs by rule`],
  ["all: disabled", `${FILE}: expected JSON`],
])("facts that switch a rule off, or that nobody can read, are refused: %s", (text, said) => {
  expect(() => configured(text)).toThrow(said);
});

test.each([["--skip-preview"], ["-f"], ["--skip-preview=true"]])("%s is refused", (option) => {
  expect(() => policyArguments({ folder, stack: "prod" }, [option])).toThrow(
    "expected an update with its preview",
  );
});
