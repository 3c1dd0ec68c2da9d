import type { Entry } from "./access";
import { applicationFindings } from "./application-findings";
import { compare, nameOf, shippedScopes, type Application, type ReturnUri } from "./applications";
import { changesOf, objectName, type Change } from "./change";
import type { Role } from "./directory";
import { doorFindings } from "./door-findings";
import type { Strength } from "./second-factor";
import { isUnsafe, ordered, type Finding, type Verdict } from "./finding";
import { headline } from "./headline";
import { explainedBindings, objectFindings } from "./object-findings";
import { unknownFindings } from "./not-known";
import { peopleFindings } from "./people-findings";
import { pairs, pictureOf } from "./picture";
import { mappingFindings } from "./provider-findings";
import { refusalFindings } from "./refusals";
import { applicationRows, doorRows, groupRows, peopleRows } from "./rows";
import { Snapshot } from "./snapshot";
import { stepFindings } from "./steps";
import type { Reviewed } from "./sources";
import type { Text } from "./text";
import { unreadFindings } from "./unread";

/** Whether something was there before and is there after. */
export type Presence = "same" | "added" | "removed";

/** What happens to a person's entry into an application; `rerouted`: still in, through something else. */
export type AccessChange = "gained" | "lost" | "same" | "rerouted";

/** A person and an application that the person may enter, or could before. */
export interface Cell {
  /** Slug. */
  readonly application: string;
  readonly entry: Entry;
  readonly change: AccessChange;
  /** Groups, people or policies that let the person in; of a lost entry those that did. */
  readonly through: readonly string[];
}

export interface PersonRow {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly active: boolean;
  readonly presence: Presence;
  /** Names of all groups, which is what the claim `groups` tells. */
  readonly groups: readonly string[];
  /** Of those, the ones that are new; and the ones that are left. */
  readonly joins: readonly string[];
  readonly leaves: readonly string[];
  readonly roles: readonly Role[];
  /** Names of the doors that the person may use. */
  readonly doors: readonly string[];
  readonly access: readonly Cell[];
}

export interface GroupRow {
  readonly name: string;
  readonly presence: Presence;
  readonly superuser: boolean;
  readonly parents: readonly string[];
}

export interface ApplicationRow {
  readonly slug: string;
  readonly name: string;
  readonly presence: Presence;
  readonly mode: Application["mode"];
  /** Nobody is bound: open to everyone, or to nobody where the server says so. */
  readonly unbound: boolean;
  readonly engine: Application["engine"];
  readonly openings: readonly {
    readonly name: string;
    readonly kind: string;
    readonly change: "gained" | "lost" | "same";
  }[];
  readonly claims: readonly string[];
  readonly redirectUris: readonly ReturnUri[];
  readonly publicPaths: readonly string[];
  /** People who may enter. */
  readonly people: number;
}

export interface DoorRow {
  readonly name: string;
  readonly presence: Presence;
  readonly strength: Strength;
  readonly secondFactor: string;
  readonly locks: readonly string[];
  readonly domains: readonly string[];
  /** People who may use it. */
  readonly people: number;
}

export interface ObjectCounts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly same: number;
  /** Of those that stay: no longer protected from being deleted. */
  readonly unprotected: number;
}

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
