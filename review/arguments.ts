import { Command, CommanderError, InvalidArgumentError, Option } from "commander";

import { VERDICTS, type Verdict } from "./findings/finding";

export const FORMATS = ["markdown", "html", "svg", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** What the command was asked for. */
export interface Asked {
  readonly stack: string;
  readonly format: Format;
  /** A file, or a folder for all formats. */
  readonly output?: string;
  readonly before?: string;
  readonly preview?: string;
  /** Ends with 3 where the verdict is this or worse. */
  readonly failOn?: Exclude<Verdict, "unchanged">;
}

/**
 * Reads the command line.
 *
 * @returns the exit code, where there is nothing more to do: 0 after `--help`, 2 for wrong use.
 */
export function readArguments(args: readonly string[]): Asked | number {
  const command = new Command("npm run review --")
    .description("Who gains or loses access to what by the changes that are not applied yet.")
    .option("-s, --stack <name>", "stack to preview", filled, "local")
    .addOption(new Option("-f, --format <format>", "what to print").choices([...FORMATS]).default("markdown"))
    .option(
      "-o, --output <path>",
      "file to write, or an existing folder (or a path that ends in /) for all formats",
      filled,
    )
    .option(
      "--preview <file>",
      "answer of `pulumi preview --json --show-sames --refresh`, in place of asking the engine",
      filled,
    )
    .option("--before <file>", "answer of `pulumi stack export`, to check the preview against", filled)
    .addOption(
      new Option("--fail-on <verdict>", "end with exit code 3 where the verdict is this or worse").choices(
        VERDICTS.filter((verdict) => verdict !== "unchanged"),
      ),
    )
    .addHelpText("after", "\nExit codes: 0 reviewed, 1 cannot be reviewed, 2 wrong use, 3 see --fail-on.")
    .allowExcessArguments(false)
    .exitOverride();
  try {
    command.parse(args, { from: "user" });
    const asked = command.opts<Asked>();
    if (asked.before !== undefined && asked.preview === undefined)
      command.error("error: --before needs --preview: the state alone does not tell what would be");
    if (asked.preview !== undefined && command.getOptionValueSource("stack") === "cli")
      command.error("error: --stack and --preview exclude each other: the preview tells its stack");
    return asked;
  } catch (error) {
    // Commander has said why.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

function filled(value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("It is empty.");
  return value;
}
