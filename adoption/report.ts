import { sortedJson } from "../components/naming";
import { place } from "./acceptance";
import type { Difference } from "./differences";
import { isEmpty, shortened } from "./fields";
import type { Plan } from "./plan";
import type { Changed } from "./picture";

/** What a plan would do, for the terminal. Shows no secret. */
export function planReport(plan: Plan, differences: readonly Difference[]): string {
  const { adopt, create, ambiguous, refused, routes, unmanaged, names } = plan;
  const written = (each: Difference) => `  ${place(each)}: ${change(each.live, each.program, names)}`;
  const harmless = differences.filter((each) => each.harmless !== undefined);
  const others = differences.filter((each) => each.harmless === undefined);
  const filled = others.filter(({ live }) => isEmpty(live));
  const lost = others.filter(({ live }) => !isEmpty(live));
  return [
    section(`${adopt.length} to adopt`, adopted(adopt)),
    section(`${create.length} to create: nothing of their identity is there`, created(create)),
    section(
      `${ambiguous.length} ambiguous: more than one may be meant, and none is guessed`,
      ambiguous.map(({ resource, candidates }) =>
        line(resource.type, resource.name, candidates.map(({ id, by }) => `${id} (${by})`).join(" or ")),
      ),
    ),
    section(
      `${refused.length} refused`,
      refused.map(({ resource, reason }) => line(resource.type, resource.name, reason)),
    ),
    section(
      `${routes.length} routes in the way: \`up\` makes the same host and path under another name`,
      routes.map(
        ({ route, host, path, wanted, mend }) =>
          `  ${route}: ${host}${path}, which Ingress ${wanted} is to serve\n    ${mend}`,
      ),
    ),
    section(
      `${unmanaged.length} unmanaged: there, and not in the program`,
      unmanaged.map(({ kind, label, id, note }) => `  ${kind} ${label} (${id})${note ? `: ${note}` : ""}`),
    ),
    section(
      `${harmless.length} differences that change nothing on the server`,
      harmless.map((each) => `  ${place(each)}: ${each.harmless ?? ""}`),
    ),
    section(
      `${filled.length} fields that are empty there, and that the first \`up\` would fill in`,
      filled.map(written),
    ),
    section(`${lost.length} fields that the first \`up\` would overwrite`, lost.map(written)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Fields that are not as they were before the adoption. */
export function changedReport(changed: readonly Changed[]): string {
  return changed
    .map(({ subject, field, before, after }) => {
      const name = `${short(subject.type)} ${subject.name}`;
      return `  ${name}.${field}: ${change(before, after)}`;
    })
    .join("\n");
}

/** Those found by their own name are told together, all others one by one. */
function adopted(adopt: Plan["adopt"]): string[] {
  const plain = new Map<string, string[]>();
  const others: string[] = [];
  for (const { resource, id, by, notes } of adopt) {
    const { type, name } = resource;
    const isPlain =
      notes.length === 0 &&
      (type.startsWith("kubernetes:") || type.endsWith("Binding") || by.endsWith(` ${name}`));
    if (isPlain) plain.set(short(type), [...(plain.get(short(type)) ?? []), name]);
    else others.push(line(type, name, `${id} (${by})`, notes));
  }
  return [...together(plain), ...others];
}

/** Those of which there is more to say are told one by one. */
function created(create: Plan["create"]): string[] {
  const plain = new Map<string, string[]>();
  const others: string[] = [];
  for (const { resource, notes } of create) {
    const { type, name } = resource;
    if (notes.length === 0) plain.set(short(type), [...(plain.get(short(type)) ?? []), name]);
    else others.push(line(type, name, "", notes));
  }
  return [...together(plain), ...others];
}

function together(names: ReadonlyMap<string, readonly string[]>): string[] {
  return [...names].map(([type, each]) => `  ${type}: ${[...each].sort().join(", ")}`);
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [title, ...lines].join("\n");
}

function line(type: string, name: string, what: string, notes: readonly string[] = []): string {
  return [`  ${short(type)} ${name}${what ? `: ${what}` : ""}`, ...notes.map((note) => `    ${note}`)].join(
    "\n",
  );
}

function short(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

const AROUND = 20;

type Names = ReadonlyMap<string, string>;

/**
 * What becomes of a value: of lists what goes and what comes, of long texts the place where they part.
 *
 * @param names what ids are called.
 */
function change(live: unknown, program: unknown, names: Names = new Map()): string {
  if (Array.isArray(live) && Array.isArray(program)) {
    const text = (each: unknown) => sortedJson(each) + calledSo(each, names);
    const goes = without(live, program).map((each) => `\n    - ${text(each)}`);
    const comes = without(program, live).map((each) => `\n    + ${text(each)}`);
    if (goes.length + comes.length > 0) return [...goes, ...comes].join("");
  }
  if (typeof live === "string" && typeof program === "string" && live.length > 2 * AROUND) {
    let parting = 0;
    while (parting < live.length && live[parting] === program[parting]) parting += 1;
    const from = Math.max(0, parting - AROUND);
    const part = (value: string) => json((from > 0 ? "… " : "") + value.slice(from));
    return `${part(live)} → ${part(program)}`;
  }
  return `${json(live)}${calledSo(live, names)} → ${json(program)}${calledSo(program, names)}`;
}

function calledSo(value: unknown, names: Names): string {
  const name = typeof value === "string" ? names.get(value) : undefined;
  return name === undefined ? "" : ` (${name})`;
}

function without(list: readonly unknown[], others: readonly unknown[]): unknown[] {
  const known = new Set(others.map(sortedJson));
  return list.filter((each) => !known.has(sortedJson(each)));
}

function json(value: unknown): string {
  if (value === undefined) return "(nothing)";
  const text = shortened(value);
  return text === value ? JSON.stringify(value) : String(text);
}
