import { randomBytes } from "node:crypto";

import ky from "ky";

import { ServerError } from "../../live/server-error";
import type { Secret } from "../../live/secret";
import { fetchWhole } from "../../live/whole-answer";

/** What the token endpoint says of a client and its secret. */
export type Verdict = "accepted" | "refused";

const PATH = "/application/o/token/";

/**
 * Whether the token endpoint accepts a client's secret: asked for a refresh with a token that cannot be, it answers
 * `invalid_client` to a wrong secret and `invalid_grant` to the right one. Not a code: there, a redirect URI that does
 * not fit is `invalid_client` too (Authentik's `providers/oauth2/views/token.py`).
 *
 * @param url address of Authentik.
 * @param patience milliseconds, repetitions included.
 * @throws ServerError for any other answer.
 */
export async function verdictOn(
  url: string,
  clientId: string,
  secret: Secret,
  patience = 60_000,
): Promise<Verdict> {
  let status: number | undefined;
  let answer: unknown;
  try {
    const response = await ky.post(`${url.replace(/\/+$/, "")}${PATH}`, {
      fetch: fetchWhole,
      body: new URLSearchParams({
        grant_type: "refresh_token",
        refresh_token: randomBytes(24).toString("hex"),
        client_id: clientId,
        client_secret: secret.reveal(),
      }),
      throwHttpErrors: false,
      timeout: patience,
      // Nothing is changed by asking.
      retry: { limit: 4, methods: ["post"], backoffLimit: 5_000 },
    });
    status = response.status;
    answer = await response.json<unknown>();
  } catch {
    throw new ServerError("Authentik", "POST", PATH, status, "no answer in JSON");
  }
  const { error } = (typeof answer === "object" && answer !== null ? answer : {}) as { error?: unknown };
  if (error === "invalid_client") return "refused";
  if (error === "invalid_grant") return "accepted";
  throw new ServerError("Authentik", "POST", PATH, status, "neither invalid_client nor invalid_grant");
}
