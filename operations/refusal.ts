/** A command was refused, or used wrongly; the message says what mends it. */
export class Refusal extends Error {
  /** @param code 1 refused or failed, 2 wrong use. */
  constructor(
    message: string,
    readonly code: 1 | 2 = 1,
  ) {
    super(message);
    this.name = "Refusal";
  }
}
