import type { Finding } from "./finding";
import { compare } from "../model/applications";
import { names, say } from "../../shell/words";

/** What the policy pack has against a change. */
export interface Refusal {
  /** Name of the rule; docs/policy.md explains each. */
  readonly rule: string;
  /** The rule stops the update; else it warns. */
  readonly mandatory: boolean;
  /** What is wrong. */
  readonly what: string;
}

interface PolicyEvent {
  readonly policyName?: unknown;
  readonly enforcementLevel?: unknown;
  readonly message?: unknown;
}

/**
 * What the policy pack said, from the engine's log of events (one JSON value a line). The answer of
 * `pulumi preview --json` does not tell it.
 */
export function readRefusals(events: string): Refusal[] {
  return events.split("\n").flatMap((line): Refusal[] => {
    if (!line.includes('"policyEvent"')) return [];
    const { policyEvent } = JSON.parse(line) as { policyEvent?: PolicyEvent };
    if (typeof policyEvent?.policyName !== "string" || typeof policyEvent.message !== "string") return [];
    // Why the rule is there, what is wrong, and how it is mended: docs/policy.md has the first and the last.
    const [, ...rest] = policyEvent.message.trim().split("\n");
    const what = rest.join(" ").replace(/ ?mend: .*$/, "");
    const mandatory = policyEvent.enforcementLevel === "mandatory";
    return [{ rule: policyEvent.policyName, mandatory, what: what || policyEvent.message.trim() }];
  });
}

/** One sentence for each rule. */
export function refusalFindings(refusals: readonly Refusal[]): Finding[] {
  const byRule = new Map<string, { readonly mandatory: boolean; readonly what: Set<string> }>();
  for (const { rule, mandatory, what } of refusals) {
    const known = byRule.get(rule);
    if (known) known.what.add(what);
    else byRule.set(rule, { mandatory, what: new Set([what]) });
  }
  return [...byRule]
    .sort(([a], [b]) => compare(a, b))
    .map(([rule, { mandatory, what }]) => {
      const told = names([...what].sort(compare), 4);
      return mandatory
        ? { rule: "policy-refused", text: say`The policy ${rule} refuses it: ${told}.` }
        : { rule: "policy-warned", text: say`The policy ${rule} warns: ${told}.` };
    });
}
