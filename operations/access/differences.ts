import type { Directory, Person } from "./directory";

/** Something that is otherwise on the server than the program says. */
export interface Difference {
  /** The person or the application. */
  readonly of: string;
  /** Whether the server gives more than the program says, or less. */
  readonly kind: "more" | "less" | "other";
  readonly text: string;
}

/** Where the server differs from the program: in who is there, who administers, who is in which group, who enters what. */
export function differences(live: Directory, program: Directory): Difference[] {
  const found: Difference[] = [];
  const liveOf = byUsername(live);
  const programOf = byUsername(program);
  for (const person of live.people) {
    const expected = programOf.get(person.username);
    if (expected) compare(found, { live, person }, { program, expected });
    else if (person.active) found.push({ of: person.username, kind: "more", text: "is not in the program" });
  }
  for (const { username } of program.people)
    if (!liveOf.has(username)) found.push({ of: username, kind: "less", text: "is not on the server" });
  const slugs = new Set(program.applications.map(({ slug }) => slug));
  for (const { slug, openings } of live.applications) {
    if (slugs.has(slug)) continue;
    const bound = openings.length === 0 ? ", and has no binding" : "";
    found.push({ of: slug, kind: "more", text: `is an application that is not in the program${bound}` });
  }
  const served = new Set(live.applications.map(({ slug }) => slug));
  for (const slug of slugs)
    if (!served.has(slug))
      found.push({ of: slug, kind: "less", text: "is an application that is not on the server" });
  return found;
}

interface Live {
  readonly live: Directory;
  readonly person: Person;
}

interface Program {
  readonly program: Directory;
  readonly expected: Person;
}

function compare(found: Difference[], { live, person }: Live, { program, expected }: Program): void {
  const of = person.username;
  if (person.active !== expected.active) {
    found.push({
      of,
      kind: person.active ? "more" : "less",
      text: person.active
        ? "is enabled, and disabled in the program"
        : "is disabled, and enabled in the program",
    });
  }
  const held = live.groupsOf(person);
  const meant = program.groupsOf(expected);
  for (const group of held)
    if (!meant.includes(group)) found.push({ of, kind: "more", text: `is in group ${group}` });
  for (const group of meant)
    if (!held.includes(group)) found.push({ of, kind: "less", text: `is not in group ${group}` });
  if (live.administers(person) !== program.administers(expected)) {
    const more = live.administers(person);
    found.push({
      of,
      kind: more ? "more" : "less",
      text: more ? "administers Authentik" : "does not administer Authentik",
    });
  }
  for (const application of program.applications) {
    const there = live.applications.find(({ slug }) => slug === application.slug);
    if (!there) continue;
    const now = live.access(person, there).entry;
    const should = program.access(expected, application).entry;
    if (now === should) continue;
    found.push({
      of,
      kind: now === "no" ? "less" : should === "no" ? "more" : "other",
      text: `may ${WORD[now]} ${application.slug}; in the program ${WORD[should]}`,
    });
  }
}

const WORD = { yes: "enter", no: "not enter", maybe: "enter, if a policy says so," };

function byUsername({ people }: Directory): Map<string, Person> {
  return new Map(people.map((person) => [person.username, person]));
}
