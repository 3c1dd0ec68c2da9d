/**
 * The JSON that a command of the CLI answers with; the CLI may put a warning before it.
 *
 * @param command what was run, for the message.
 * @throws Error without a word of the answer, which may hold secrets.
 */
export function answerOf(text: string, command: string): object {
  const start = text.indexOf("{");
  try {
    const value: unknown = JSON.parse(start < 0 ? "" : text.slice(start));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new Error(`the answer of \`${command}\` cannot be read as JSON`);
}
