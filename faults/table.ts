import { isUnharmed, type Outcome } from "./attempt";
import type { Undisturbed } from "./harms";

/** One harm of one subject, and what came of all its attempts. */
export interface Row {
  readonly subject: string;
  readonly harm: string;
  readonly tried: number;
  /** How many of them the harm met. */
  readonly struck: number;
  readonly converged: number;
  readonly told: number;
  /** Objects and secrets, over all attempts. */
  readonly lost: number;
  readonly surplus: number;
  /** Things that disabled people still held. */
  readonly in: number;
  /** What chance drew for each attempt. */
  readonly drawn: readonly (readonly number[])[];
  /** Requests and milliseconds of an undisturbed run, out of which it drew. */
  readonly usual: Undisturbed;
  /** Why it was not tried. */
  readonly impossible?: string;
}

/** Counts the outcomes of one harm of one subject. */
export function rowOf(
  subject: string,
  harm: string,
  usual: Undisturbed,
  outcomes: readonly Outcome[],
  impossible?: string,
): Row {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, outcome) => all + of(outcome), 0);
  return {
    subject,
    harm,
    tried: outcomes.length,
    struck: sum(({ struck }) => Number(struck)),
    converged: sum(({ converged }) => Number(converged)),
    told: sum(({ told }) => Number(told)),
    lost: sum(({ lost }) => lost.length),
    surplus: sum(({ surplus }) => surplus.length),
    in: sum((outcome) => outcome.in.length),
    drawn: outcomes.map(({ drawn }) => drawn),
    usual,
    impossible,
  };
}

/** Whether nothing was lost, doubled or left unsaid in any attempt. */
export function unharmed({ tried, converged, told, lost, surplus, in: inside }: Row): boolean {
  return converged === tried && told === tried && lost + surplus + inside === 0;
}

/** The rows as a table in Markdown. */
export function table(rows: readonly Row[]): string {
  const head = [
    "command",
    "harm",
    "tried",
    "struck",
    "converged",
    "told",
    "lost",
    "doubled or orphaned",
    "still in",
  ];
  const lines = rows.map((row) =>
    [
      row.subject,
      row.harm,
      row.impossible === undefined ? row.tried : `not tried: ${row.impossible}`,
      row.struck,
      row.converged,
      row.told,
      row.lost,
      row.surplus,
      row.in,
    ].join(" | "),
  );
  return [head.join(" | "), head.map(() => "---").join(" | "), ...lines]
    .map((line) => `| ${line} |`)
    .join("\n");
}

/** One attempt in a line. */
export function lineOf(outcome: Outcome): string {
  if (isUnharmed(outcome)) return `drew ${outcome.drawn.join(", ") || "nothing"}; nothing was lost`;
  return JSON.stringify({ ...outcome, said: undefined });
}
