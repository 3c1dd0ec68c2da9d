import ky, { HTTPError } from "ky";

import { ServerError } from "../../live/server-error";
import { fetchWhole } from "../../live/whole-answer";
import { Refusal } from "../context";

/** What Loki has kept of a person. */
export interface Activity {
  readonly query: string;
  /** Absent where no Loki was asked. */
  readonly found?: { readonly lines: number; readonly first?: string; readonly last?: string };
}

/** The log lines that name a person, as LogQL. */
export function activityQuery(namespace: string, username: string): string {
  return `{namespace=${JSON.stringify(namespace)}} |= ${JSON.stringify(username)}`;
}

const DAY = 86_400_000;

/**
 * Asks Loki how many lines name a person, and from when to when.
 *
 * @param days how far back; Loki itself refuses more than its `max_query_length`, 30 days unless it is told otherwise.
 * @throws ServerError when Loki does not answer or refuses.
 */
export async function askLoki(url: string, query: string, days: number): Promise<Activity["found"]> {
  const now = Date.now();
  const range = { start: nanoseconds(now - days * DAY), end: nanoseconds(now) };
  const counted = await ask(url, "query", {
    query: `sum(count_over_time(${query} [${days}d]))`,
    time: nanoseconds(now),
  });
  const [sample] = counted as { value?: [number, string] }[];
  // No line at all is an empty vector.
  const lines = sample === undefined ? 0 : Number(sample.value?.[1]);
  if (!Number.isInteger(lines)) throw malformed("query");
  if (lines === 0) return { lines };
  const edge = async (direction: "forward" | "backward") => {
    const streams = (await ask(url, "query_range", { query, ...range, direction, limit: "1" })) as {
      values?: [string, string][];
    }[];
    const times = streams.flatMap(({ values = [] }) => values.map(([time]) => time));
    const [time] = times;
    if (time === undefined || !/^\d+$/.test(time)) throw malformed("query_range");
    return new Date(Number(BigInt(time) / 1_000_000n)).toISOString();
  };
  return { lines, first: await edge("forward"), last: await edge("backward") };
}

function nanoseconds(milliseconds: number): string {
  return `${milliseconds}000000`;
}

async function ask(url: string, path: string, parameters: Record<string, string>): Promise<unknown[]> {
  const { address, headers } = addressOf(url, path);
  try {
    const answer = await ky
      .get(address, {
        fetch: fetchWhole,
        headers,
        searchParams: parameters,
        timeout: 30_000,
        retry: { limit: 3, backoffLimit: 5_000 },
      })
      .text();
    const { status, data } = JSON.parse(answer) as { status?: string; data?: { result?: unknown } };
    if (status === "success" && Array.isArray(data?.result)) return data.result as unknown[];
  } catch (error) {
    if (error instanceof HTTPError) {
      const said = await error.response.text().catch(() => "");
      throw new ServerError("Loki", "GET", `/loki/api/v1/${path}`, error.response.status, said);
    }
    if (!(error instanceof SyntaxError))
      throw new ServerError(
        "Loki",
        "GET",
        `/loki/api/v1/${path}`,
        undefined,
        `no connection (${address.origin})`,
      );
  }
  throw malformed(path);
}

/**
 * An address may hold a name and a password: they go into a header, and into no message. What the configuration holds has been
 * checked where it was read, so this is what was given.
 *
 * @throws Refusal where it is none.
 */
export function addressOf(url: string, path = ""): { address: URL; headers: Record<string, string> } {
  const text = `${url.replace(/\/+$/, "")}/loki/api/v1/${path}`;
  const address = URL.canParse(text) ? new URL(text) : undefined;
  if (!address || !/^https?:$/.test(address.protocol)) throw noAddress();
  const { username, password } = address;
  if (username === "" && password === "") return { address, headers: {} };
  const credentials = [username, password].map(decoded).join(":");
  address.username = "";
  address.password = "";
  return { address, headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}

/** `new URL` leaves a per cent sign as it is; only decoded it is seen to be none of a code's. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw noAddress();
  }
}

function noAddress(): Refusal {
  return new Refusal(
    "the address of Loki (--loki) is none; expected one as http://loki.monitoring:3100\n" +
      "  mend: give such a one; in a user or a password of it, a per cent sign is written %25",
    2,
  );
}

function malformed(path: string): ServerError {
  return new ServerError("Loki", "GET", `/loki/api/v1/${path}`, 200, "the answer is no result of a query");
}
