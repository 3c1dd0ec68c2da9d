import type { Report } from "../report";
import type { PersonRow } from "../rows";
import { count } from "../../shell/words";

export type Mark = "same" | "gained" | "lost";

export interface Node {
  readonly id: string;
  readonly label: string;
  /** Told on pointing at it. */
  readonly title: string;
  readonly mark: Mark;
  /** Of a group: administers Authentik. Of an application: nobody is bound to it. */
  readonly alert: boolean;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly mark: Mark;
}

/** People, groups, applications, each in the order that keeps edges short. */
export interface Graph {
  readonly columns: readonly [readonly Node[], readonly Node[], readonly Node[]];
  readonly edges: readonly Edge[];
}

/** More people than this are drawn as one node for each set of groups. */
const SINGLE = 30;

/** People, their groups, and what these open. Who is bound by name leads straight to the application. */
export function graphOf({ people, groups, applications }: Report): Graph {
  const lots = lotsOf(people);
  const edges: Edge[] = [];
  const used = new Set<string>();
  for (const { id, row } of lots) {
    for (const group of row.groups) {
      if (row.active)
        edges.push({ from: id, to: `group ${group}`, mark: row.joins.includes(group) ? "gained" : "same" });
    }
    for (const group of row.leaves) edges.push({ from: id, to: `group ${group}`, mark: "lost" });
  }
  const middle: Node[] = groups.map(({ name, presence, superuser }) => ({
    id: `group ${name}`,
    label: name,
    title: superuser ? `${name}: administers Authentik` : name,
    mark: presence === "added" ? "gained" : presence === "removed" ? "lost" : "same",
    alert: superuser,
  }));
  const inMiddle = new Set(middle.map(({ id }) => id));
  const lotOf = new Map(
    lots.flatMap(({ id, people: all }) => all.map((one) => [`person ${one.username}`, id])),
  );
  for (const { slug, openings, presence } of applications) {
    for (const { name, kind, change } of openings) {
      const mark = presence === "removed" ? "lost" : change;
      const person = kind === "person" ? lotOf.get(name) : undefined;
      const from = person ?? `group ${name}`;
      if (person === undefined && !inMiddle.has(from)) {
        inMiddle.add(from);
        middle.push({ id: from, label: name, title: name, mark, alert: false });
      }
      edges.push({ from, to: `application ${slug}`, mark });
    }
  }
  for (const { from, to } of edges) used.add(from).add(to);
  const right: Node[] = applications.map(({ slug, name, presence, unbound }) => ({
    id: `application ${slug}`,
    label: slug,
    title: unbound ? `${name}: nobody is bound to it` : name,
    mark: presence === "added" ? "gained" : presence === "removed" ? "lost" : "same",
    alert: unbound,
  }));
  const left: Node[] = lots.map(({ id, label, title, row }) => ({
    id,
    label,
    title,
    mark: row.presence === "added" ? "gained" : row.presence === "removed" || !row.active ? "lost" : "same",
    alert: false,
  }));
  return order(
    [left.filter(({ id }) => used.has(id)), middle.filter(({ id, alert }) => alert || used.has(id)), right],
    edges,
  );
}

interface Lot {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly row: PersonRow;
  readonly people: PersonRow[];
}

/** One for each person, or for each set of people who are in the same groups. */
function lotsOf(people: readonly PersonRow[]): Lot[] {
  if (people.length <= SINGLE) {
    return people.map((row) => ({
      id: `person ${row.username}`,
      label: row.username,
      title: row.name,
      row,
      people: [row],
    }));
  }
  const byGroups = new Map<string, PersonRow[]>();
  for (const row of people) {
    const key = JSON.stringify([row.groups, row.joins, row.leaves, row.active, row.presence]);
    const known = byGroups.get(key);
    if (known) known.push(row);
    else byGroups.set(key, [row]);
  }
  return [...byGroups].flatMap(([key, all]) => {
    const [row] = all;
    if (!row) return [];
    const shown = all.slice(0, 20).map(({ username }) => username);
    const title = all.length > shown.length ? [...shown, `and ${all.length - shown.length} more`] : shown;
    const label = all.length === 1 ? row.username : count(all.length, "person", "people");
    return [{ id: `people ${key}`, label, title: title.join(", "), row, people: all }];
  });
}

/** Puts every node near the middle of what it is tied to. */
function order(columns: Graph["columns"], edges: readonly Edge[]): Graph {
  const [left, middle, right] = columns;
  const degree = new Map<string, number>();
  for (const { from, to } of edges) for (const id of [from, to]) degree.set(id, (degree.get(id) ?? 0) + 1);
  const groups = [...middle].sort((a, b) => (degree.get(b.id) ?? 0) - (degree.get(a.id) ?? 0));
  const place = new Map(groups.map(({ id }, index) => [id, index]));
  const near = (nodes: readonly Node[], side: "from" | "to") => {
    const sums = new Map<string, { sum: number; ties: number }>();
    for (const edge of edges) {
      const own = side === "from" ? edge.from : edge.to;
      const other = place.get(side === "from" ? edge.to : edge.from);
      if (other === undefined) continue;
      const known = sums.get(own) ?? { sum: 0, ties: 0 };
      sums.set(own, { sum: known.sum + other, ties: known.ties + 1 });
    }
    const weight = ({ id }: Node) => {
      const own = sums.get(id);
      return own ? own.sum / own.ties : groups.length;
    };
    return [...nodes].sort((a, b) => weight(a) - weight(b));
  };
  return { columns: [near(left, "from"), groups, near(right, "to")], edges };
}
