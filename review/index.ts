import { existsSync, mkdirSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Workspace } from "../state/workspace";
import { FORMATS, readArguments, type Asked, type Format } from "./arguments";
import { VERDICTS } from "./findings/finding";
import { html } from "./formats/html";
import { json } from "./formats/json";
import { markdown } from "./formats/markdown";
import { reportOf, type Report } from "./report";
import { fromEngine, fromFiles, Unreviewable } from "./sources";
import { svg } from "./formats/svg";

const RENDER: Readonly<Record<Format, (report: Report) => string>> = { markdown, html, svg, json };

const EXTENSION: Readonly<Record<Format, string>> = {
  markdown: "md",
  html: "html",
  svg: "svg",
  json: "json",
};

/**
 * The command `npm run review`.
 *
 * @param open opens the workspace of a stack; not called where files are given.
 * @returns the exit code: 0 reviewed, 1 cannot be reviewed, 2 wrong use, 3 where `--fail-on` says so.
 */
export async function review(
  args: readonly string[],
  open: (stack: string) => Promise<Workspace>,
): Promise<number> {
  const asked = readArguments(args);
  if (typeof asked === "number") return asked;
  const input = overwritten(asked);
  if (input !== undefined) {
    console.error(
      `error: --output would overwrite ${input}, which is to be read\n  mend: give --output another path`,
    );
    return 2;
  }
  // What an earlier run wrote must not pass for the report of this one.
  for (const file of filesOf(asked)) rmSync(file, { force: true });
  let report: Report;
  try {
    report = reportOf(await sourceOf(asked, open));
  } catch (error) {
    if (!(error instanceof Unreviewable)) throw error;
    console.error(error.message.trimEnd());
    return 1;
  }
  put(report, asked);
  const worst = asked.failOn === undefined ? VERDICTS.length : VERDICTS.indexOf(asked.failOn);
  return VERDICTS.indexOf(report.verdict) >= worst ? 3 : 0;
}

async function sourceOf({ preview, before, stack }: Asked, open: (stack: string) => Promise<Workspace>) {
  if (preview !== undefined) return fromFiles(preview, before);
  const workspace = await open(stack);
  try {
    return await fromEngine(workspace);
  } finally {
    await workspace.close();
  }
}

/** Whether the reports go into a folder, in all formats. */
function isFolder(output: string): boolean {
  return output.endsWith("/") || statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What the command writes: none, one file, or a file of each format. */
function filesOf({ output }: Asked): string[] {
  if (output === undefined) return [];
  return isFolder(output) ? FORMATS.map((one) => join(output, `access.${EXTENSION[one]}`)) : [output];
}

/** The input that an output would take the place of. */
function overwritten(asked: Asked): string | undefined {
  const outputs = filesOf(asked)
    .filter((file) => existsSync(file))
    .map((file) => realpathSync(file));
  return [asked.preview, asked.before].find(
    (file) => file !== undefined && existsSync(file) && outputs.includes(realpathSync(file)),
  );
}

/** Prints the report, or writes it: one file, or a folder with all formats. */
function put(report: Report, asked: Asked): void {
  const { output, format } = asked;
  if (output === undefined) {
    process.stdout.write(RENDER[format](report));
    return;
  }
  const files = filesOf(asked);
  const formats = isFolder(output) ? FORMATS : [format];
  if (isFolder(output)) mkdirSync(output, { recursive: true });
  for (const [index, file] of files.entries()) writeFileSync(file, RENDER[formats[index] ?? format](report));
  console.error([`${report.verdict}: ${report.headline}`, ...files].join("\n"));
}
