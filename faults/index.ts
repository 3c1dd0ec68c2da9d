import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Command, InvalidArgumentError } from "commander";

import { parse } from "../shell/parse";
import { attempt, untilStruck, usual, type Outcome } from "./attempt";
import { chance } from "./chance";
import { Ground } from "./ground";
import { HARMS } from "./harms";
import { SUBJECTS } from "./subjects";
import { lineOf, rowOf, table, unharmed, type Row } from "./table";

interface Options {
  readonly seed: number;
  readonly times: number;
  /** Number of the first attempt; each draws its own harm, the same whichever came before. */
  readonly first: number;
  readonly subjects: readonly string[];
  readonly harms: readonly string[];
}

const SUBJECT_NAMES = Object.keys(SUBJECTS);
const HARM_NAMES = Object.keys(HARMS);

const whole = (most: number) => (text: string) => {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1 || Number(text) > most)
    throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
  return Number(text);
};

const someOf = (known: readonly string[]) => (text: string) => {
  const given = text.split(",");
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`no "${unknown}"; expected some of ${known.join(", ")}`);
  return given;
};

/**
 * `npm run faults`: harms a stack of its own on the sandbox in every way it knows, lets an operator's commands run again,
 * and prints what was lost. The same seed harms at the same requests or moments.
 *
 * @returns 0 when nothing was lost, 1 when something was, 2 wrong use.
 */
export async function faults(root: string, args: readonly string[]): Promise<number> {
  const seed = (Date.now() % 999_999_999) + 1;
  const command = new Command("npm run faults --")
    .description(
      "Harms a stack on the sandbox, runs the command and `up` again, and prints what was lost. The figures also go to .local/faults.json.",
    )
    .option("--seed <number>", "whose harms are made again", whole(999_999_999), seed)
    .option("--times <number>", "how often each is tried", whole(500), 3)
    .option(
      "--first <number>",
      "number of the first attempt, to make one of an earlier run again",
      whole(500),
      1,
    )
    .option(
      "--subjects <names>",
      `commands: ${SUBJECT_NAMES.join(", ")}`,
      someOf(SUBJECT_NAMES),
      SUBJECT_NAMES,
    )
    .option("--harms <names>", `harms: ${HARM_NAMES.join(", ")}`, someOf(HARM_NAMES), HARM_NAMES)
    .exitOverride();
  const ended = parse(command, args);
  if (ended !== undefined) return ended;
  const options = command.opts<Options>();
  console.log(`seed ${options.seed}`);
  const folder = join(root, ".local", "faults");
  mkdirSync(folder, { recursive: true });
  const rows: Row[] = [];
  const file = join(root, ".local", "faults.json");
  for await (const row of harm(
    root,
    options,
    (text) => console.error(text),
    (name, said) => writeFileSync(join(folder, `${name}.log`), said),
  )) {
    rows.push(row);
    // After each, since what comes next may stop the run.
    writeFileSync(file, `${JSON.stringify({ ...options, rows }, undefined, 2)}\n`);
  }
  if (rows.length === 0) {
    console.error("None of these harms is for any of these commands; nothing was tried.");
    return 2;
  }
  console.log(table(rows));
  return rows.every(unharmed) ? 0 : 1;
}

/**
 * Tries each harm of each subject so many times.
 *
 * @param say progress, a line per attempt.
 * @param keep gets everything that was said in an attempt in which something was lost.
 */
export async function* harm(
  root: string,
  { seed, times, first, subjects, harms }: Options,
  say: (text: string) => void,
  keep: (name: string, said: string) => void,
): AsyncGenerator<Row> {
  const ground = await Ground.prepare(root);
  try {
    for (const subjectName of subjects) {
      const subject = SUBJECTS[subjectName];
      const ways = harms.filter((name) => HARMS[name]?.subjects?.includes(subjectName) ?? true);
      if (!subject || ways.length === 0) continue;
      const expected = await usual(ground, subject);
      for (const harmName of ways) {
        const way = HARMS[harmName];
        if (!way) continue;
        const impossible = way.impossible?.();
        const outcomes: Outcome[] = [];
        for (let time = first; impossible === undefined && time < first + times; time += 1) {
          const name = `${subjectName} ${harmName} ${time}`;
          const draw = chance(seed, name);
          const outcome = await untilStruck(() => attempt(ground, subject, way, draw, expected));
          outcomes.push(outcome);
          say(`== ${name}: ${lineOf(outcome)}`);
          if (outcome.said !== undefined) keep(name.replaceAll(" ", "-"), outcome.said);
        }
        const { requests, milliseconds } = expected;
        yield rowOf(subjectName, harmName, { requests, milliseconds }, outcomes, impossible);
      }
    }
  } finally {
    await ground.close();
  }
}
