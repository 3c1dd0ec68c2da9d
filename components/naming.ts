/**
 * JSON with its keys sorted at every depth, so that key order is never a difference in a preview.
 * Values that are `undefined` are left out, as in `JSON.stringify`.
 */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** A text as a regex that matches exactly it, in Python, in Go and here. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
