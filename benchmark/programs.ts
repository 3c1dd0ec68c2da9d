import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Organisation } from "../stacks/organisation";
import { run } from "../shell/process";
import type { Evaluated } from "./evaluate";
import { copyProject } from "../sandbox/copy-project";
import { oneChanged } from "./organisation";

const COMMON = ["Pulumi.yaml", "package.json", "tsconfig.json", "tsconfig.program.json"];

/** Two folders with one Pulumi program each that make the same resources. */
export interface Programs {
  /** The program, with the organisation as its data. */
  readonly whole: string;
  /** The floor: the same resources without components. */
  readonly flat: string;
  /** Makes both programs say what they say after a change of one person, and back. */
  change(changed: boolean): void;
}

/** Writes both programs below `folder`. */
export async function writePrograms(root: string, folder: string, of: Organisation): Promise<Programs> {
  const whole = join(folder, "whole");
  const flat = join(folder, "flat");
  copyProject(root, whole);
  mkdirSync(flat, { recursive: true });
  for (const name of COMMON) cpSync(join(root, name), join(flat, name));
  for (const name of ["node_modules", "sdks"]) symlinkSync(join(root, name), join(flat, name));
  const program = readFileSync(join(root, "benchmark/flat/index.ts"), "utf8");
  writeFileSync(join(flat, "index.ts"), program.replace("../../stacks/promise-traces", "./promise-traces"));
  cpSync(join(root, "stacks/promise-traces.ts"), join(flat, "promise-traces.ts"));

  const recordings: string[] = [];
  for (const data of [oneChanged(of), of]) {
    writeData(whole, data);
    const file = join(folder, "recording.json");
    await evaluate(root, whole, file);
    recordings.push(readFileSync(file, "utf8"));
  }
  const change = (changed: boolean) => {
    writeData(whole, changed ? oneChanged(of) : of);
    writeFileSync(join(flat, "recording.json"), recordings[changed ? 0 : 1] ?? "");
  };
  change(false);
  // The commands hold the data, so the launcher bundles them anew.
  const launcher = ["commands/start.mjs", "review", "--help"];
  const bundled = await run(process.execPath, launcher, { cwd: whole, env: process.env });
  if (bundled.code !== 0) throw new Error(`the commands cannot be bundled:\n${bundled.stderr}`);
  return { whole, flat, change };
}

function writeData(program: string, { people, groups, roles, applications }: Organisation): void {
  const write = (file: string, imports: string, values: Readonly<Record<string, [string, unknown]>>) => {
    const lines = Object.entries(values).map(
      ([name, [type, value]]) => `export const ${name}: ${type} = ${JSON.stringify(value, undefined, 2)};\n`,
    );
    writeFileSync(join(program, "stacks/prod", file), `${imports}\n${lines.join("")}`);
  };
  write("people.ts", 'import type { RosterEntry } from "../organisation";', {
    people: ["readonly RosterEntry[]", people],
  });
  write("applications.ts", 'import type { Application } from "../organisation";', {
    applications: ["readonly Application[]", applications],
  });
  write("groups.ts", 'import type { StaffGroup } from "../../components/directory/model";', {
    groups: ["readonly StaffGroup[]", groups],
    roles: ["Readonly<Record<string, readonly string[]>>", roles],
  });
}

/** How a program is evaluated alone: loaded as the engine's host loads it, with mocks in place of the engine. */
export function evaluation(root: string, program: string, recordTo?: string): string[] {
  const evaluate = join(root, "benchmark/evaluate.ts");
  return ["--require", "ts-node/register", evaluate, program, ...(recordTo ? [recordTo] : [])];
}

/** As the host does: the program's compiler options, no type check. */
export function evaluationEnv(root: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TS_NODE_PROJECT: join(root, "tsconfig.program.json"),
    TS_NODE_TRANSPILE_ONLY: "true",
  };
}

async function evaluate(root: string, program: string, recordTo?: string): Promise<Evaluated> {
  const { code, stdout, stderr } = await run(process.execPath, evaluation(root, program, recordTo), {
    cwd: root,
    env: evaluationEnv(root),
  });
  if (code !== 0) throw new Error(`the evaluation of ${program} failed:\n${stdout}${stderr}`);
  return JSON.parse(stdout) as Evaluated;
}
