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

/** A file of data was written by somebody else after it had been read: written back, their change would be lost. */
export class ChangedMeanwhile extends Refusal {
  constructor(path: string) {
    super(`${path} was changed meanwhile: nothing was written\n  mend: run this again`);
    this.name = "ChangedMeanwhile";
  }
}
