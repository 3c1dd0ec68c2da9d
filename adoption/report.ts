import type { Difference } from "./differences";
import type { Plan } from "./plan";
import type { Changed } from "./picture";

/** What a plan would do, for the terminal. Shows no secret. */
export function planReport(plan: Plan, differences: readonly Difference[]): string {
  const { adopt, create, ambiguous, refused, unmanaged } = plan;
  const harmless = differences.filter((each) => each.harmless !== undefined);
  const overwritten = differences.filter((each) => each.harmless === undefined);
  return [
    section(`${adopt.length} to adopt`, adopted(adopt)),
    section(
      `${create.length} to create: nothing of their identity is there`,
      create.map(({ resource, notes }) => line(resource.type, resource.name, "", notes)),
    ),
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
      `${unmanaged.length} unmanaged: there, and not in the program`,
      unmanaged.map(({ kind, label, id }) => `  ${kind} ${label} (${id})`),
    ),
    section(
      `${harmless.length} differences that change nothing on the server`,
      harmless.map((each) => `  ${place(each)}: ${each.harmless ?? ""}`),
    ),
    section(
      `${overwritten.length} fields that the first \`up\` would overwrite`,
      overwritten.map((each) => `  ${place(each)}: ${text(each.live)} → ${text(each.program)}`),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Fields that are not as they were before the adoption. */
export function changedReport(changed: readonly Changed[]): string {
  return changed
    .map(({ subject, field, before, after }) => {
      const name = `${short(subject.type)} ${subject.name}`;
      return `  ${name}.${field}: ${text(before)} → ${text(after)}`;
    })
    .join("\n");
}

/** How a difference is named, also to accept it. */
export function place({ name, field }: Pick<Difference, "name" | "field">): string {
  return `${name}.${field}`;
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
  return [...[...plain].map(([type, names]) => `  ${type}: ${names.sort().join(", ")}`), ...others];
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

function text(value: unknown): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
