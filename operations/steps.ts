import type { Action, Context } from "./context";

/** Steps of one verb on one subject: each is said, logged, and in a dry run only told. */
export class Steps {
  /** What was done, or would be. */
  readonly names: string[] = [];

  constructor(
    private readonly context: Context,
    private readonly subject: Pick<Action, "verb" | "whom">,
  ) {}

  /** @param name what is so when it is done; no secret. */
  async take(name: string, act: () => Promise<unknown>): Promise<void> {
    const { context } = this;
    const line = { ...this.subject, step: name };
    if (context.dryRun) {
      this.names.push(name);
      context.say(`would: ${name}`);
      context.log({ ...line, outcome: "would be done" });
      return;
    }
    try {
      await act();
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
