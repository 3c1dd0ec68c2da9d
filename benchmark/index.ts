import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";

import { Command, InvalidArgumentError, Option } from "commander";

import { parse } from "../shell/parse";
import { organisation, parseSize, PLANA, sizeName, SIZES, type Size } from "./organisation";
import { writePrograms, type Programs } from "./programs";
import { evaluate, EVALUATION, ROWS } from "./rows";
import { Stage, type Sample } from "./stage";
import { figures, ratio, table, type Result } from "./table";

interface Options {
  readonly sizes: readonly Size[];
  readonly engineSizes: readonly Size[];
  readonly seededSizes: readonly Size[];
  readonly runs: number;
  readonly latency: number;
  readonly output?: string;
}

const sizes = (text: string): Size[] =>
  text.split(",").map((one) => {
    try {
      return parseSize(one);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  });

function count(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError("expected a number of runs from 1 to 99");
  return Number(text);
}

function milliseconds(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError("expected milliseconds from 0 to 9999");
  return Number(text);
}

/**
 * `npm run bench`: prints a table of what the program costs in several sizes, beside the floor, and writes JSON.
 *
 * @returns the exit code.
 */
export async function bench(root: string, args: readonly string[]): Promise<number> {
  const command = new Command("npm run bench --")
    .description("Measures the program in several sizes, beside a flat program with the same resources.")
    .addOption(
      new Option("--sizes <list>", "people x applications, with commas")
        .argParser(sizes)
        .default([...SIZES], SIZES.map(sizeName).join(",")),
    )
    .addOption(
      new Option("--engine-sizes <list>", "sizes that are also brought up with the engine")
        .argParser(sizes)
        .default([PLANA], sizeName(PLANA)),
    )
    .addOption(
      new Option("--seeded-sizes <list>", "the same, but brought up faster, which is not measured")
        .argParser(sizes)
        .default([], "none"),
    )
    .option("--runs <number>", "how often each is measured", count, 3)
    .option(
      "--latency <ms>",
      "by how much Authentik's answers come later, as a real server's",
      milliseconds,
      0,
    )
    .option("--output <file>", "where the figures are written as JSON")
    .exitOverride();
  const ended = parse(command, args);
  if (ended !== undefined) return ended;
  const options = command.opts<Options>();
  const results: Result[] = [];
  const folder = mkdtempSync(join(tmpdir(), "plana-sso-bench-"));
  const machine = {
    processors: cpus().length,
    memory: totalmem(),
    node: process.version,
    platform: process.platform,
  };
  try {
    const { sizes: cold, engineSizes, seededSizes, runs, latency } = options;
    const reach = new Map<string, Reach>([
      ...seededSizes.map((size) => [sizeName(size), "seeded"] as const),
      ...engineSizes.map((size) => [sizeName(size), "whole"] as const),
    ]);
    // All that were asked for, each once, the smaller ones first.
    const all = new Map([...cold, ...engineSizes, ...seededSizes].map((size) => [sizeName(size), size]));
    for (const size of [...all.values()].sort((a, b) => a.people - b.people)) {
      const how = { runs, latency, reach: reach.get(sizeName(size)) ?? "cold" };
      results.push(...(await measureSize(root, folder, size, how)));
      const report = { machine, runs, latency, results };
      // After every size, so that a run that is ended early is not lost.
      if (options.output) writeFileSync(options.output, `${JSON.stringify(report, undefined, 2)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(table(results));
  return 0;
}

/** How much of a size is measured: what needs nothing that is up, all but how it comes up, or all. */
type Reach = "cold" | "seeded" | "whole";

interface How {
  readonly runs: number;
  /** Milliseconds. */
  readonly latency: number;
  readonly reach: Reach;
}

async function measureSize(root: string, folder: string, size: Size, how: How): Promise<Result[]> {
  const name = sizeName(size);
  const programs = await writePrograms(root, join(folder, name), organisation(size));
  const samples = new Map<string, { whole: Sample[]; flat: Sample[] }>();
  const add = (row: string, kind: "whole" | "flat", sample: Sample) => {
    const entry = samples.get(row) ?? { whole: [], flat: [] };
    entry[kind].push(sample);
    samples.set(row, entry);
    console.error(`${name}  ${row}  ${kind}: ${(sample.wall / 1000).toFixed(1)} s`);
  };
  let resources = 0;
  for (let run = 0; run < how.runs; run++) {
    // In turns, so that other load on the machine falls on both.
    for (const kind of ["whole", "flat"] as const) {
      const { said, ...sample } = await evaluate(root, programs[kind]);
      add(EVALUATION, kind, sample);
      if (resources !== 0 && said.resources !== resources) {
        throw new Error(`the floor made ${said.resources} resources, the program ${resources}`);
      }
      resources = said.resources;
    }
  }
  for (let run = 0; run < how.runs; run++) {
    for (const kind of ["whole", "flat"] as const) await measureRows(root, programs, kind, how, add);
  }
  return [...samples].map(([row, { whole, flat }]) => {
    const program = figures(whole);
    const beside = ROWS.find(({ name: each }) => each === row)?.floor;
    const others = typeof beside === "object" ? (samples.get(beside.row)?.whole ?? []) : flat;
    const floor = others.length > 0 ? figures(others) : undefined;
    return { size: name, resources, row, program, floor, ratio: floor && ratio(program, floor) };
  });
}

async function measureRows(
  root: string,
  programs: Programs,
  kind: "whole" | "flat",
  { reach, latency }: How,
  add: (row: string, kind: "whole" | "flat", sample: Sample) => void,
): Promise<void> {
  const stage = await Stage.open(root, programs[kind], latency);
  try {
    for (const row of ROWS.filter(({ cold }) => reach !== "cold" || cold)) {
      if (reach === "seeded" && row.seed) await row.seed(stage);
      else if (kind === "whole" || row.floor === "flat") add(row.name, kind, await row.run(stage, programs));
    }
  } finally {
    await stage.close();
  }
}
