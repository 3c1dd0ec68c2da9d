import { visible } from "../stacks/visible";
import type { Action, Context } from "./context";
import { Refusal } from "./refusal";

/** Milliseconds after which it is said again that a step goes on. */
const STILL = 15_000;

/** Milliseconds from which on it is also said how to stop it: a server that never answers keeps the engine waiting. */
const LONG = 60_000;

/** Steps of one verb on one subject: each is said, logged, and in a dry run only told. */
export class Steps {
  /** What was done, or would be. */
  readonly names: string[] = [];

  constructor(
    private readonly context: Context,
    private readonly subject: Pick<Action, "verb" | "whom">,
  ) {}

  /**
   * @param named what is so when it is done; no secret.
   * @throws Refusal when the operator has stopped the command.
   */
  async take(named: string, act: () => Promise<unknown>): Promise<void> {
    const { context } = this;
    const name = visible(named);
    const line = { ...this.subject, step: name };
    if (context.signal.aborted)
      throw new Refusal(`stopped before: ${name}\n  mend: run this again; it goes on`);
    if (context.dryRun) {
      this.names.push(name);
      context.say(`would: ${name}`);
      context.log({ ...line, outcome: "would be done" });
      return;
    }
    const started = Date.now();
    const still = setInterval(() => {
      const since = Date.now() - started;
      const stop = since < LONG ? "" : "; Ctrl-C twice stops it, and the same command goes on";
      context.say(`  … ${name}: not yet, after ${Math.round(since / 1000)} s${stop}`);
    }, STILL);
    try {
      await act();
    } catch (error) {
      const [detail] = error instanceof Error ? error.message.split("\n") : [];
      context.log({ ...line, outcome: "failed", detail });
      throw error;
    } finally {
      clearInterval(still);
    }
    this.names.push(name);
    context.say(name);
    context.log({ ...line, outcome: "done" });
  }
}
