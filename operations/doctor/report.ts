import { visible } from "../../stacks/visible";
import { count } from "../../shell/words";
import type { Finding, Severity } from "./examination";

/** What came of one check. */
export interface Checked {
  readonly check: string;
  readonly findings: readonly Finding[];
}

const RANK: Readonly<Record<Severity, string>> = {
  error: "ERROR",
  unchecked: "COULD NOT BE CHECKED",
  warning: "warning",
};

/** How often each severity was found. */
export function counts(checked: readonly Checked[]): Record<Severity, number> {
  const all = checked.flatMap(({ findings }) => findings);
  const of = (severity: Severity) => all.filter((finding) => finding.severity === severity).length;
  return { error: of("error"), warning: of("warning"), unchecked: of("unchecked") };
}

/** How much was found, in one line. */
export function countsText(checked: readonly Checked[]): string {
  const { error, warning, unchecked } = counts(checked);
  return `${count(error, "error")}, ${count(warning, "warning")}, ${unchecked} not checked`;
}

/** The findings for people, worst first; what is good in one line each. */
export function reportText(checked: readonly Checked[]): string {
  const order = Object.keys(RANK);
  const findings = checked
    .flatMap(({ check, findings: found }) => found.map((finding) => ({ ...finding, check })))
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const good = checked.filter(({ findings: found }) => found.length === 0);
  return [
    ...good.map(({ check }) => `good: ${check}`),
    ...findings.map(
      ({ severity, check, subject, meaning, mend }) =>
        `${visible(`${RANK[severity]}: ${check}: ${subject}: ${meaning}`)}\n    mend: ${mend}`,
    ),
    countsText(checked),
  ].join("\n");
}
