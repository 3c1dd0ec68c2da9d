import { loadAll } from "js-yaml";

import { Secret } from "../live/secret";
import type { TakenOver } from "./takeover";

/** Names of the token in a file: as SOPS has it, and as the server reads it. */
const NAMES = ["authentik.bootstrap_token", "AUTHENTIK_BOOTSTRAP_TOKEN", "bootstrap_token"];

/**
 * The bootstrap token out of what was piped in: the token alone, or the decrypted SOPS file with
 * `authentik.bootstrap_token` (YAML, JSON, a Kubernetes Secret, or lines of `NAME=value`).
 *
 * @throws Error when there is none in it, or more than one; what was piped in is not repeated.
 */
export function bootstrapTokenFrom(piped: string): TakenOver {
  const text = piped.trim();
  const alone = /^[^\s:]+$/.test(text) && !/^[A-Za-z_.]+=[^=]/.test(text);
  const tokens = new Set(alone ? [text] : tokensIn(text));
  const [token] = tokens;
  if (token === undefined || tokens.size > 1) {
    throw new Error(
      `what was piped in has ${tokens.size === 0 ? "no bootstrap token" : "several bootstrap tokens"}: expected the token alone, ` +
        "or a file with authentik.bootstrap_token\n" +
        "  mend: sops -d <file> | npm run adopt -- --stack <stack> --bootstrap-token-stdin",
    );
  }
  return { path: "plana-sso:bootstrapToken", value: new Secret(token), secret: true, from: "standard input" };
}

function tokensIn(text: string): string[] {
  try {
    const found: string[] = [];
    for (const document of loadAll(text)) search(document, "", (token) => found.push(token));
    if (found.length > 0) return found;
  } catch {
    // Lines, perhaps.
  }
  return NAMES.flatMap((name) => {
    const line = new RegExp(`^(?:export )?${name.replace(".", "\\.")}=(["']?)(.+)\\1\\s*$`, "m").exec(text);
    return line?.[2] === undefined ? [] : [line[2]];
  });
}

/** Looks for the token at any depth; what lies under `data` of a Secret is encoded. */
function search(value: unknown, within: string, put: (token: string) => void): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === "string" && inner !== "" && NAMES.includes(key)) {
      put(within === "data" ? Buffer.from(inner, "base64").toString("utf8").trim() : inner.trim());
    } else search(inner, key, put);
  }
}
