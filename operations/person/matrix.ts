import { createHash } from "node:crypto";

import ky, { HTTPError } from "ky";

import type { Secret } from "../../live/secret";
import { ServerError } from "../../live/server-error";
import { fetchWhole } from "../../live/whole-answer";
import { Refusal } from "../context";

/** A room, and who speaks in it. */
export interface Room {
  /** Address of the homeserver. */
  readonly homeserver: string;
  readonly room: string;
  /** Access token of the account that speaks. */
  readonly token: Secret;
}

/**
 * Sends a text to a room: `PUT /_matrix/client/v3/rooms/{roomId}/send/m.room.message/{txnId}` of the client-server API.
 * The transaction's id follows from room and text, so the same text, sent again, is not posted again.
 *
 * @throws Refusal when the homeserver refuses the token or the room; ServerError for anything else.
 */
export async function sendToRoom({ homeserver, room, token }: Room, text: Secret): Promise<void> {
  const id = createHash("sha256")
    .update(JSON.stringify([room, text.reveal()]))
    .digest("hex")
    .slice(0, 32);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/plana-sso-${id}`;
  const refused = (status: number | undefined, said: string) =>
    new ServerError("Matrix", "PUT", "/_matrix/client/v3/rooms/…/send/m.room.message/…", status, said);
  let answer: string;
  try {
    answer = await ky
      .put(`${homeserver.replace(/\/+$/, "")}${path}`, {
        fetch: fetchWhole,
        json: { msgtype: "m.text", body: text.reveal() },
        headers: { authorization: `Bearer ${token.reveal()}` },
        timeout: 30_000,
        retry: { limit: 4, backoffLimit: 10_000, maxRetryAfter: 20_000 },
      })
      .text();
  } catch (error) {
    if (!(error instanceof HTTPError)) throw refused(undefined, `no connection (${homeserver})`);
    const { status } = error.response;
    if (status === 401 || status === 403) {
      throw new Refusal(
        `Matrix: ${homeserver} refuses the token, or its account is not in ${room} (${status}); nothing was sent\n` +
          "  mend: invite that account into the room, or: npm run pulumi -- config set --secret plana-sso:matrixToken --stack <stack>",
      );
    }
    // Only the code of the error: a server may repeat in its text what it was sent.
    throw refused(status, errorCode(await error.response.text().catch(() => "")));
  }
  if (!isSent(answer)) throw refused(200, "the answer has no event_id");
}

function errorCode(text: string): string {
  return /"errcode"\s*:\s*"(M_[A-Z_]{1,40})"/.exec(text)?.[1] ?? "";
}

function isSent(text: string): boolean {
  try {
    return typeof (JSON.parse(text) as { event_id?: unknown } | null)?.event_id === "string";
  } catch {
    return false;
  }
}
