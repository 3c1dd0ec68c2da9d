import ky, { HTTPError, TimeoutError } from "ky";

import { Secret } from "./secret";
import { ServerError } from "./server-error";

export interface AuthentikOptions {
  /** Address of the server, without `/api/v3`. */
  readonly url: string;
  /** API token of an administrator. */
  readonly token: Secret;
  /** How often a request that is safe to repeat is repeated. */
  readonly retries?: number;
  /** Patience with one request, its repetitions included, in milliseconds. */
  readonly timeout?: number;
  /** Longest pause between two attempts, in milliseconds; also caps what Retry-After asks for. */
  readonly longestPause?: number;
}

/** An object as the API answers it. */
export type Json = Readonly<Record<string, unknown>>;

type Query = Readonly<Record<string, string | number | boolean>>;

/** Pages are bounded, so that a server that never ends its list ends the command. */
const MOST_PAGES = 1_000;
const PAGE_SIZE = 100;

/**
 * The API of an Authentik that runs. Requests that are safe to repeat (GET, PUT, DELETE) are, with backoff and as
 * Retry-After asks, on 408, 413, 429, 500, 502, 503, 504 and resets.
 */
export class AuthentikApi {
  private readonly base: string;
  private readonly send: typeof fetch;
  private readonly sendRepeating: typeof fetch;

  constructor(readonly options: AuthentikOptions) {
    const { url, token, retries = 4, timeout = 60_000, longestPause = 20_000 } = options;
    const client = ky.create({
      timeout,
      retry: {
        limit: retries,
        backoffLimit: longestPause,
        maxRetryAfter: longestPause,
      },
      headers: { authorization: `Bearer ${token.reveal()}` },
    });
    const sender =
      (by: typeof client): typeof fetch =>
      async (input, init) => {
        try {
          return await by(input instanceof URL ? input.href : input, init);
        } catch (error) {
          if (error instanceof HTTPError) return error.response;
          throw error;
        }
      };
    this.send = sender(client);
    this.sendRepeating = sender(client.extend({ retry: { methods: ["post", "patch"] } }));
    this.base = `${url.replace(/\/+$/, "")}/api/v3`;
  }

  /** @returns undefined when there is no such object. */
  async get(path: string, query: Query = {}): Promise<Json | undefined> {
    const response = await this.request("GET", path, query);
    if (response.status === 404) return undefined;
    return this.json("GET", path, response);
  }

  /** All objects of a list, page by page. */
  async list(path: string, query: Query = {}): Promise<Json[]> {
    const all: Json[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const answer = await this.get(path, { ...query, page, page_size: PAGE_SIZE });
      if (!Array.isArray(answer?.results)) {
        throw new ServerError("Authentik", "GET", path, undefined, "the answer is no list");
      }
      all.push(...(answer.results as Json[]));
      const next = (answer.pagination as { next?: number } | undefined)?.next ?? 0;
      if (next <= page) return all;
    }
    throw new ServerError("Authentik", "GET", path, undefined, `more than ${MOST_PAGES} pages`);
  }

  /** @returns whether there was something to delete. */
  async delete(path: string): Promise<boolean> {
    const response = await this.request("DELETE", path);
    if (response.status === 404) return false;
    if (!response.ok) throw await this.refused("DELETE", path, response);
    return true;
  }

  /**
   * Sends a change that is not repeated by itself unless it is a PUT.
   *
   * @param repeatable the same change twice is the same as once, so it is repeated as a GET is.
   */
  async write(
    method: "POST" | "PUT" | "PATCH",
    path: string,
    body: unknown,
    { repeatable = false }: { readonly repeatable?: boolean } = {},
  ): Promise<Json> {
    const send = repeatable && method !== "PUT" ? this.sendRepeating : this.send;
    return this.json(method, path, await this.request(method, path, {}, body, send));
  }

  private async request(
    method: string,
    path: string,
    query: Query = {},
    body?: unknown,
    send = this.send,
  ): Promise<Response> {
    const url = new URL(`${this.base}${path}`);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
    try {
      return await send(url, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
    } catch (error) {
      const why = error instanceof TimeoutError ? "no answer in time" : "no connection";
      throw new ServerError("Authentik", method, path, undefined, `${why} (${this.options.url})`);
    }
  }

  private async json(method: string, path: string, response: Response): Promise<Json> {
    if (!response.ok) throw await this.refused(method, path, response);
    const text = await response.text();
    if (text === "") return {};
    try {
      return JSON.parse(text) as Json;
    } catch {
      throw new ServerError("Authentik", method, path, response.status, "the answer is no JSON");
    }
  }

  private async refused(method: string, path: string, response: Response): Promise<ServerError> {
    return new ServerError("Authentik", method, path, response.status, await response.text().catch(() => ""));
  }
}
