import type { KnobName, Knobs } from "./knobs";
import type { Resource, Stack } from "./model";

/** What a rule found. No text of it may hold a secret. */
export interface Violation {
  /** What is wrong, with the value that is wrong. */
  readonly what: string;
  /** Resource it is wrong with; the stack when absent. */
  readonly urn?: string;
}

interface Told {
  /** Name in kebab case. */
  readonly name: string;
  /** A mandatory rule stops the update; an advisory one warns. */
  readonly level: "mandatory" | "advisory";
  /** Why the rule is there. */
  readonly reason: string;
  /** What to do about a violation. */
  readonly mend: string;
  /** The knobs it reads. */
  readonly knobs?: readonly KnobName[];
}

/** A rule about one resource as the program gives it: holds before the resource is touched, preview or not. */
export interface ResourceRule extends Told {
  /** The one type it is about, where it is one: the SDK then unpacks no other resource for it. */
  readonly type?: string;
  readonly resource: (resource: Resource, knobs: Knobs) => readonly Violation[];
}

/** A rule about one resource that needs to know which of its inputs are marked secret. */
export interface SecrecyRule extends Told {
  readonly secrecy: (resource: Resource, isSecret: (property: string) => boolean) => readonly Violation[];
}

/** A rule about the stack as a whole: checked at the end of the preview, so before an update touches anything. */
export interface StackRule extends Told {
  readonly stack: (stack: Stack, knobs: Knobs) => readonly Violation[];
}

export type Rule = ResourceRule | SecrecyRule | StackRule;

/** One violation of a resource, or none. */
export function violation(resource: Pick<Resource, "urn">, what: string | undefined): Violation[] {
  return what === undefined ? [] : [{ what, urn: resource.urn }];
}

/** A value as a message shows it: never a whole page. */
export function shown(value: unknown): string {
  if (typeof value === "symbol") return "(not known before the update)";
  if (value === undefined) return "(nothing)";
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
