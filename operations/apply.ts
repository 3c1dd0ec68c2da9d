import { policyArguments } from "../state/policy";
import { settled, unlocking } from "../repair/converge";
import { whileWaiting } from "../shell/patience";
import type { Finished } from "../shell/process";
import type { Workspace } from "../state/workspace";
import { previewed } from "../state/engine";
import { readPreview } from "../state/resources";
import type { Context } from "./context";
import { mend } from "./mend";
import { Refusal } from "./refusal";

/** What a change may touch. */
export interface Scope {
  /** What the change is, for messages. */
  readonly what: string;
  /** URNs of what belongs to it; nothing else is touched. */
  readonly targets: readonly string[];
  /** Inputs that may change, by URN; an absent one may change in any input. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Whether the provider asks the servers first; not while its own token changes. */
  readonly refresh: boolean;
}

/**
 * Mends what an interrupted run left in the state, so that every verb can be run again. A dry run only looks.
 *
 * @throws Refusal where it cannot be mended; it has been said why.
 */
export async function soundState(context: Context): Promise<void> {
  const { workspace, dryRun } = context;
  if (!dryRun && !(await settled(workspace, (text) => context.say(text))))
    throw new Refusal(`Nothing was done: stack ${workspace.stack} is to be mended first, as said above.`);
}

/**
 * Asks, before a change is written down, what `applyOnly` asks once it is: refused only then, the change would be left to the
 * next `up`, which does no more than to apply it.
 *
 * @throws Refusal as `applyOnly`.
 */
export async function nothingElse(context: Context, scope: Scope): Promise<void> {
  const what = "whether anything else would change: a refreshed preview";
  await whileWaiting(
    what,
    () => changesWithin(context.workspace, scope),
    (text) => context.say(text),
  );
}

/**
 * Applies what lies within a scope, once a preview has shown that nothing else would change. That preview has checked the
 * policy pack's rules about the whole stack before anything is touched, so the update, which the pack checks once more,
 * skips a preview of its own.
 *
 * @param always also where the preview shows no change.
 * @throws Refusal when the engine would do anything that does not belong to the change: the program then differs from
 * what runs by something else, which is to be reviewed and applied first; or with what the CLI said.
 */
export async function applyOnly(context: Context, scope: Scope, always = false): Promise<void> {
  const { workspace } = context;
  const update = ["up", "--yes", "--skip-preview", ...argumentsOf(workspace, scope)];
  // Both once more where a lock was in the way: what was mended then may have changed what would be done.
  const applied = async (): Promise<Finished> =>
    (await changesWithin(workspace, scope)) || always
      ? workspace.pulumi(update)
      : { code: 0, stdout: "", stderr: "" };
  const ran = await unlocking(workspace, (text) => context.say(text), applied);
  if (ran.code !== 0) {
    throw new Refusal(
      `${scope.what} could not be applied:\n${said(ran)}\n` +
        `  mend: what is said above (a stack that is locked or was interrupted: npm run repair -- --stack ${workspace.stack}), then run this again`,
    );
  }
}

/** Whether the engine would do anything within the scope. @throws Refusal when it would do anything outside of it. */
async function changesWithin(workspace: Workspace, scope: Scope): Promise<boolean> {
  const ran = await previewed(workspace, argumentsOf(workspace, scope));
  if (ran.code !== 0) throw new Refusal(`${scope.what}: the preview failed:\n${said(ran)}`);
  const changes = readPreview(ran.stdout).filter(
    ({ op, urn }) => !["same", "read", "refresh"].includes(op) && !urn.includes("::pulumi:"),
  );
  const foreign = changes.flatMap(({ urn, op, differences }) => {
    if (!scope.targets.includes(urn)) return [`${op} of ${urn}`];
    const fields = scope.fields?.[urn];
    const others = Object.keys(differences).filter(
      (path) => fields && !fields.some((field) => path.split(/[.[]/)[0] === field),
    );
    return others.map((path) => `${path} of ${urn}`);
  });
  if (foreign.length > 0) {
    throw new Refusal(
      `${scope.what} would also change what does not belong to it:\n${foreign.map((line) => `    ${line}`).join("\n")}\n` +
        `  mend: ${mend.up(workspace.stack)}   (after review), then run this again`,
    );
  }
  return changes.length > 0;
}

/** As every `up`, checked by the policy pack. */
function argumentsOf(workspace: Workspace, { targets, refresh }: Scope): string[] {
  const urns = targets.flatMap((urn) => ["--target", urn]);
  return [...urns, `--refresh=${String(refresh)}`, ...policyArguments(workspace, [])];
}

/** The end of what the CLI said: the engine masks secrets itself. */
function said({ stdout, stderr }: Finished): string {
  const text = (stderr.trim() || stdout.trim()).split("\n");
  return text
    .slice(-25)
    .map((line) => `    ${line}`)
    .join("\n");
}
