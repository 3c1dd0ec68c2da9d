import { load } from "js-yaml";

import { Secret } from "../live/secret";
import type { TakenOver } from "./takeover";

/**
 * The bootstrap token out of what was piped in: the token alone, or the decrypted SOPS file with
 * `authentik.bootstrap_token`.
 *
 * @throws Error when there is none in it; what was piped in is not repeated.
 */
export function bootstrapTokenFrom(piped: string): TakenOver {
  const text = piped.trim();
  const token = /^\S+$/.test(text) && !text.includes(":") ? text : fromFile(text);
  if (token === undefined || token === "") {
    throw new Error(
      "what was piped in has no bootstrap token: expected the token alone, or a file with authentik.bootstrap_token\n" +
        "  mend: sops -d <file> | npm run adopt -- --bootstrap-token-stdin",
    );
  }
  return { path: "plana-sso:bootstrapToken", value: new Secret(token), secret: true, from: "standard input" };
}

function fromFile(text: string): string | undefined {
  try {
    const file = load(text) as Readonly<Record<string, unknown>> | undefined;
    const nested = (file?.authentik as Readonly<Record<string, unknown>> | undefined)?.bootstrap_token;
    const token = nested ?? file?.["authentik.bootstrap_token"];
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}
