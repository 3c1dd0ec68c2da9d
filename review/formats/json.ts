import { isUnsafe } from "../findings/finding";
import type { Report } from "../report";
import { plain } from "../../shell/words";

/** Version of the JSON; raised when a field goes or changes its meaning. */
export const JSON_VERSION = 1;

/** The report for programs; docs/review.md describes it. The order is the same for the same states. */
export function json(report: Report): string {
  const { findings, people, ...rest } = report;
  const changed = (change: "gained" | "lost") =>
    people.flatMap(({ username, access }) =>
      access
        .filter((cell) => cell.change === change)
        .map(({ application, through, entry }) => ({ username, application, entry, through })),
    );
  const document = {
    version: JSON_VERSION,
    stack: rest.stack,
    verdict: rest.verdict,
    headline: rest.headline,
    findings: findings.map((finding) => ({
      rule: finding.rule,
      level: isUnsafe(finding) ? "unsafe" : "notice",
      standing: finding.standing ?? false,
      text: plain(finding.text),
    })),
    gained: changed("gained"),
    lost: changed("lost"),
    people,
    groups: rest.groups,
    applications: rest.applications,
    doors: rest.doors,
    objects: rest.objects,
    changes: rest.changes,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
