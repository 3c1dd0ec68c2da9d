import { whileWaiting } from "../shell/patience";
import { visible } from "../stacks/visible";
import type { Action, Context } from "./context";
import { Refusal } from "./refusal";

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
    try {
      await whileWaiting(name, act, (text) => context.say(text));
    } catch (error) {
      const [detail] = error instanceof Error ? error.message.split("\n") : [];
      context.log({ ...line, outcome: "failed", detail });
      throw error;
    }
    this.names.push(name);
    context.say(name);
    context.log({ ...line, outcome: "done" });
  }
}
