import { readFlags } from "../../adoption";
import { converge } from "../../repair/converge";
import { mend } from "../../repair/mend";
import { repair } from "../../repair";
import type { Workspace } from "../../state/workspace";

jest.mock("../../repair/converge", () => ({ converge: jest.fn(() => Promise.resolve({ code: 1 })) }));
jest.mock("../../repair/mend", () => ({ mend: jest.fn(() => Promise.resolve(true)) }));

// A name that npm leaves a trace of where it stands before `--`: of `--no-up` it leaves none (swallowed.test.ts).
const CASES = [
  [["--state-only"], 0],
  [["--state-only", "--owner-is-gone", "a@b:1"], 0],
  [["--no-up"], 0],
  [[], 1],
] as const;
test.each(CASES)("repair %j runs `up` as often as %i", async (args, times) => {
  jest.mocked(converge).mockClear();
  expect(await repair({ stack: "prod" } as Workspace, args)).toBe(times);
  expect(converge).toHaveBeenCalledTimes(times);
  expect(mend).toHaveBeenCalled();
});

test.each([
  [["--apply", "--import-only"], false],
  [["--apply", "--no-up"], false],
  [["--apply"], true],
])("adopt %j runs `up`: %s", (args, up) => {
  expect(readFlags(args)).toMatchObject({ apply: true, up });
});
