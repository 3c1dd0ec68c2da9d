/** A value as text, for comparing and for messages: scalars as they are, nothing as "", the rest as JSON. */
export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : `${value as string | number | boolean}`;
}
