import type { Difference } from "./differences";

/** How a difference is named, also to accept it. */
export function place({ name, field }: Pick<Difference, "name" | "field">): string {
  return `${name}.${field}`;
}

/**
 * Whether an overwrite is meant.
 *
 * @param accept `<name>`, `<name>.<field>` with all that the field holds, or `all`.
 */
export function isAccepted(each: Pick<Difference, "name" | "field">, accept: readonly string[]): boolean {
  const whole = place(each);
  return accept.some((given) => {
    if (given === "all" || given === each.name || given === whole) return true;
    const isPart = whole.startsWith(given) && /[.[]/.test(whole.charAt(given.length));
    return isPart && given.startsWith(`${each.name}.`);
  });
}

/** The arguments of a command that accepts these places. */
export function acceptArguments(accept: readonly string[]): string {
  return accept.length === 0 ? "" : ` --accept ${accept.map(quoted).join(" ")}`;
}

/** As a shell takes it for one word. */
export function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}
