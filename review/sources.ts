import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { policyArguments } from "../state/policy";
import type { Finished } from "../shell/process";
import { unreachable } from "../live/reach";
import type { Workspace } from "../state/workspace";
import type { Difference } from "../adoption/differences";
import { handChangesOf } from "../repair/hand-change";
import { handUpgradesOf, type HandUpgrade } from "../repair/hand-upgrade";
import { previewed } from "../state/engine";
import {
  readDeployment,
  readPreviewAnswer,
  SECRET,
  type PreviewAnswer,
  type Resource,
  type Step,
} from "../state/resources";
import { readRefusals, type Refusal } from "./findings/refusals";
import { count } from "../shell/words";

/** What the report is made of. */
export interface Reviewed {
  readonly stack: string;
  readonly steps: readonly Step[];
  /** What the policy pack has against it; empty where it was not asked. */
  readonly refusals?: readonly Refusal[];
}

/** The preview cannot be reviewed; the message says why and what mends it. */
export class Unreviewable extends Error {}

/** Asks the engine: one preview tells both what is deployed, as it is now, and what would be. */
export async function fromEngine(workspace: Workspace): Promise<Reviewed> {
  const { stack } = workspace;
  const selected = await workspace.select();
  if (selected.code !== 0) {
    const said = (selected.stderr || selected.stdout).trim();
    throw new Unreviewable(
      `stack ${stack} cannot be selected: ${said}\n  mend: pulumi stack ls   (or pulumi stack init ${stack})`,
    );
  }
  const stopped = await unreachable(workspace, { show: false });
  if (stopped) throw new Unreviewable((stopped.stderr || stopped.stdout).trim());
  const upgrades = handUpgradesOf(workspace);
  const changes = handChangesOf(workspace);
  // What keeps them from being told is told below, after what the preview says.
  for (const each of [upgrades, changes]) each.catch(() => undefined);
  const { code, stdout, stderr, refusals } = await preview(workspace);
  let answer: PreviewAnswer;
  try {
    answer = readPreviewAnswer(stdout);
  } catch (error) {
    throw new Unreviewable(code === 0 ? String(error) : (stderr || stdout).trim());
  }
  if (code !== 0 && answer.errors.length === 0) throw new Unreviewable((stderr || stdout).trim());
  const told = reviewed(answer, [], `the preview of stack ${stack}`, refusals);
  const byHand = [await upgrades, await changes] as const;
  const steps = told.steps.map((step) => asChanged(asUpgraded(step, byHand[0]), byHand[1]));
  return { ...told, steps, refusals };
}

/** A step with what was changed by hand where no refresh looks. */
function asChanged(step: Step, changes: readonly Difference[]): Step {
  const { op, before, after, differences } = step;
  if (!before || !after) return step;
  const own = changes.filter(({ urn, field, live }) => urn === step.urn && after.inputs[field] !== live);
  if (own.length === 0) return step;
  const live = Object.fromEntries(own.map((each) => [each.field, each.live]));
  return {
    ...step,
    op: op === "same" ? "update" : op,
    before: { ...before, inputs: { ...before.inputs, ...live }, outputs: { ...before.outputs, ...live } },
    differences: { ...differences, ...Object.fromEntries(own.map(({ field }) => [field, "update"])) },
  };
}

/** A step with what no refresh sees of a release that was upgraded past the program: the values that it has. */
function asUpgraded(step: Step, upgrades: readonly HandUpgrade[]): Step {
  const { urn, op, before, after, differences } = step;
  const upgrade = upgrades.find((each) => each.urn === urn);
  if (!upgrade || !before || !after) return step;
  return {
    ...step,
    op: op === "same" ? "update" : op,
    before: { ...before, inputs: { ...before.inputs, values: upgrade.values ?? SECRET } },
    differences: { ...differences, values: "update" },
  };
}

