import type { Outcome } from "./attempt";

/** One kind of harm, and what came of all its attempts. */
export interface Row {
  readonly kind: string;
  readonly tried: number;
  readonly converged: number;
  readonly told: number;
  /** Objects and secrets, over all attempts. */
  readonly lost: number;
  readonly surplus: number;
}

/** Counts the outcomes of one kind. */
export function rowOf(kind: string, outcomes: readonly Outcome[]): Row {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, outcome) => all + of(outcome), 0);
  return {
    kind,
    tried: outcomes.length,
    converged: sum(({ converged }) => Number(converged)),
    told: sum(({ told }) => Number(told)),
    lost: sum(({ lost }) => lost.length),
    surplus: sum(({ surplus }) => surplus.length),
  };
}

/** Whether nothing was lost, doubled or left unsaid. */
export function unharmed({ tried, converged, told, lost, surplus }: Row): boolean {
  return converged === tried && told === tried && lost === 0 && surplus === 0;
}

/** The rows as a table in Markdown. */
export function table(rows: readonly Row[]): string {
  const head = ["kind", "tried", "converged", "told", "lost", "doubled or orphaned"];
  const lines = rows.map(({ kind, tried, converged, told, lost, surplus }) =>
    [kind, tried, converged, told, lost, surplus].join(" | "),
  );
  return [head.join(" | "), head.map(() => "---").join(" | "), ...lines]
    .map((line) => `| ${line} |`)
    .join("\n");
}
