/** The outputs of a stack that the table shows. */
export interface StackOutputs {
  readonly applications: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly mode: string;
        readonly url: string;
        readonly access: readonly string[];
      }
    >
  >;
}

/** Applications, their mode and who may enter, for the terminal. */
export function accessTable({ applications }: StackOutputs): string {
  const rows = [
    ["Application", "Mode", "Address", "Who may enter"],
    ...Object.values(applications)
      .map(({ name, mode, url, access }) => [name, mode, url, access.join(", ")])
      .sort(([a = ""], [b = ""]) => a.localeCompare(b)),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
