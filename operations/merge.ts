/**
 * What an operator is told whose change runs already, while the data that everybody else applies is older.
 *
 * @param what what is to be merged.
 * @param until what the program does meanwhile.
 */
export function mergeFirst(what: string, stack: string, until: string): string {
  return `Merge ${what} before the next \`up\` or deploy of stack ${stack}: until then the program ${until}.`;
}
