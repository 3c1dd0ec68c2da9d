import type { Text } from "./text";

/** Names longer than this are cut. */
const LONGEST = 200;

/** Characters that are not seen, or that turn the direction of what follows. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;

/** A name on one line, with everything unseen made visible. */
export function visible(name: string): string {
  const shown = name.replace(UNSEEN, (character) =>
    character === "\n" ? "␤" : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  const characters = Array.from(shown);
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST).join("")}…` : shown;
}

/**
 * A name from the data as code, where Markdown looks for neither markup nor links, mentions or issue numbers. Also
 * within a table.
 */
export function code(name: string): string {
  const shown = visible(name);
  if (shown.trim() === "") return "`(empty)`";
  // In a code span a backtick ends it, and in a table a bar ends the cell, which renderers escape in different ways.
  if (!/[`|\\]/.test(shown) && shown === shown.trim()) return `\`${shown}\``;
  const entities = shown.replace(/[^\p{L}\p{N} ]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
  return `<code>${entities}</code>`;
}

/** A sentence. */
export function sentence(text: Text): string {
  return text.map((part) => (typeof part === "string" ? part : code(part.name))).join("");
}
