import { STACK } from "./config";
import { measure } from "./measure";
import { evaluation, evaluationEnv, type Programs } from "./programs";
import type { Evaluated } from "./evaluate";
import type { Sample, Stage } from "./stage";

/** Something that is measured on a running stage, in the order of the list: each starts where the one before ended. */
export interface Row {
  readonly name: string;
  /** What stands beside it: a program without components that does it too, or another row of the same program. */
  readonly floor?: "flat" | { readonly row: string };
  /** Needs nothing that is up yet, and so is measured in every size. */
  readonly cold?: true;
  run(stage: Stage, programs: Programs): Promise<Sample>;
  /** Does the same faster, unmeasured, where `run` would take hours. */
  seed?(stage: Stage): Promise<void>;
}

const WARM = "warm preview";
const PACK = "warm preview, policy pack";

/** What is measured with the engine. A part of the product that is to be measured adds its row here. */
export const ROWS: readonly Row[] = [
  { name: "cold preview", floor: "flat", cold: true, run: (stage) => stage.pulumi("preview") },
  {
    name: "access report",
    cold: true,
    run: async (stage) => stage.npm("review", "--preview", await stage.previewFile()),
  },
  {
    name: "up from empty",
    floor: "flat",
    run: (stage) => stage.pulumi("up", "--yes", "--skip-preview"),
    seed: (stage) => stage.seed(),
  },
  { name: WARM, floor: "flat", run: (stage) => stage.pulumi("preview", "--refresh") },
  {
    name: "second up, no change",
    floor: "flat",
    run: (stage) => stage.pulumi("up", "--yes", "--refresh", "--skip-preview", "--expect-no-changes"),
  },
  {
    name: PACK,
    floor: { row: WARM },
    run: (stage) => stage.pulumi("preview", "--refresh", "--policy-pack", ".local/build/policy"),
  },
  {
    name: "npm run preview",
    floor: { row: PACK },
    run: (stage) => stage.npm("preview", "--stack", STACK),
  },
  {
    name: "adoption plan",
    run: async (stage) => stage.npm("adopt", "--stack", await stage.unknownStack()),
  },
  {
    name: "one person changed",
    floor: "flat",
    run: async (stage, programs) => {
      programs.change(true);
      try {
        return await stage.pulumi("up", "--yes", "--refresh", "--skip-preview");
      } finally {
        programs.change(false);
      }
    },
  },
];

/** Name of the row that needs no engine. */
export const EVALUATION = "evaluation alone";

/** Evaluates a program in a process of its own, with mocks in place of the engine. */
export async function evaluate(root: string, program: string): Promise<Sample & { said: Evaluated }> {
  const { wall, cpu, stdout } = await measure({
    command: process.execPath,
    args: evaluation(root, program),
    cwd: root,
    env: evaluationEnv(root),
    limit: 10 * 60_000,
  });
  const said = JSON.parse(stdout) as Evaluated;
  if (said.distinctLookUps < said.lookUps) {
    throw new Error(
      `${said.lookUps} look-ups of ${said.distinctLookUps} objects: each is to be looked up once`,
    );
  }
  return { wall, cpu, memory: said.peakBytes, requests: 0, lookUps: said.lookUps, said };
}
