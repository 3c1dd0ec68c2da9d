import { createHash } from "node:crypto";

/** A secret on its way from one server to another. However it is printed, it shows nothing. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value, for the one call that hands it on. */
  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  /** Twelve hex digits by which two places can be compared. Only for secrets with too much entropy to be guessed. */
  get digest(): string {
    return createHash("sha256").update(this.#value).digest("hex").slice(0, 12);
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
