import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { Command } from "commander";
import { z } from "zod";

import { parse } from "../shell/parse";
import { run } from "../shell/process";
import { readForge, type Forge } from "./environment";
import type { Patience } from "./forge-api";
import { closeIssue, openIssue } from "./issue";

/** What `npm run review` says about a stack. */
export interface Reviewed {
  readonly verdict: "unchanged" | "changed" | "unsafe";
  readonly headline: string;
  readonly markdown: string;
}

/** The part of the review's JSON that matters here; docs/review.md describes the whole. */
const REVIEW = z.object({
  version: z.literal(1),
  stack: z.string(),
  verdict: z.enum(["unchanged", "changed", "unsafe"]),
  headline: z.string(),
});

/** Reads what `npm run review -- --output <folder>/` wrote. */
export function readReview(folder: string, stack: string): Reviewed {
  const file = join(folder, "access.json");
  const result = REVIEW.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!result.success || result.data.stack !== stack)
    throw new Error(`${file}: expected an access report of version 1 of stack ${stack}`);
  const { verdict, headline } = result.data;
  return { verdict, headline, markdown: readFileSync(join(folder, "access.md"), "utf8") };
}

/**
 * Tells of drift in one issue, in access terms; closes it when the servers are again what the program says.
 *
 * @returns a sentence about what was done.
 */
export async function tellDrift(
  forge: Forge,
  stack: string,
  { verdict, headline, markdown }: Reviewed,
  patience?: Patience,
): Promise<string> {
  const matter = { kind: "drift", stack } as const;
  if (verdict === "unchanged") {
    const why = `The servers are again what the program says${forge.run ? ` ([run](${forge.run}))` : ""}.`;
    const closed = await closeIssue(forge, matter, why, patience);
    return closed.length > 0 ? `no drift; closed ${closed.map((one) => `#${one}`).join(", ")}` : "no drift";
  }
  const title = `${verdict === "unsafe" ? "Unsafe drift" : "Drift"}: stack ${stack} is not what the program says`;
  const body = [
    `Somebody or something changed the servers of stack \`${stack}\` past the program, or a deployment did not come through.`,
    "The report tells what the next `up` would change **back**: who it shows as losing access has it now without being meant to.",
    "",
    `- To undo it: run the workflow \`deploy\` by hand, or \`npm run up -- --stack ${stack}\`.`,
    "- To keep it: write it into `stacks/` and open a pull request. This issue closes itself when the drift is gone.",
    "",
    markdown,
  ].join("\n");
  const number = await openIssue(forge, { ...matter, title }, body, patience);
  return `drift (${headline}): told in #${number}`;
}

/**
 * `npm run drift`: compares the servers with the program and tells of it on the forge.
 *
 * Runs the same review as a pull request does (`preview --refresh`), which changes neither servers nor state.
 *
 * @returns 0 compared, and told on the forge; 1 could not be compared; 2 wrong use; with `--print` 3 where there is drift.
 */
export async function drift(root: string, args: readonly string[], env = process.env): Promise<number> {
  const command = new Command("npm run drift --")
    .description("Tells on the forge, in one issue, where the servers are not what the program says.")
    .option("-s, --stack <name>", "stack to compare", "local")
    .option("--print", "print the report instead; needs no forge")
    .option(
      "--from <folder>",
      "report that `npm run review -- --output <folder>/` wrote, in place of a new one",
    )
    .allowExcessArguments(false)
    .exitOverride();
  const ended = parse(command, args);
  if (ended !== undefined) return ended;
  const { stack, print, from } = command.opts<{ stack: string; print?: boolean; from?: string }>();
  // Read first: what is wrong with it is said before minutes are spent.
  const forge = print ? undefined : readForge(env);
  const folder = from ?? (await review(root, stack, env));
  if (folder === undefined) return 1;
  const reviewed = readReview(folder, stack);
  if (forge) {
    console.error(await tellDrift(forge, stack, reviewed));
    return 0;
  }
  console.log(reviewed.markdown);
  return reviewed.verdict === "unchanged" ? 0 : 3;
}

/** The same command as by hand. @returns the folder of the report; undefined where there is none, which has been said. */
async function review(root: string, stack: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = join(root, ".local", "drift", stack);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = [join(root, "commands", "start.mjs"), "review", "--stack", stack, "--output", `${folder}/`];
  // The review has no business with the forge.
  const rest = { ...env, FORGEJO_TOKEN: undefined, GITHUB_TOKEN: undefined };
  const { code } = await run(process.execPath, args, { cwd: root, env: rest, show: true });
  return code === 0 ? folder : undefined;
}
