import { UNSEEN, writtenOut } from "../../stacks/visible";
import type { Text } from "../../shell/words";

/** Names longer than this are cut. */
const LONGEST = 200;

/** A text with everything unseen in it made visible, on one line. */
export function seen(name: string): string {
  return name.replace(UNSEEN, (character) => (character === "\n" ? "␤" : writtenOut(character)));
}

/** The same, and not longer than a line or two. */
export function visible(name: string): string {
  const characters = Array.from(seen(name));
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST).join("")}…` : characters.join("");
}

/**
 * A name from the data as code, where Markdown looks for neither markup nor links, mentions or issue numbers.
 */
export function code(name: string): string {
  const shown = visible(name);
  if (shown.trim() === "") return "`(empty)`";
  // A code span ends at as many backticks as it began with.
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 || shown !== shown.trim() ? " " : "";
  return `${fence}${space}${shown}${space}${fence}`;
}

/** The same within a table, where a bar ends the cell, even in code, and renderers differ on how it is escaped. */
export function cellCode(name: string): string {
  const shown = visible(name);
  if (!/[`|\\]/.test(shown)) return code(name);
  const entities = shown.replace(/[^\p{L}\p{N} ]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
  return `<code>${entities}</code>`;
}

/** A sentence. */
export function sentence(text: Text): string {
  return text.map((part) => (typeof part === "string" ? part : code(part.name))).join("");
}

/** A sentence within a table. */
export function cell(text: Text): string {
  return text.map((part) => (typeof part === "string" ? part : cellCode(part.name))).join("");
}
