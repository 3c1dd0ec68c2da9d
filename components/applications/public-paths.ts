import { escaped } from "../naming";

/**
 * Paths that an application behind the proxy serves without a login.
 *
 * Authentik's outpost reads one Go RE2 expression per line, unanchored, against the request path (facts of its source,
 * 2026.5), before anybody has resolved `..` in it. So every expression is anchored at both ends, and a segment that
 * varies may neither begin with a dot nor hold an escape.
 */
export type PublicPath =
  /** Exactly this path. */
  | { readonly exact: string }
  /** Every file in and below this folder, which ends in a slash. */
  | { readonly below: string }
  /** A path in which `*` stands for one segment. */
  | { readonly pattern: string };

const SEGMENT = "[A-Za-z0-9_-][A-Za-z0-9_.-]*";

/** The expression for a path. */
export function skipPathRegex(path: PublicPath): string {
  if ("exact" in path) return `^${escaped(path.exact)}$`;
  if ("below" in path) return `^${escaped(path.below)}(${SEGMENT}/)*(${SEGMENT})?$`;
  return `^${path.pattern.split("*").map(escaped).join(SEGMENT)}$`;
}

/**
 * Matches no path: each begins with a slash. The provider does not send an empty setting, and the server then keeps the
 * one it has (facts of both sources, 2026.5): the last public path, taken out of the program, would stay open.
 */
export const NO_PATH = "^-$";

/** The value of a proxy provider's `skipPathRegex`: one expression per line. */
export function skipPathRegexes(paths: readonly PublicPath[]): string {
  return paths.length === 0 ? NO_PATH : paths.map(skipPathRegex).join("\n");
}

/**
 * The longest folder of a public path in which nothing varies, without its last slash: `/plugins` of
 * `/plugins/<any>/tracker.min.js`. Undefined for an exact path, and where that folder would be everything.
 */
export function folderOf(path: PublicPath): string | undefined {
  if ("exact" in path) return undefined;
  const [fixed = ""] = ("below" in path ? path.below : path.pattern).split("*");
  return fixed.slice(0, fixed.lastIndexOf("/")) || undefined;
}

/** Whether the outpost lets a path pass without a login, with the semantics above. */
export function isPublic(regexes: string, path: string): boolean {
  // An empty setting skips nothing, though an empty expression would match everything.
  return regexes !== "" && regexes.split("\n").some((regex) => new RegExp(regex, "u").test(path));
}
