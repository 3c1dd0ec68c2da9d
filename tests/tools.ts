import { execFileSync, spawnSync } from "node:child_process";

/** Whether a program is on the machine; says so once when it is not, since a test then proves less. */
export function found(tool: string, ...versionArgs: string[]): boolean {
  const { status } = spawnSync(tool, versionArgs.length > 0 ? versionArgs : ["--version"], {
    stdio: "ignore",
  });
  if (status === 0) return true;
  process.stdout.write(`${tool} was not found: what it would confirm is checked without it only\n`);
  return false;
}

/** Runs a Python program on a JSON value, and gives the JSON value it prints. */
export function python(program: string, input: unknown): unknown {
  const text = execFileSync("python3", ["-c", program], { input: JSON.stringify(input), encoding: "utf8" });
  return JSON.parse(text);
}
