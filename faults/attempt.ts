import { converge } from "../commands/converge";
import { census, differences } from "./census";
import type { Ground } from "./ground";
import type { Kind } from "./kinds";

/** What came of one harm. */
export interface Outcome {
  /** The next ordinary `up` ended well, and a refreshed preview after it has nothing to do. */
  readonly converged: boolean;
  /** Where an engine failed: it said what happened. */
  readonly told: boolean;
  /** Objects that are gone; secrets that are others. */
  readonly lost: readonly string[];
  /** Objects that are there twice, or that nobody knows. */
  readonly surplus: readonly string[];
  /** What the engine and the mending said last, where it did not end well. */
  readonly said?: string;
}

/** What an engine that is not ended from outside has to say: an error of its own, or who holds the lock. */
const TOLD = /error:|currently locked by|mend:/;

/** Does one harm on a fresh copy, then what an operator does: `up` again. */
export async function attempt(
  ground: Ground,
  kind: Kind,
  chance: (most: number) => number,
): Promise<Outcome> {
  return ground.on(
    kind.from,
    (directory) => kind.before?.(ground, directory),
    async (site) => {
      const ended = await kind.during?.(ground, site, chance);
      site.proxy.heal();
      const mended = await converge(site.workspace);
      const after = await site.workspace.pulumi(["preview", "--refresh", "--expect-no-changes"]);
      const now = census(site.directory);
      const { lost, surplus } = differences(ground.whole, now);
      const others = kind.from === "whole" && now.secrets !== ground.whole.secrets ? ["secrets"] : [];
      const converged = mended.code === 0 && after.code === 0;
      // An engine that was killed says nothing; the next one does.
      const failed = ended?.code !== undefined && ended.code !== 0;
      return {
        converged,
        told: !failed || TOLD.test(ended.said),
        lost: [...lost, ...others],
        surplus,
        said: converged ? undefined : [ended?.said, mended.stdout, mended.stderr, after.stdout].join("\n"),
      };
    },
  );
}
