/**
 * Numbers that look random and follow from a seed and a name alone, so that a run can be made again (mulberry32).
 *
 * @param name what the numbers are for: each has a sequence of its own, so that one alone meets the same numbers.
 * @returns a function that gives a whole number from 1 to `most`, both included.
 */
export function chance(seed: number, name: string): (most: number) => number {
  let state = seed >>> 0;
  for (const character of name) state = (Math.imul(state, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) % most) + 1;
  };
}
