import ky, { HTTPError, TimeoutError } from "ky";

import { Secret } from "./secret";
import { ServerError } from "./server-error";
import { BrokenOff, fetchWhole } from "./whole-answer";

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
/** How often a list is read whose pages do not fit together. */
const MOST_READINGS = 3;

/**
 * The API of an Authentik that runs. Requests that are safe to repeat (GET, PUT, DELETE) are, with backoff and as
 * Retry-After asks, on 408, 413, 429, 500, 502, 503, 504, resets, and answers that break off.
 */
export class AuthentikApi {
  private readonly base: string;
  private readonly send: typeof fetch;
  private readonly sendRepeating: typeof fetch;

  constructor(readonly options: AuthentikOptions) {
    const { url, token, retries = 4, timeout = 60_000, longestPause = 20_000 } = options;
    const client = ky.create({
      fetch: fetchWhole,
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

  /**
   * All objects of a list, each once. The server cuts pages by their place in an order that is not unique (bindings all
   * have order 0), and others may write meanwhile: read again where what came is not as many objects as it counts.
   */
  async list(path: string, query: Query = {}): Promise<Json[]> {
    for (let reading = 1; reading <= MOST_READINGS; reading += 1) {
      const all = await this.pages(path, query);
      if (all) return all;
    }
    const why = `${MOST_READINGS} times its pages held other objects than it counts; somebody may be changing them`;
    throw new ServerError("Authentik", "GET", path, 200, why);
  }

  /** @returns undefined when the pages do not fit together. */
  private async pages(path: string, query: Query): Promise<Json[] | undefined> {
    const all = new Map<string, Json>();
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const answer = await this.get(path, { ...query, page, page_size: PAGE_SIZE });
      // It has become shorter since the page before.
      if (answer === undefined && page > 1) return undefined;
      if (!Array.isArray(answer?.results)) {
        throw new ServerError("Authentik", "GET", path, undefined, "the answer is no list");
      }
      const results = answer.results as Json[];
      const { next = 0, count } = (answer.pagination ?? {}) as { next?: number; count?: number };
      if (page === 1 && next <= page) return results;
      for (const object of results) all.set(keyOf(object), object);
      if (next <= page) return count === undefined || all.size === count ? [...all.values()] : undefined;
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
      throw new ServerError("Authentik", method, path, undefined, `${lostHow(error)} (${this.options.url})`);
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
    return new ServerError("Authentik", method, path, response.status, await response.text());
  }
}

/** Why there is no answer. */
function lostHow(error: unknown): string {
  if (error instanceof TimeoutError) return "no answer in time";
  return error instanceof BrokenOff ? "the answer broke off" : "no connection";
}

/** What tells an object of a list from every other one. */
function keyOf(object: Json): string {
  return JSON.stringify(object.pk ?? object.brand_uuid ?? object);
}
