/** A letter, an escape or a class, with how often it may stand. */
interface One {
  readonly first: string;
  readonly least: number;
  readonly most: number;
}

/** A group that is there once, or may be missing. */
interface Group {
  readonly parts: readonly One[];
  readonly optional: boolean;
}

const ONE = String.raw`(?:\\(.)|\[(.)[^\]]*\]|([^()?]))(?:\{(\d+)(?:,(\d+))?\}|(\?))?`;
const GROUP = String.raw`\(((?:\\.|\[[^\]]*\]|[^()])*)\)(\??)`;

function one([, escape, letter, plain, least, most, optional]: readonly (string | undefined)[]): One {
  const first = escape ?? letter ?? plain ?? "";
  if (optional) return { first, least: 0, most: 1 };
  return { first, least: Number(least ?? 1), most: Number(most ?? least ?? 1) };
}

function onesOf(text: string): One[] {
  return [...text.matchAll(new RegExp(ONE, "g"))].map((match) => one(match));
}

/** The parts of a regex that is narrow in form (`tooWide`). */
function partsOf(regex: string): (One | Group)[] {
  return [...regex.matchAll(new RegExp(`${GROUP}|${ONE}`, "g"))].map(([, inner, mark, ...rest]) =>
    inner === undefined ? one(["", ...rest]) : { parts: onesOf(inner), optional: mark === "?" },
  );
}

const varies = (part: One | Group): boolean =>
  "parts" in part ? part.optional || part.parts.some(varies) : part.least !== part.most;

/** A text that a narrow regex matches: its shortest, each class at its first letter. */
export function sampleOf(regex: string): string {
  return partsOf(regex)
    .map((part) => {
      if ("parts" in part)
        return part.optional ? "" : part.parts.map(({ first, least }) => first.repeat(least)).join("");
      return part.first.repeat(part.least);
    })
    .join("");
}

/**
 * Why a server would refuse a regex of a narrow form, or take long to match it; undefined when it does neither.
 *
 * Two parts of varying length side by side can share out a text in many ways, all of which are tried before the regex
 * fails. Dots and slashes, which no class holds, keep the parts of two labels apart.
 */
export function slowOrBroken(regex: string): string | undefined {
  let varying = 0;
  for (const part of partsOf(regex)) {
    const ones = "parts" in part ? part.parts : [part];
    if (ones.some(({ least, most }) => least > most)) return "has a repetition of at least more than at most";
    if ("parts" in part && part.optional && part.parts.every(({ least }) => least === 0)) {
      return "has an optional group that can be empty";
    }
    if ("first" in part && /[./]/.test(part.first)) varying = 0;
    if (varies(part)) varying += 1;
    if (varying > 1 || ("parts" in part && part.parts.filter(varies).length > 1)) {
      return "has two parts of varying length in one label, which can take very long to match";
    }
  }
  return undefined;
}
