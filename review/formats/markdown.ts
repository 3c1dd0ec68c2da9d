import { cell, cellCode, code, sentence } from "./escape";
import { findingsOf, type Report } from "../report";
import type { ApplicationRow, PersonRow } from "../rows";
import { sharedChanges, waysOf, wayText, type Way } from "./shared-changes";
import { count, names, type Text } from "../../shell/words";

/** Rows of a table and points of a list beyond this are counted, so that a comment stays one that is read. */
const MOST = 25;

/** The report as a comment: what changes first, what is folded away after it. */
export function markdown(report: Report): string {
  const unsafe = findingsOf(report, true);
  const notices = findingsOf(report, false);
  const blocks = [
    `### Access on ${code(report.stack)}: ${report.verdict}`,
    `**${report.headline}**`,
    ...(unsafe.length > 0 ? [`**Unsafe**\n\n${list(unsafe)}`] : []),
    ...changedAccess(report.people),
    ...(notices.length > 0 ? [`**Also**\n\n${list(notices)}`] : []),
    ...(report.verdict === "unchanged" ? [] : details(report)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function list(texts: readonly Text[]): string {
  const shown = texts.slice(0, MOST).map((text) => `- ${sentence(text)}`);
  if (texts.length > MOST) shown.push(`- … and ${texts.length - MOST} more, in the HTML report`);
  return shown.join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[], more = "rows"): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const shown = rows.slice(0, MOST).map(line);
  const left = rows.length > MOST ? [`\n… and ${rows.length - MOST} more ${more}, in the HTML report`] : [];
  return [line(head), line(head.map(() => "---")), ...shown, ...left].join("\n");
}

/** People whose access changes in the same way share a row. */
function changedAccess(people: readonly PersonRow[]): string[] {
  const rows = sharedChanges(people).map(({ people: same, gained, lost }) => [
    cell(names(same)),
    ways(gained) || "–",
    ways(lost) || "–",
  ]);
  return rows.length > 0 ? [table(["Person", "Gains", "Loses"], rows)] : [];
}

function ways(some: readonly Way[]): string {
  return some.map((way) => cell([...names(way.applications), ...wayText(way)])).join("; ");
}

function details(report: Report): string[] {
  const { applications, doors, changes, objects } = report;
  const present = applications.filter(({ presence }) => presence !== "removed");
  const rerouted = report.people.filter(({ access }) => access.some(({ change }) => change === "rerouted"));
  return [
    ...(rerouted.length > 0
      ? [
          fold(
            `${count(rerouted.length, "person enters", "people enter")} through something else than before`,
            table(
              ["Person", "Application"],
              rerouted.map(({ username, access }) => [
                cellCode(username),
                ways(waysOf(access.filter(({ change }) => change === "rerouted"))),
              ]),
            ),
          ),
        ]
      : []),
    fold(
      `Who may enter what (${count(present.length, "application")})`,
      table(["Application", "Open to", "People", "Claims"], present.map(applicationLine), "applications"),
    ),
    fold(
      `How people log in (${count(doors.length, "door")})`,
      table(
        ["Door", "Second factor", "For"],
        doors.map(({ name, secondFactor, domains, presence }) => [
          cellCode(name),
          presence === "removed" ? "closed" : cellCode(secondFactor),
          domains.length > 0 ? cell(names(domains)) : "everyone active",
        ]),
      ),
    ),
    ...(changes.length > 0
      ? [
          fold(
            `Objects: ${objects.create} created, ${objects.update} updated, ${objects.replace} replaced, ${objects.delete} deleted, ${objects.same} the same`,
            list(
              changes.map(({ op, object, properties }): Text => [
                `${op} `,
                { name: object },
                ...(op === "update" ? [": ", ...names(properties)] : []),
              ]),
            ),
          ),
        ]
      : []),
  ];
}

function applicationLine({ slug, openings, unbound, people, claims, engine }: ApplicationRow): string[] {
  const open = openings.filter(({ change }) => change !== "lost").map(({ name }) => name);
  const to = engine === "all" && open.length > 1 ? `all of ${cell(names(open))}` : cell(names(open));
  return [
    cellCode(slug),
    unbound ? "**nobody bound**" : to,
    String(people),
    claims.length > 0 ? cell(names(claims)) : "–",
  ];
}

function fold(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
