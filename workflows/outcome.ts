import { Command, Option } from "commander";

import { parse } from "../shell/parse";
import { readForge, type Forge } from "./environment";
import type { Patience } from "./forge-api";
import { closeIssue, openIssue } from "./issue";

/** How a job ended, as `job.status` of a workflow says it. */
const STATUSES = ["success", "failure", "cancelled"] as const;
/** The workflows that nobody looks at. */
const JOBS = ["deploy", "drift"] as const;

/** How a run of a workflow ended. */
export interface Outcome {
  readonly job: (typeof JOBS)[number];
  readonly stack: string;
  readonly status: (typeof STATUSES)[number];
}

const MEANING: Readonly<Record<Outcome["job"], string>> = {
  deploy: "what is deployed may be half of what `main` says",
  drift: "nobody knows whether the servers still are what the program says",
};

/**
 * Tells in one issue that a deployment or the nightly comparison did not come through, and closes it after one that did.
 *
 * @returns a sentence about what was done.
 */
export async function tellOutcome(
  forge: Forge,
  { job, stack, status }: Outcome,
  patience?: Patience,
): Promise<string> {
  const matter = { kind: `${job}-failed`, stack } as const;
  const run = forge.run ? `[The run](${forge.run})` : "The run";
  if (status === "success") {
    const closed = await closeIssue(forge, matter, `${run} came through.`, patience);
    return closed.length > 0 ? `closed ${closed.map((one) => `#${one}`).join(", ")}` : "nothing to tell";
  }
  const body = [
    `${run} of workflow \`${job}\` for stack \`${stack}\` ended with **${status}**: ${MEANING[job]}.`,
    "",
    "1. Read why in its log. A refused policy or a wrong value is mended by a pull request.",
    "2. If the log names a lock whose owner has ended for certain, run the command that it names, with `--state-only`: " +
      `\`npm run repair -- --stack ${stack} --state-only --owner-is-gone <user@host:pid>\`.`,
    `3. Run the workflow \`${job}\` again; it first mends what an interrupted deployment left behind.`,
    "",
    "This issue closes itself after a run that comes through.",
  ].join("\n");
  const title = `Workflow ${job} of stack ${stack} did not come through`;
  return `told in #${await openIssue(forge, { ...matter, title }, body, patience)}`;
}

/**
 * `npm run outcome`: the last step of a workflow that nobody looks at.
 *
 * @returns 0 told, 2 wrong use.
 */
export async function outcome(args: readonly string[], env = process.env): Promise<number> {
  const command = new Command("npm run outcome --")
    .description("Tells on the forge how a workflow ended: opens one issue, or closes it.")
    .addOption(new Option("--job <name>", "the workflow").choices(JOBS).makeOptionMandatory())
    .addOption(new Option("--status <status>", "how it ended").choices(STATUSES).makeOptionMandatory())
    .option("-s, --stack <name>", "its stack", "prod")
    .allowExcessArguments(false)
    .exitOverride();
  const ended = parse(command, args);
  if (ended !== undefined) return ended;
  console.error(await tellOutcome(readForge(env), command.opts<Outcome>()));
  return 0;
}
