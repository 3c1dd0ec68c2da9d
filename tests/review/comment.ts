import { markdown } from "../../review/formats/markdown";
import type { Report } from "../../review/report";

/** Verdict, and the comment without its folded parts. */
export function comment(report: Report): string {
  return `${report.verdict}\n${markdown(report).split("\n\n<details>")[0]?.trimEnd() ?? ""}`;
}

/** What `comment` gives, from its verdict and the lines after the heading. */
export function told(verdict: string, ...lines: readonly string[]): string {
  return [verdict, `### Access on \`trial\`: ${verdict}`, "", ...lines].join("\n");
}
