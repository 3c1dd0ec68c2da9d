import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { buildEngine } from "../sandbox/engine/build";
import { run } from "../shell/process";

interface JestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** What counts where the tests did not get as far as to report. */
const NO_REPORT: JestResult = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numRuntimeErrorTestSuites: 1,
};

/**
 * Every check of the project, one after another, also when an earlier one failed: format, lint, types, tests. The
 * last line counts them all: each check before the tests counts as one.
 */
export async function test(root: string, args: readonly string[]): Promise<number> {
  await buildEngine(root, join(root, ".local", "pulumi"));
  const bin = (name: string) => join(root, "node_modules", ".bin", name);
  const check = async (name: string, command: readonly string[]) => {
    console.error(`\n== ${name}`);
    const [file = "", ...rest] = command;
    const { code } = await run(bin(file), rest, { cwd: root, env: process.env, show: true });
    return code === 0;
  };
  const checks = [
    await check("format", ["prettier", "--check", "."]),
    await check("lint", ["eslint", ".", "--max-warnings", "0"]),
    await check("types", ["tsc", "--noEmit", "--project", "."]),
  ];
  const report = join(root, ".local", "test-report.json");
  mkdirSync(join(root, ".local"), { recursive: true });
  // An earlier run's is not to pass for this one's.
  rmSync(report, { force: true });
  const good = await check("tests", ["jest", "--json", "--outputFile", report, ...args]);
  const tests = existsSync(report) ? (JSON.parse(readFileSync(report, "utf8")) as JestResult) : NO_REPORT;
  const passed = checks.filter(Boolean).length + tests.numPassedTests;
  // A suite that could not be loaded ran no test, and failed all the same.
  const counted =
    checks.filter((each) => !each).length + tests.numFailedTests + tests.numRuntimeErrorTestSuites;
  const failed = counted === 0 && !good ? 1 : counted;
  if (tests.numPendingTests > 0) console.log(`${tests.numPendingTests} skipped; each says why above`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
