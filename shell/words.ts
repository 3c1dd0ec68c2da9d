/** A piece of a sentence: words of ours, or a name from the data, which each format escapes in its own way. */
export type Part = string | { readonly name: string };

/** A sentence about data, free of any format. */
export type Text = readonly Part[];

/**
 * A sentence: the template's own words are ours, every string put into it is a name from the data. Numbers and other
 * sentences are taken as they are.
 */
export function say(words: TemplateStringsArray, ...values: readonly (string | number | Text)[]): Text {
  return words.flatMap((word, index) => {
    const value = values[index];
    const said: Part[] = word === "" ? [] : [word];
    if (value === undefined) return said;
    if (typeof value === "number") return [...said, String(value)];
    return [...said, ...(typeof value === "string" ? [{ name: value }] : value)];
  });
}

/** Words of ours, chosen at run time. */
export function words(text: string): Text {
  return text === "" ? [] : [text];
}

/** Names from the data, at most `limit` of them told. */
export function names(values: readonly string[], limit = 8): Text {
  const shown = values.length > limit + 1 ? values.slice(0, limit) : values;
  const listed = shown.flatMap((name, index): Part[] => (index === 0 ? [{ name }] : [", ", { name }]));
  const left = values.length - shown.length;
  return left > 0 ? [...listed, ` and ${left} more`] : listed;
}

/** `1 person`, `2 people`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** The sentence without any format, for JSON and for comparing. */
export function plain(text: Text): string {
  return text.map((part) => (typeof part === "string" ? part : part.name)).join("");
}
