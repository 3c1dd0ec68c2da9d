import { existsSync, readFileSync } from "node:fs";

import { census, changedSecrets, without, type Census } from "./census";
import type { Ground } from "./ground";
import type { Chance, Harm, Undisturbed } from "./harms";
import { directoryOf, type Site } from "./site";
import { UP, type Subject } from "./subjects";

/** What came of one harm. */
export interface Outcome {
  /** Whether the harm met the command: one that ended sooner than an undisturbed run was spared. */
  readonly struck: boolean;
  /** What chance drew for it, in the order of drawing: at which request, or after how many milliseconds, it was harmed. */
  readonly drawn: readonly number[];
  /** The command could be run again to its end, `up` after it too, and a refreshed preview has nothing to do then. */
  readonly converged: boolean;
  /** It was said what happened: by what failed, or, where it was ended from outside, by what ran next. */
  readonly told: boolean;
  /** Objects that are gone, and secrets that are others. */
  readonly lost: readonly string[];
  /** Objects that are there twice, or that nobody knows. */
  readonly surplus: readonly string[];
  /** What disabled people still hold, and would not after an undisturbed run. */
  readonly in: readonly string[];
  /** What was said, where it did not go well. */
  readonly said?: string;
}

/** What a subject does when nothing happens to it. */
export interface Usual extends Undisturbed {
  readonly end: Census;
  /** Secrets that are others afterwards, as they are meant to be. */
  readonly changed: readonly string[];
}

/** Runs a subject undisturbed, to compare with. */
export async function usual(ground: Ground, subject: Subject): Promise<Usual> {
  const folder = ground.fresh(subject.from);
  subject.edit?.(folder);
  const site = await ground.open(folder);
  try {
    const before = censusOrNone(folder);
    site.heal();
    const begun = performance.now();
    const ended = await site.run(subject.args);
    const milliseconds = Math.ceil(performance.now() - begun);
    const requests = site.count;
    const rest = await settle(site, subject, ended.code === 0);
    if (ended.code !== 0 || !rest.converged)
      throw new Error(
        `${subject.args.join(" ")} does not do even when nothing disturbs it:\n${ended.said}${rest.said}`,
      );
    const end = census(site.directory);
    return {
      requests: Math.max(1, requests),
      milliseconds,
      end,
      changed: before ? changedSecrets(before, end) : [],
    };
  } finally {
    await site.remove();
  }
}

/** Does one harm to a subject on a fresh copy, then what an operator does: the same again, and `up`. */
export async function attempt(
  ground: Ground,
  subject: Subject,
  harm: Harm,
  chance: Chance,
  expected: Usual,
): Promise<Outcome> {
  const folder = ground.fresh(subject.from);
  subject.edit?.(folder);
  const before = censusOrNone(folder);
  const drawn: number[] = [];
  const draw: Chance = (most) => {
    const number = chance(most);
    drawn.push(number);
    return number;
  };
  harm.before?.(ground, folder, draw);
  const site = await ground.open(folder);
  try {
    const ended = await (harm.during?.(site, subject, draw, expected) ?? site.run(subject.args));
    site.heal();
    const interrupted = hasUnfinished(site);
    const rest = await settle(site, subject, ended.code === 0 || subject.args === UP);
    const now = census(site.directory);
    const changed = before ? changedSecrets(before, now) : [];
    const secrets = changed.filter((place) => !expected.changed.includes(place));
    // What is ended from outside says nothing; the next one does. Who waits for ever must say how that is ended.
    const told = ended.hung
      ? ended.said.includes("Ctrl-C")
      : ended.code === undefined
        ? !interrupted || /operations? (?:was|were) interrupted|is damaged/.test(rest.said)
        : ended.code === 0 || /error:|mend:|currently locked by|is locked by/.test(ended.said);
    const outcome = {
      struck: ended.struck ?? true,
      drawn,
      converged: rest.converged,
      told,
      lost: [...without(expected.end.objects, now.objects), ...secrets],
      surplus: without(now.objects, expected.end.objects),
      in: without(now.in, expected.end.in),
    };
    return isUnharmed(outcome) ? outcome : { ...outcome, said: `${ended.said}\n== next\n${rest.said}` };
  } finally {
    await site.remove();
  }
}

/** Who is spared so often in a row will be again. */
const MOST_DRAWS = 5;

/** Makes an attempt; while the harm comes too late to meet it, another one, in which chance draws another moment. */
export async function untilStruck(once: () => Promise<Outcome>): Promise<Outcome> {
  let outcome = await once();
  for (let made = 1; made < MOST_DRAWS && !outcome.struck && isUnharmed(outcome); made += 1) {
    outcome = await once();
  }
  return outcome;
}

/** Whether nothing was lost, doubled or left unsaid. */
export function isUnharmed({ converged, told, lost, surplus, in: inside }: Outcome): boolean {
  return converged && told && lost.length + surplus.length + inside.length === 0;
}

/**
 * Does what an operator does: the same again unless it has ended well, then `up`, and where that stops, what it says that
 * mends it. A refreshed preview must have nothing to do then. Where it has nothing to do before that `up`, which begins with
 * the same preview, and nothing is left to be mended either, that `up` is spared: it takes half of an attempt's time.
 */
async function settle(
  site: Site,
  subject: Subject,
  done: boolean,
): Promise<{ readonly converged: boolean; readonly said: string }> {
  const said: string[] = [];
  const run = async (args: readonly string[]) => {
    const ended = await site.run(args);
    said.push(`$ npm run ${args.join(" ")}`, ended.said);
    return ended;
  };
  const hasNothingToDo = async () => {
    const { code, stdout, stderr } = await site.pulumi(["preview", "--refresh", "--expect-no-changes"]);
    said.push(stdout, stderr);
    return code === 0;
  };
  const again = done ? undefined : await run(subject.args);
  const finishes = again === undefined || again.code === 0;
  if (subject.args !== UP && !hasUnfinished(site) && !site.isLocked && (await hasNothingToDo()))
    return { converged: finishes, said: said.join("\n") };
  let up = await run(UP);
  if (up.code !== 0) {
    const tried = new Set<string>();
    let next = mendOf(up.said, tried);
    while (next && tried.size < MOST_MENDS) next = mendOf((await run(next)).said, tried);
    up = await run(UP);
  }
  const settled = await hasNothingToDo();
  return { converged: finishes && up.code === 0 && settled, said: said.join("\n") };
}

/** Longest way from a failed `up` to one that works, in commands. */
const MOST_MENDS = 5;

/** The first command that a message gives and that has not been tried, without npm's own dashes. */
function mendOf(said: string, tried: Set<string>): string[] | undefined {
  const given = [...said.matchAll(/^(?:\s+|.*Next: )npm run ([a-z]+ .+)$/gm)].map(
    ([, command = ""]) => command,
  );
  const command = given.find((each) => !tried.has(each));
  if (command === undefined) return undefined;
  tried.add(command);
  return command.split(" ").flatMap((part) => (part === "--" ? [] : [part.replace(/^'|'$/g, "")]));
}

function hasUnfinished({ stateFile }: Site): boolean {
  return existsSync(stateFile) && readFileSync(stateFile, "utf8").includes('"pending_operations"');
}

/** Of a stack before its first `up` there is nothing to compare. */
function censusOrNone(folder: string): Census | undefined {
  const directory = directoryOf(folder);
  return existsSync(`${directory}/kubernetes.json`) ? census(directory) : undefined;
}
