import type { Text } from "../../shell/words";

/**
 * What the report looks for. `unsafe`: somebody could get in who should not, could be locked out, or something is
 * lost; `notice`: a reviewer should know. docs/review.md explains each.
 */
export const RULES = {
  "policy-refused": "unsafe",
  "application-open": "unsafe",
  "provider-shared": "unsafe",
  "second-factor": "unsafe",
  door: "unsafe",
  domain: "unsafe",
  lock: "unsafe",
  step: "unsafe",
  policy: "unsafe",
  mapping: "unsafe",
  "object-deleted": "unsafe",
  "object-replaced": "unsafe",
  "protection-dropped": "unsafe",
  "outpost-detached": "unsafe",
  "outpost-host": "unsafe",
  route: "unsafe",
  token: "unsafe",
  "redirect-uri-wide": "unsafe",
  "grant-type": "unsafe",
  "provider-weak": "unsafe",
  "public-path-wide": "unsafe",
  "passes-on-error": "unsafe",
  "client-changed": "unsafe",
  "group-renamed": "unsafe",
  superuser: "unsafe",
  "server-setting": "unsafe",
  "cluster-admin": "unsafe",
  consumer: "unsafe",
  "not-known": "unsafe",
  unread: "unsafe",
  "policy-warned": "notice",
  "person-added": "notice",
  "person-disabled": "notice",
  "person-enabled": "notice",
  "person-moved": "notice",
  "person-renamed": "notice",
  role: "notice",
  "group-added": "notice",
  "group-parent": "notice",
  "application-added": "notice",
  "application-access": "notice",
  "application-provider": "notice",
  "redirect-uri": "notice",
  claims: "notice",
  "public-path": "notice",
  outpost: "notice",
  "door-changed": "notice",
  "secret-reissued": "notice",
  "server-changed": "notice",
  impersonation: "notice",
  "object-changed": "notice",
} as const satisfies Readonly<Record<string, "unsafe" | "notice">>;

export type Rule = keyof typeof RULES;

/** Something a reviewer should know. */
export interface Finding {
  readonly rule: Rule;
  /** One sentence. */
  readonly text: Text;
  /** It was so before, too. */
  readonly standing?: boolean;
}

/** `unchanged`: nothing would be done; `changed`: something, and nothing unsafe; `unsafe`: a rule says no. */
export type Verdict = "unchanged" | "changed" | "unsafe";

export const VERDICTS: readonly Verdict[] = ["unchanged", "changed", "unsafe"];

export function isUnsafe({ rule }: Finding): boolean {
  return RULES[rule] === "unsafe";
}

const ORDER = Object.keys(RULES);

/** In the order of the rules; within one as they were found. */
export function ordered(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => ORDER.indexOf(a.rule) - ORDER.indexOf(b.rule));
}
