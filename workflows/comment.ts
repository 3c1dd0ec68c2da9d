import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { Command } from "commander";

import { parse } from "../shell/parse";
import { pullRequestOf, readForge, type Forge } from "./environment";
import { ForgeApi, type Patience } from "./forge-api";
import { Author, ensure } from "./one-text";
import { carries, markerOf, same, textOf } from "./own-text";

/** Name of the artifact that holds the report in all its forms. */
const ARTIFACT = "access-report";

/** What is said about the one comment. */
export type CommentResult = "created" | "updated" | "unchanged";

/**
 * Writes the one comment of this stack on a pull request, or brings it up to date in place. Further ones of our own,
 * from two runs at once, are removed; somebody else's text with the same marker is left alone.
 */
export async function writeComment(
  forge: Forge,
  index: number,
  { stack, body }: { readonly stack: string; readonly body: string },
  patience?: Patience,
): Promise<CommentResult> {
  const api = new ForgeApi(forge, patience);
  const marker = markerOf("access-report", stack);
  const whole = forge.run
    ? `the artifact \`${ARTIFACT}\` of [this run](${forge.run})`
    : "in the log of the run";
  const text = textOf(marker, body, whole);
  const author = await Author.of(api, forge);
  const find = async (tried: boolean) =>
    (await api.comments(index)).filter(
      (one) => (author.wrote(one) && carries(one.body, marker)) || (tried && same(one.body, text)),
    );
  const { found, created } = await ensure(api, find, () => api.createComment(index, text));
  const [first, ...further] = found;
  if (!first) throw new Error("the forge answers no comment");
  if (created) author.check(first);
  for (const { id } of further) await api.deleteComment(id);
  if (same(first.body, text)) return created ? "created" : "unchanged";
  await api.updateComment(first.id, text);
  return "updated";
}

/**
 * `npm run comment`: puts a report on a pull request.
 *
 * @returns 0 done, 1 there was no report to put (the comment says so), 2 wrong use.
 */
export async function comment(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  patience?: Patience,
): Promise<number> {
  const command = new Command("npm run comment --")
    .description("Puts a report on a pull request as one comment, updated in place.")
    .requiredOption("--file <path>", "the report, in Markdown")
    .option("-s, --stack <name>", "stack that the report is about", "prod")
    .option("--pull <number>", "pull request; by default that of the event")
    .allowExcessArguments(false)
    .exitOverride();
  const ended = parse(command, args);
  if (ended !== undefined) return ended;
  const { file, stack, pull } = command.opts<{ file: string; stack: string; pull?: string }>();
  const forge = readForge(env);
  const index = pullRequestOf(env, pull);
  const folder = statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
  const report = existsSync(file) && !folder ? readFileSync(file, "utf8").trim() : "";
  // Left as it is, the comment would go on telling about an older commit.
  const body =
    report || `**No access report:** it could not be made; ${runOf(forge)} says why. Do not merge.`;
  const result = await writeComment(forge, index, { stack, body }, patience);
  console.error(`comment on pull request ${index}: ${result}`);
  if (report) return 0;
  console.error(
    folder
      ? `${file}: a folder; expected a report\n  mend: name the file in it, e.g. --file ${join(file, "access.md")}`
      : `${file}: expected a report\n  mend: npm run review -- --stack ${stack} --output ${file}`,
  );
  return 1;
}

function runOf({ run }: Forge): string {
  return run ? `[the run](${run})` : "the run";
}
