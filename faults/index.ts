import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Command, CommanderError, InvalidArgumentError } from "commander";

import { attempt, type Outcome } from "./attempt";
import { chance } from "./chance";
import { Ground } from "./ground";
import { KINDS } from "./kinds";
import { rowOf, table, unharmed, type Row } from "./table";

interface Options {
  readonly seed: number;
  readonly times: number;
  readonly only: readonly string[];
}

const whole = (most: number) => (text: string) => {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1 || Number(text) > most)
    throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
  return Number(text);
};

function kinds(text: string): string[] {
  const names = text.split(",");
  const unknown = names.find((name) => !Object.hasOwn(KINDS, name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`no kind "${unknown}"; one of ${Object.keys(KINDS).join(", ")}`);
  return names;
}

/**
 * `npm run faults`: harms a stack of its own on the sandbox in every way it knows, runs `up` again, and prints what
 * was lost. The same seed harms at the same requests.
 *
 * @returns 0 when nothing was lost, 1 when something was, 2 wrong use.
 */
export async function faults(root: string, args: readonly string[]): Promise<number> {
  const command = new Command("npm run faults --")
    .description("Harms a stack on the sandbox, runs `up` again, and prints what was lost.")
    .option(
      "--seed <number>",
      "whose harms are made again",
      whole(999_999_999),
      (Date.now() % 999_999_999) + 1,
    )
    .option("--times <number>", "how often each kind is tried", whole(500), 3)
    .option("--only <kinds>", `some of ${Object.keys(KINDS).join(", ")}`, kinds, Object.keys(KINDS))
    .exitOverride();
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const { seed, times, only } = command.opts<Options>();
  console.log(`seed ${seed}`);
  const rows = await run(root, { seed, times, only }, (text) => console.error(text));
  const file = join(root, ".local", "faults.json");
  mkdirSync(join(root, ".local"), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ seed, times, rows }, undefined, 2)}\n`);
  console.log(`${table(rows)}\n\nAlso in .local/faults.json.`);
  return rows.every(unharmed) ? 0 : 1;
}

/** Tries each kind so many times. Each kind has chances of its own, so that one alone meets the same points. */
export async function run(
  root: string,
  { seed, times, only }: Options,
  say: (text: string) => void,
): Promise<Row[]> {
  const ground = await Ground.prepare(root);
  try {
    const rows: Row[] = [];
    for (const [place, [name, kind]] of Object.entries(KINDS).entries()) {
      if (!only.includes(name)) continue;
      const next = chance(seed + place * 1_000_003);
      const outcomes: Outcome[] = [];
      for (let time = 1; time <= times; time += 1) {
        const outcome = await attempt(ground, kind, next);
        outcomes.push(outcome);
        const row = rowOf(name, [outcome]);
        say(`== ${name} ${time}/${times}: ${unharmed(row) ? "nothing was lost" : JSON.stringify(row)}`);
        for (const line of outcome.lost) say(`   lost: ${line}`);
        for (const line of outcome.surplus) say(`   doubled or orphaned: ${line}`);
        if (outcome.said !== undefined) say(outcome.said);
      }
      rows.push(rowOf(name, outcomes));
    }
    return rows;
  } finally {
    await ground.close();
  }
}
