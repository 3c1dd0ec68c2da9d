import { setTimeout as pause } from "node:timers/promises";

import { z } from "zod";

import { ServerError } from "../live/server-error";
import type { Forge } from "./environment";

/** Somebody who wrote; a deleted account is null. */
const USER = z.object({ login: z.string() }).nullish();
const COMMENT = z.object({ id: z.number(), body: z.string(), user: USER });
const ISSUE = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.string(),
  user: USER,
  pull_request: z.unknown(),
});

export type Comment = z.output<typeof COMMENT>;
export type Issue = z.output<typeof ISSUE>;

export interface Patience {
  /** How often a request that is safe to repeat is repeated. */
  readonly retries?: number;
  /** Patience with one attempt, in milliseconds. */
  readonly timeout?: number;
  /** Pause before the first repetition, in milliseconds; doubled each time. */
  readonly pause?: number;
}

/** Bounds a list that never ends. */
const MOST_PAGES = 200;
/** What both forges allow by default; a server that allows less answers less. */
const PAGE_SIZE = 50;
/** Longest that Retry-After is heeded, in milliseconds. */
const LONGEST_PAUSE = 30_000;

/** An answer that does not tell whether the change was made: none, none in time, a fault of the server, or no sense. */
export class Unclear extends ServerError {}

/**
 * The part of the API of Forgejo and Gitea that workflows need. What is safe to repeat (GET, PATCH, DELETE) is, on 429,
 * 5xx, no connection and no answer in time; a creation never is.
 */
export class ForgeApi {
  private readonly patience: Required<Patience>;

  constructor(
    private readonly forge: Forge,
    patience: Patience = {},
  ) {
    this.patience = { retries: 3, timeout: 30_000, pause: 1_000, ...patience };
  }

  /** Waits before something is tried again. */
  async wait(attempt: number): Promise<void> {
    await pause(this.patience.pause * 2 ** attempt);
  }

  /** Login that the token writes under; undefined where the server does not tell this token. */
  async login(): Promise<string | undefined> {
    try {
      return (await this.repeated("GET", "/user", z.object({ login: z.string() }))).login;
    } catch (error) {
      if (error instanceof ServerError && (error.status === 403 || error.status === 404)) return undefined;
      throw error;
    }
  }

  comments(index: number): Promise<Comment[]> {
    return this.all(`${this.repository}/issues/${index}/comments`, {}, COMMENT, ({ id }) => id);
  }

  /** Made once; see `Unclear`. */
  createComment(index: number, body: string): Promise<Comment> {
    return this.once("POST", `${this.repository}/issues/${index}/comments`, COMMENT, { body });
  }

  updateComment(id: number, body: string): Promise<Comment> {
    return this.repeated("PATCH", `${this.repository}/issues/comments/${id}`, COMMENT, { body });
  }

  /** One that is gone already is fine. */
  async deleteComment(id: number): Promise<void> {
    try {
      await this.repeated("DELETE", `${this.repository}/issues/comments/${id}`, z.unknown());
    } catch (error) {
      if (!(error instanceof ServerError && error.status === 404)) throw error;
    }
  }

  /** Open issues, without pull requests. */
  async openIssues(): Promise<Issue[]> {
    const query = { state: "open", type: "issues" };
    const found = await this.all(`${this.repository}/issues`, query, ISSUE, ({ number }) => number);
    return found.filter((issue) => issue.state === "open" && !issue.pull_request);
  }

  /** Made once; see `Unclear`. */
  createIssue(title: string, body: string): Promise<Issue> {
    return this.once("POST", `${this.repository}/issues`, ISSUE, { title, body });
  }

  updateIssue(
    index: number,
    change: Partial<Pick<Issue, "title" | "state">> & { body?: string },
  ): Promise<Issue> {
    return this.repeated("PATCH", `${this.repository}/issues/${index}`, ISSUE, change);
  }

  private get repository(): string {
    return `/repos/${this.forge.repository}`;
  }

  /**
   * All objects of a list. Some lists have no pages and answer the whole whatever page is asked for, and a server may
   * allow smaller pages: what ends the list is a page without anything new.
   */
  private async all<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    schema: z.ZodType<T>,
    keyOf: (item: T) => number,
  ): Promise<T[]> {
    const found = new Map<number, T>();
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const search = new URLSearchParams({ ...query, limit: String(PAGE_SIZE), page: String(page) });
      const items = await this.repeated("GET", `${path}?${search.toString()}`, z.array(schema).nullable());
      const before = found.size;
      for (const item of items ?? []) found.set(keyOf(item), item);
      if (found.size === before) return [...found.values()].sort((a, b) => keyOf(a) - keyOf(b));
    }
    throw new ServerError("Forgejo", "GET", path, undefined, `more than ${MOST_PAGES} pages`);
  }

  private async repeated<T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.once(method, path, schema, body);
      } catch (error) {
        if (!(error instanceof Unclear) || attempt >= this.patience.retries) throw error;
      }
      await this.wait(attempt);
    }
  }

  private async once<T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    const unclear = (status: number | undefined, said: string) =>
      new Unclear("Forgejo", method, path, status, said);
    let response: Response;
    let said: string;
    try {
      response = await fetch(`${this.forge.url}/api/v1${path}`, {
        method,
        // The token goes to the forge that the runner named, and to no other.
        redirect: "manual",
        signal: AbortSignal.timeout(this.patience.timeout),
        headers: {
          authorization: `token ${this.forge.token.reveal()}`,
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      said = await response.text();
    } catch (error) {
      const late = error instanceof Error && error.name === "TimeoutError";
      throw unclear(undefined, `${late ? "no answer in time" : "no connection"} (${this.forge.url})`);
    }
    const { status } = response;
    if (status === 429) {
      const seconds = Number(response.headers.get("retry-after") ?? 0);
      await pause(Math.min(LONGEST_PAUSE, Number.isFinite(seconds) ? seconds * 1_000 : 0));
    }
    if (status === 429 || status >= 500) throw unclear(status, said);
    if (status >= 300) throw new ServerError("Forgejo", method, path, status, said || explained(status));
    const result = schema.safeParse(parsed(said));
    if (!result.success) throw unclear(status, "the answer is not what the API promises");
    return result.data;
  }
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}

function explained(status: number): string {
  return status < 400 ? "it is elsewhere; name the address it leads to in FORGEJO_URL" : "";
}
