// Jest's own matchers are of type `any`, which would switch type checking off around them.

/** A text in which the pattern is found. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

/** A text that contains another. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}

/** Any value of a type. */
export function anyOf(type: typeof String | typeof Number): unknown {
  return expect.any(type);
}
