import fc from "fast-check";

/** Runs of each property; the seed and path of a failure are printed by fast-check and can be set here to repeat it. */
const RUNS = 300;

/** Pieces with which texts break out of what they stand in. */
const PIECES = [
  '"',
  "'",
  "\\",
  "\n",
  "\r",
  "\0",
  "\u2028",
  "\u202e",
  "${x}",
  "%(x)s",
  "{{x}}",
  "<script>",
  "--",
  ";",
  "$(id)",
  "`id`",
  "../",
  "//",
  "@",
  ":",
  "#",
  "?",
  "*",
  ".*",
  "|",
  "^",
  "$",
  "(",
  ")",
  "[",
  "]",
  "plana",
  "evil.com",
  "javascript:",
  "\ud800",
  "__proto__",
  "constructor",
];

/** Any text, often with such pieces in it. */
export const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6 })), { maxLength: 8 })
    .map((parts) => parts.join("")),
);

/** Asserts a property for many values. */
export function always<T>(of: fc.Arbitrary<T>, holds: (value: T) => void): void {
  fc.assert(fc.property(of, holds), { numRuns: RUNS });
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names: a label, and a subdomain. */
export const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
export const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/;
