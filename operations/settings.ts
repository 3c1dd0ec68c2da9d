import { KEYS, PROJECT, type Key } from "../stacks/config-keys";
import { withoutCredentials } from "../stacks/visible";
import type { Workspace } from "../state/workspace";
import { configuration, type Configured } from "../live/configuration";
import type { Secret } from "../live/secret";
import { saidOf } from "../live/server-error";
import { Refusal } from "./context";

/** The stack's configuration, as operator commands read it: one key at a time, each checked when it is needed. */
export class StackSettings {
  private constructor(
    private readonly stack: string,
    private readonly values: ReadonlyMap<string, Configured>,
  ) {}

  /** @throws Refusal when the CLI cannot read it. */
  static async read(workspace: Workspace): Promise<StackSettings> {
    const values = await configuration(workspace).catch((error: unknown) => {
      throw new Refusal(saidOf(error));
    });
    return new StackSettings(workspace.stack, values);
  }

  /** @returns undefined when the key is not set. @throws Refusal when it is malformed. */
  optional(name: keyof typeof KEYS): Secret | undefined {
    const found = this.values.get(`${PROJECT}:${name}`);
    if (!found) return undefined;
    const entry: Key = KEYS[name];
    if (entry.secret && !found.secret) throw this.refusal(name, "found a plain value");
    const read = entry.schema.safeParse(found.value.reveal());
    if (read.success) return found.value;
    const issues = read.error.issues.map(({ message }) => message).join(", ");
    const shown = found.secret
      ? "a secret of another form"
      : JSON.stringify(withoutCredentials(found.value.reveal()));
    throw this.refusal(name, `found ${shown}; expected ${issues}`);
  }

  /** @throws Refusal when the key is missing or malformed. */
  required(name: keyof typeof KEYS): Secret {
    const value = this.optional(name);
    if (value === undefined) throw this.refusal(name, "missing");
    return value;
  }

  private refusal(name: keyof typeof KEYS, why: string): Refusal {
    const { about, secret }: Key = KEYS[name];
    const key = `${PROJECT}:${name}`;
    return new Refusal(
      `${key}: ${why}; it is ${about}\n` +
        `  mend: npm run pulumi -- config set ${secret ? `--secret ${key}` : `${key} <value>`} --stack ${this.stack}`,
    );
  }
}
