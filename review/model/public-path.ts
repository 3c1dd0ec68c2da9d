import { isPublic, skipPathRegex } from "../../components/applications/public-paths";

/** How the program writes one segment that varies, and everything below a folder. */
const SEGMENT = skipPathRegex({ pattern: "*" }).slice(1, -1);
const BELOW = skipPathRegex({ below: "" }).slice(1, -1);

/** Letters, escaped characters, slashes, and this for a segment; the first folder or file does not vary. */
const VARIES = "\u2026";
const NARROW = /^\/(?:[\w~-]|\\[^\w\s])+(?:\/(?:[\w~\u2026-]|\\[^\w\s])*)*$/;

/** Whether the outpost finds an expression in whatever paths have it somewhere. */
export function isAnchored(expression: string): boolean {
  return expression.startsWith("^") && expression.endsWith("$") && !expression.includes("|");
}

/** Whether an expression lets single paths through, or one folder, as those of the program do. */
export function isNarrow(expression: string): boolean {
  if (!isAnchored(expression)) return false;
  const inner = expression.slice(1, -1);
  const fixed = inner.endsWith(`/${BELOW}`) ? inner.slice(0, -BELOW.length) : inner;
  return !fixed.includes(VARIES) && NARROW.test(fixed.replaceAll(SEGMENT, VARIES));
}

/** Whether one of the expressions lets a path through without a login. */
export function isPathPublic(path: string, expressions: readonly string[]): boolean {
  try {
    return isPublic(expressions.join("\n"), path);
  } catch {
    // Written for another reader of expressions than this one.
    return false;
  }
}
