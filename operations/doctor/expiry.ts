import type { Json } from "../../live/authentik";
import { mend } from "../mend";
import { TOKENS, type TokenName } from "../token/kinds";
import type { Check, Finding } from "./examination";

const DAY = 86_400_000;
/** Days before the end at which it is told. */
const CERTIFICATE_DAYS = 30;
const TOKEN_DAYS = 14;

/** Certificates and tokens that have expired, or will soon. */
export const expiry: Check = {
  name: "expiry of certificates and tokens",
  async run({ objects, now, context }) {
    const found: Finding[] = [];
    const signing = new Set<unknown>(
      (await objects.list("/providers/oauth2/")).flatMap(({ signing_key: key }) => (key ? [key] : [])),
    );
    for (const pair of await objects.list("/crypto/certificatekeypairs/")) {
      const left = daysLeft(pair.cert_expiry, now);
      if (left === undefined || left > CERTIFICATE_DAYS) continue;
      const used = signing.has(pair.pk);
      found.push({
        severity: left <= 0 && used ? "error" : "warning",
        subject: `certificate ${String(pair.name)}`,
        meaning: `${when(left)}${used ? "; it signs what consumers are given" : ""}`,
        mend: "make a new certificate in Authentik (System, Certificates) and name it in the program",
      });
    }
    for (const token of await objects.list("/core/tokens/")) {
      const left = token.expiring === false ? undefined : daysLeft(token.expires, now);
      if (token.intent !== "api" || token.managed || left === undefined || left > TOKEN_DAYS) continue;
      found.push({
        severity: "warning",
        subject: `token ${String(token.identifier)}`,
        meaning: `${when(left)}; Authentik then gives it another key, and what acts with it is refused`,
        mend: isOwn(token)
          ? `${mend.ops(context.workspace.stack, `token rotate --which ${ownKind(token)}`)}; for good: take out "Expiring" in Authentik (Directory, Tokens)`
          : 'take out "Expiring" in Authentik (Directory, Tokens), or make another and give that to what acts with it',
      });
    }
    return found;
  },
};

function ownKind({ identifier }: Json): TokenName | undefined {
  const names = Object.keys(TOKENS) as TokenName[];
  return names.find((name) => TOKENS[name].identifier === identifier);
}

function isOwn(token: Json): boolean {
  return ownKind(token) !== undefined;
}

function daysLeft(value: Json[string], now: Date): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : Math.ceil((time - now.getTime()) / DAY);
}

function when(left: number): string {
  return left <= 0 ? "has expired" : `expires in ${left} ${left === 1 ? "day" : "days"}`;
}
