import type { Sample } from "./stage";

/** Smallest, middle and largest of several runs. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** One row of the table: a measurement of the program, and of the floor where there is one. */
export interface Result {
  readonly size: string;
  readonly resources: number;
  readonly row: string;
  readonly program: Figures;
  readonly floor?: Figures;
  /** Medians of the program over those of the floor. */
  readonly ratio?: Partial<Record<keyof Sample, number>>;
}

export type Figures = Partial<Record<keyof Sample, Spread>>;

const KINDS = ["wall", "cpu", "memory", "requests", "lookUps"] as const;

/** The spread of each kind of figure that any sample has; of an even number of samples the median is the lower one. */
export function figures(samples: readonly Sample[]): Figures {
  return Object.fromEntries(
    KINDS.flatMap((kind) => {
      const values = samples.flatMap((sample) => sample[kind] ?? []).sort((a, b) => a - b);
      const [min] = values;
      const max = values.at(-1);
      const middle = values[Math.floor((values.length - 1) / 2)];
      if (min === undefined || max === undefined || middle === undefined) return [];
      return [[kind, { min, median: middle, max }]];
    }),
  );
}

/** How many times the floor the program takes, by medians. */
export function ratio(program: Figures, floor: Figures): NonNullable<Result["ratio"]> {
  return Object.fromEntries(
    KINDS.flatMap((kind) => {
      const over = program[kind]?.median;
      const under = floor[kind]?.median;
      return over === undefined || !under ? [] : [[kind, Number((over / under).toFixed(3))]];
    }),
  );
}

const seconds = (spread?: Spread) =>
  spread ? [spread.min, spread.median, spread.max].map((value) => (value / 1000).toFixed(1)).join(" / ") : "";
const megabytes = (spread?: Spread) => (spread ? (spread.median / 1e6).toFixed(0) : "");
const plain = (spread?: Spread) => (spread ? String(spread.median) : "");

/** The results as a table in Markdown. */
export function table(results: readonly Result[]): string {
  const head = [
    "people × applications",
    "resources",
    "measured",
    "wall s (min / median / max)",
    "floor",
    "×",
    "cpu s (median)",
    "floor",
    "×",
    "peak MB",
    "floor",
    "requests",
    "floor",
    "look-ups",
  ];
  const times = (value?: number) => (value === undefined ? "" : value.toFixed(2));
  const cpu = (spread?: Spread) => (spread ? (spread.median / 1000).toFixed(1) : "");
  const rows = results.map(({ size, resources, row, program, floor, ratio: over }) => [
    size.replace("x", " × "),
    String(resources),
    row,
    seconds(program.wall),
    seconds(floor?.wall),
    times(over?.wall),
    cpu(program.cpu),
    cpu(floor?.cpu),
    times(over?.cpu),
    megabytes(program.memory),
    megabytes(floor?.memory),
    plain(program.requests),
    plain(floor?.requests),
    plain(program.lookUps),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
