/** What moves, hides or turns what stands beside it on a screen, or shows nothing itself. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A text on one line, with what would hide or turn the rest of it written out: names come from whoever chose them. */
export function visible(text: string): string {
  return text.replace(UNSEEN, writtenOut);
}

/** The same of a text of several lines. */
export function visibleLines(text: string): string {
  return text.replace(UNSEEN, (character) => (/[\n\t]/.test(character) ? character : writtenOut(character)));
}

/** A character by its code point. */
export function writtenOut(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** A plain value as an error may show it: an address with a user or a query may hold a password or a token. */
export function withoutCredentials(value: string): string {
  return /[@?]/.test(value) ? "(an address that may carry credentials)" : value;
}
