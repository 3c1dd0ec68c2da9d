import { request as plain } from "node:http";
import { request as encrypted } from "node:https";

import retry from "p-retry";

import { ServerError } from "./server-error";

/** What a public address answers, redirects not followed. */
export interface Answer {
  readonly status: number;
  /** Where a redirect leads. */
  readonly location?: string;
  readonly text: string;
}

export interface ProbeOptions {
  /** Address to connect to, where it is not the one asked for: inside the cluster, or before DNS points there. */
  readonly through?: string;
  /** Path that is sent as it stands, `..` and all; absent: the address's own. */
  readonly path?: string;
  /** Patience with one attempt, in milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
}

/** Longest answer that is read. */
const LONGEST = 1_000_000;

/**
 * Asks a public address, as a browser would: the Host header, and the name that the certificate must have, are those of
 * the address also where the connection goes elsewhere.
 *
 * @throws ServerError when there is no answer.
 */
export async function probe(address: string, options: ProbeOptions = {}): Promise<Answer> {
  const { through = address, timeout = 15_000, retries = 2 } = options;
  const asked = new URL(address);
  const { protocol, hostname, port } = new URL(through);
  const send = protocol === "https:" ? encrypted : plain;
  const attempt = () =>
    new Promise<Answer>((resolve, reject) => {
      const request = send(
        {
          hostname: hostname.replace(/^\[|\]$/g, ""),
          port,
          path: options.path ?? asked.pathname + asked.search,
          headers: { host: asked.host, "x-forwarded-proto": asked.protocol.slice(0, -1) },
          ...(protocol === "https:" ? { servername: asked.hostname } : {}),
          signal: AbortSignal.timeout(timeout),
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            if (text.length < LONGEST) text += part;
          });
          response.once("error", reject);
          response.once("end", () => {
            const { statusCode = 0, headers } = response;
            resolve({ status: statusCode, location: headers.location, text });
          });
        },
      );
      request.once("error", reject);
      request.end();
    });
  try {
    return await retry(attempt, { retries, maxTimeout: 5_000, randomize: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : "no connection";
    throw new ServerError("Authentik", "GET", address, undefined, `${why} (through ${through})`);
  }
}