/** One preview with the policy pack, and what the pack said. */
async function preview(workspace: Workspace): Promise<Finished & { readonly refusals: readonly Refusal[] }> {
  const folder = mkdtempSync(join(tmpdir(), "review-"));
  try {
    const events = join(folder, "events.jsonl");
    const args = ["--refresh", "--event-log", events, ...policyArguments(workspace, [])];
    const finished = await previewed(workspace, args, {
      // The log of events is an option for tools, which the CLI hides from people.
      env: { PULUMI_DEBUG_COMMANDS: "true" },
    });
    return { ...finished, refusals: existsSync(events) ? readRefusals(readFileSync(events, "utf8")) : [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Reads what CI hands over.
 *
 * @param preview answer of `pulumi preview --json --show-sames --refresh`.
 * @param before answer of `pulumi stack export`, where the preview was made without `--show-sames`, or to check it.
 */
export function fromFiles(preview: string, before?: string): Reviewed {
  const answer = readFile(preview, readPreviewAnswer);
  const deployed = before === undefined ? [] : readFile(before, readDeployment).resources;
  return reviewed(answer, deployed, preview);
}

function readFile<T>(file: string, read: (text: string) => T): T {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Unreviewable(`${file} cannot be read: ${message(error)}`);
  }
  try {
    return read(text);
  } catch (error) {
    throw new Unreviewable(`${file}: ${message(error)}`);
  }
}

const HOW = "pulumi preview --json --show-sames --refresh";

/** @param deployed what the state holds; empty where only the preview tells. */
function reviewed(
  answer: PreviewAnswer,
  deployed: readonly Resource[],
  source: string,
  refusals: readonly Refusal[] = [],
): Reviewed {
  const { steps, errors, summary } = answer;
  const told = toldBy(errors);
  // A preview that the policy pack refuses runs to its end, and then fails without a word more.
  const refused = told.length === 0 && refusals.some(({ mandatory }) => mandatory);
  if (errors.length > 0 && !refused) throw new Unreviewable(failure(told));
  const stacks = new Set([...steps, ...deployed].map(({ urn }) => stackOf(urn)));
  const [stack] = stacks;
  if (stacks.size > 1) {
    throw new Unreviewable(`the state and the preview are of several stacks: ${[...stacks].join(", ")}`);
  }
  const seen = new Set(steps.flatMap(({ urn, before }) => [urn, before?.urn ?? urn]));
  const silent = deployed.filter(({ urn, type }) => !seen.has(urn) && !type.startsWith("pulumi:providers:"));
  const found: Record<string, number> = { same: silent.length };
  for (const { op } of steps) found[op] = (found[op] ?? 0) + 1;
  for (const [op, expected] of Object.entries(summary)) {
    const missing = expected - (found[op] ?? 0);
    if (missing <= 0) continue;
    const mend = op === "same" && !found.same ? "it was made without --show-sames" : "it is cut off";
    throw new Unreviewable(
      `${source} lacks ${missing} of ${count(expected, "step")} "${op}": ${mend}. Make it again: ${HOW}`,
    );
  }
  if (silent.length > 0 && (found.same ?? 0) > (summary.same ?? 0)) {
    throw new Unreviewable(
      `${source} says nothing about ${silent[0]?.urn ?? ""}, which is in the state: it is cut off, or of another time. Make it again: ${HOW}`,
    );
  }
  if (stack === undefined) throw new Unreviewable(`${source} has no steps: there is nothing to review`);
  return { stack, steps: [...steps, ...silent.map(unchanged)] };
}

function unchanged(resource: Resource): Step {
  return { op: "same", urn: resource.urn, before: resource, after: resource, differences: {} };
}

/** `urn:pulumi:<stack>::<project>::…`. */
function stackOf(urn: string): string {
  return urn.split("::", 1)[0]?.replace("urn:pulumi:", "") ?? "";
}

function toldBy(errors: readonly string[]): string[] {
  return errors
    .map((error) => error.replace(/^error: /, "").trim())
    .filter((error) => error !== "preview failed");
}

function failure(told: readonly string[]): string {
  // The answer holds nothing of what a policy pack says.
  const reasons =
    told.length > 0 ? told : ["it gives no reason, as where a policy pack refuses it: see its log"];
  return `the preview fails, so there is nothing to review:\n${reasons.join("\n")}`;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error).replace(/^Error: /, "");
}
