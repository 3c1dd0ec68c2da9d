import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Secret } from "../../live/secret";
import type { Forge } from "../../workflows/environment";

export interface StoredComment {
  readonly id: number;
  readonly issue: number;
  body: string;
  readonly user: { readonly login: string } | null;
}

export interface StoredIssue {
  readonly number: number;
  title: string;
  body: string | null;
  state: string;
  readonly user: { readonly login: string } | null;
  readonly pull_request: object | null;
}

/** What a request is answered with in place of, or after, what it asks for. */
export interface Fault {
  readonly method: string;
  readonly path: RegExp;
  /** A status; or no answer at all; or a connection that ends; or an answer that is no JSON. */
  readonly answer: number | "nothing" | "reset" | "malformed";
  /** Whether the request is carried out all the same. */
  readonly carriedOut?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often; by default once. */
  times?: number;
}

export const TOKEN = "a-token-of-the-forge";

/**
 * An emulated Forgejo on loopback: the endpoints that workflows use, as its OpenAPI document has them. Comments have no
 * pages there, issues have.
 */
export class ForgeServer {
  readonly comments: StoredComment[] = [];
  readonly issues: StoredIssue[] = [];
  readonly requests: string[] = [];
  readonly faults: Fault[] = [];
  /** Login of the token; undefined: the token may not ask. */
  login: string | undefined = "forgejo-actions";
  /** Login that the token writes as. */
  writes = "forgejo-actions";
  /** Largest page of issues, whatever is asked for. */
  pageSize = 50;
  /** Comments per page; undefined: no pages. */
  commentPages: number | undefined;
  private next = 100;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ForgeServer> {
    const server = createServer();
    const forge = new ForgeServer(server);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void forge.answer(request, response);
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return forge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** As a runner would tell it. */
  forge(change: Partial<Forge> = {}): Forge {
    const run = "https://git.test/plana/sso/actions/runs/7";
    return { url: this.url, repository: "plana/sso", token: new Secret(TOKEN), run, ...change };
  }

  env(): NodeJS.ProcessEnv {
    return { GITHUB_SERVER_URL: this.url, GITHUB_REPOSITORY: "plana/sso", FORGEJO_TOKEN: TOKEN };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  comment(body: string, login: string | null = this.writes, issue = 12): StoredComment {
    const comment = { id: this.next++, issue, body, user: login === null ? null : { login } };
    this.comments.push(comment);
    return comment;
  }

  issue(title: string, body: string, login = this.writes, pull = false): StoredIssue {
    const pull_request = pull ? {} : null;
    const issue = { number: this.next++, title, body, state: "open", user: { login }, pull_request };
    this.issues.push(issue);
    return issue;
  }

  /** How often a kind of request came. */
  count(method: string, path: RegExp): number {
    return this.requests.filter((one) => one.startsWith(`${method} `) && path.test(one)).length;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    const method = request.method ?? "";
    this.requests.push(`${method} ${pathname}`);
    const fault = this.faults.find(
      (one) => one.method === method && one.path.test(pathname) && (one.times ?? 1) > 0,
    );
    const text = Buffer.concat(chunks).toString("utf8");
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, string>);
    if (fault) {
      fault.times = (fault.times ?? 1) - 1;
      if (fault.carriedOut) this.carryOut(method, pathname, searchParams, body);
      if (fault.answer === "nothing") return;
      if (fault.answer === "reset") return void request.socket.destroy();
      if (fault.answer === "malformed") return void response.writeHead(200).end("<html>proxy</html>");
      response
        .writeHead(fault.answer, fault.headers)
        .end(JSON.stringify({ message: `said ${fault.answer}` }));
      return;
    }
    if (request.headers.authorization !== `token ${TOKEN}`) {
      response.writeHead(401).end(JSON.stringify({ message: "token is required" }));
      return;
    }
    const [status, answer] = this.carryOut(method, pathname, searchParams, body);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(answer === undefined ? "" : JSON.stringify(answer));
  }

  private carryOut(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, string>,
  ): [number, unknown] {
    const base = "/api/v1/repos/plana/sso/issues";
    const page = (size: number, all: readonly object[]) => {
      const from = (Number(query.get("page") ?? 1) - 1) * size;
      return all.slice(from, from + size);
    };
    if (method === "GET" && path === "/api/v1/user")
      return this.login === undefined ? [403, { message: "scope" }] : [200, { login: this.login }];
    const [, number] = new RegExp(`^${base}/(\\d+)/comments$`).exec(path) ?? [];
    if (number !== undefined) {
      if (method === "POST") return [201, this.comment(body.body ?? "", this.writes, Number(number))];
      const all = this.comments.filter(({ issue }) => issue === Number(number));
      return [200, this.commentPages === undefined ? all : page(this.commentPages, all)];
    }
    const [, id] = new RegExp(`^${base}/comments/(\\d+)$`).exec(path) ?? [];
    if (id !== undefined) {
      const at = this.comments.findIndex((comment) => comment.id === Number(id));
      const comment = this.comments[at];
      if (!comment) return [404, { message: "no such comment" }];
      if (method === "DELETE") return [204, void this.comments.splice(at, 1)];
      return [200, Object.assign(comment, { body: body.body })];
    }
    if (path === base && method === "POST") return [201, this.issue(body.title ?? "", body.body ?? "")];
    if (path === base) {
      const open = this.issues.filter(({ state }) => state === query.get("state"));
      return [200, page(Math.min(this.pageSize, Number(query.get("limit"))), open)];
    }
    const [, index] = new RegExp(`^${base}/(\\d+)$`).exec(path) ?? [];
    const issue = this.issues.find((one) => one.number === Number(index));
    if (issue && method === "PATCH") return [201, Object.assign(issue, body)];
    return [404, { message: `${method} ${path}` }];
  }
}
