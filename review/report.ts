import { applicationFindings } from "./findings/applications";
import { compare, nameOf, shippedScopes } from "./model/applications";
import { changesOf, objectName, type Change } from "./model/change";
import { doorFindings } from "./findings/doors";
import { isUnsafe, ordered, type Finding, type Verdict } from "./findings/finding";
import { headline } from "./headline";
import { explainedBindings, objectFindings } from "./findings/objects";
import { unknownFindings } from "./findings/not-known";
import { peopleFindings } from "./findings/people";
import { pairs, pictureOf } from "./model/picture";
import { mappingFindings } from "./findings/providers";
import { refusalFindings } from "./findings/refusals";
import {
  applicationRows,
  doorRows,
  groupRows,
  peopleRows,
  type ApplicationRow,
  type DoorRow,
  type GroupRow,
  type ObjectCounts,
  type PersonRow,
} from "./rows";
import { Snapshot } from "./model/snapshot";
import { stepFindings } from "./findings/steps";
import type { Reviewed } from "./sources";
import type { Text } from "../shell/words";
import { unreadFindings } from "./findings/unread";

/** The whole report; every format shows this and nothing else. */
export interface Report {
  readonly stack: string;
  readonly verdict: Verdict;
  readonly headline: string;
  readonly findings: readonly Finding[];
  readonly people: readonly PersonRow[];
  readonly groups: readonly GroupRow[];
  readonly applications: readonly ApplicationRow[];
  readonly doors: readonly DoorRow[];
  readonly objects: ObjectCounts;
  /** What is done to which object, without values: `update ProviderOauth2 forgejo: clientSecret`. */
  readonly changes: readonly {
    readonly op: Change["op"];
    readonly object: string;
    readonly properties: readonly string[];
  }[];
}

/** Compares what is deployed with what would be. */
export function reportOf({ stack, steps, refusals = [] }: Reviewed): Report {
  const changes = changesOf(steps);
  const states = [Snapshot.before(changes), Snapshot.after(changes)] as const;
  const shipped = shippedScopes(...states);
  const before = pictureOf(states[0], shipped);
  const after = pictureOf(states[1], shipped);
  const people = pairs(
    before.directory.people.values(),
    after.directory.people.values(),
    (one) => one.username,
  );
  const applications = pairs(before.applications.values(), after.applications.values(), (one) => one.slug);
  // What is adopted is there before anything is deployed.
  const firstTime = before.directory.people.size === 0 && before.applications.size === 0;
  const byKey = new Map(changes.map((change) => [change.key, change]));
  const findings = ordered([
    ...peopleFindings(before, after, people),
    ...applicationFindings(before, after, applications, firstTime),
    ...mappingFindings(applications, (key) => nameOf(after.state.item(key)) ?? key),
    ...doorFindings(before, after, byKey, firstTime),
    ...(firstTime ? [] : stepFindings(before, after, byKey, explainedBindings(before))),
    ...objectFindings(before, after, changes, firstTime),
    ...(firstTime ? [] : unknownFindings(changes)),
    ...unreadFindings({ before, after, changes, firstTime }),
    ...refusalFindings(refusals),
  ]);
  const changed = changes.some(
    ({ op, before: old, after: now }) =>
      op !== "same" || old?.protect !== now?.protect || old?.retainOnDelete !== now?.retainOnDelete,
  );
  const rows = peopleRows(before, after, people, applications);
  const report = {
    stack,
    verdict: findings.some(isUnsafe) ? "unsafe" : changed ? "changed" : "unchanged",
    findings,
    people: rows,
    groups: groupRows(before, after),
    applications: applicationRows(applications, rows),
    doors: doorRows(before, after, rows),
    objects: counts(changes),
    changes: changes
      .filter((change) => change.op !== "same" && (change.after ?? change.before)?.custom)
      .map((change) => ({
        op: change.op,
        object: objectName(change),
        properties: [...change.differing].sort(compare),
      }))
      .sort((a, b) => compare(a.op, b.op) || compare(a.object, b.object)),
  } satisfies Omit<Report, "headline">;
  return { ...report, headline: headline(report) };
}

function counts(changes: readonly Change[]): ObjectCounts {
  const counted = { create: 0, update: 0, replace: 0, delete: 0, same: 0, unprotected: 0 };
  for (const { op, before, after } of changes) {
    if (!(after ?? before)?.custom) continue;
    counted[op] += 1;
    if (before?.protect && after?.protect === false) counted.unprotected += 1;
  }
  return counted;
}

/** Sentences of the findings of a level. */
export function findingsOf(report: Pick<Report, "findings">, unsafe: boolean): Text[] {
  return report.findings
    .filter((finding) => isUnsafe(finding) === unsafe)
    .map(({ text, standing }) => (standing ? [...text, " (So already.)"] : text));
}
