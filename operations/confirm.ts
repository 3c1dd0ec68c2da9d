import { createInterface } from "node:readline/promises";

/**
 * Asks a person, and takes only `y` or `yes` for an answer. An end of the input, and Ctrl-C, which a terminal in raw mode
 * does not turn into a signal, are a no: the question would never be answered, and the command end as if it were done.
 */
export async function askTerminal(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const terminal = createInterface({ input, output });
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
