/**
 * Longest text of a comment or an issue, in bytes of UTF-8. Forgejo and Gitea name no limit of their own; a column of
 * type TEXT, which MySQL had for it in older releases, ends at 65,535 bytes, and a forge in front of GitHub at 65,536.
 */
export const LONGEST_TEXT = 60_000;

/** What a workflow writes on the forge. */
export type Kind = "access-report" | "drift" | "deploy-failed" | "drift-failed";

/** Hidden first line by which what a workflow wrote is found again. */
export function markerOf(kind: Kind, stack: string): string {
  return `<!-- plana-sso:${kind}:${stack} -->`;
}

/** Whether a text carries the marker where a workflow puts it: quoted further below, it is somebody's answer. */
export function carries(body: string | null | undefined, marker: string): boolean {
  return body?.replace(/^\s+/, "").startsWith(marker) ?? false;
}

/** Whether the forge has a text already; some give line ends back in another form. */
export function same(there: string | null | undefined, text: string): boolean {
  return there?.replace(/\r\n/g, "\n").trim() === text.trim();
}

/**
 * The text with its marker; cut at the end of a line where it is too long, with what was open closed and a note in
 * front that says where the whole is.
 *
 * @param whole where the whole is, as the end of a sentence.
 */
export function textOf(marker: string, body: string, whole: string, longest = LONGEST_TEXT): string {
  const full = `${marker}\n${body.trim()}\n`;
  if (bytes(full) <= longest) return full;
  const head = `${marker}\n> **Shortened:** this is the beginning of ${bytes(body)} bytes. The whole is ${whole}.\n\n`;
  const lines: string[] = [];
  // Room for what closes a fence and the details that are open.
  let room = longest - bytes(head) - 200;
  for (const line of body.trim().split("\n")) {
    room -= bytes(line) + 1;
    if (room < 0) break;
    lines.push(line);
  }
  return `${head}${lines.join("\n")}\n${closing(lines)}`;
}

/** What ends an open code block and open `<details>`. */
function closing(lines: readonly string[]): string {
  const fences = lines.filter((line) => line.startsWith("```")).length;
  const text = lines.join("\n");
  const open = (text.match(/<details\b/g)?.length ?? 0) - (text.match(/<\/details>/g)?.length ?? 0);
  return `${fences % 2 === 1 ? "```\n" : ""}${"\n</details>".repeat(Math.min(10, Math.max(0, open)))}\n`;
}

function bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
