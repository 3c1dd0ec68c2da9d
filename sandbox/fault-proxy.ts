import { request as forward, type IncomingMessage, type ServerResponse } from "node:http";

import { listen } from "./loopback";

/** What goes wrong with one request. */
export type Fault =
  /** The server answers this instead of doing it. */
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks: before the server does it; after, so that nobody hears of it; or inside the answer. */
  | { readonly cut: "before" | "after" | "inside" }
  /** The server never answers. */
  | { readonly silent: true }
  /** The server answers after so many milliseconds. */
  | { readonly delay: number }
  /** Only the first half of the answer comes, as if it were the whole. */
  | { readonly half: true };

/** A request that went through. */
export interface Passed {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
}

/** Faults by their name, as a real server has them. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  "401": { status: 401, body: '{"detail":"Invalid token"}' },
  "403": { status: 403, body: '{"detail":"Token invalid/expired"}' },
  "404": { status: 404, body: '{"detail":"Not found."}' },
  "409": { status: 409, body: '{"detail":"Conflict"}' },
  "429": { status: 429, body: '{"detail":"Request was throttled."}', headers: { "retry-after": "0" } },
  "500": { status: 500, body: "<html><body>Server Error (500)</body></html>" },
  "502": { status: 502, body: "Bad Gateway" },
  "503": { status: 503, body: "", headers: { "retry-after": "0" } },
  timeout: { silent: true },
  "cut before": { cut: "before" },
  "cut after": { cut: "after" },
  "cut inside": { cut: "inside" },
  "malformed answer": { status: 200, body: "<html>maintenance</html>" },
  "empty object": { status: 200, body: "{}" },
};

/** Stands before a server on the loopback address and lets requests fail on purpose. */
export class FaultProxy {
  /** Requests that arrived, in their order; failed ones, too. */
  readonly passed: Passed[] = [];
  private fault: (request: Passed, number: number) => Fault | undefined = () => undefined;

  private constructor(
    /** Address of the proxy. */
    readonly url: string,
    /** Address of the server behind; another one after that has been started anew. */
    public target: string,
    private readonly stop: () => Promise<void>,
  ) {}

  /** @param target address of the server behind; where it is not known yet, {@link target} is set before the first request. */
  static async start(target = ""): Promise<FaultProxy> {
    const handle = { proxy: undefined as FaultProxy | undefined };
    const { url, close } = await listen((request, response) => handle.proxy?.handle(request, response));
    handle.proxy = new FaultProxy(url, target, close);
    return handle.proxy;
  }

  /** From now on: which request fails, and how. Numbers start with 1 here. */
  fail(fault: (request: Passed, number: number) => Fault | undefined): void {
    this.passed.length = 0;
    this.fault = fault;
  }

  /** Lets everything through again. */
  heal(): void {
    this.fail(() => undefined);
  }

  close(): Promise<void> {
    return this.stop();
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const target = new URL(this.target);
    const passed = { method: request.method ?? "GET", path: request.url ?? "/" };
    this.passed.push(passed);
    const fault = this.fault(passed, this.passed.length);
    if (fault && "silent" in fault) {
      request.resume();
      return;
    }
    if (fault && "status" in fault) {
      request.resume();
      request.on("end", () => {
        response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
        response.end(fault.body);
      });
      return;
    }
    const cut = fault && "cut" in fault ? fault.cut : undefined;
    if (cut === "before") {
      request.socket.destroy();
      return;
    }
    const behind = forward(
      {
        host: target.hostname,
        port: target.port,
        method: passed.method,
        path: passed.path,
        // With the host that was asked for: what is behind tells several apart by it.
        headers: request.headers,
      },
      (answer) => {
        if (cut === "after") {
          answer.resume();
          answer.on("end", () => request.socket.destroy());
          return;
        }
        const inside = cut === "inside";
        if (inside || (fault && "half" in fault)) {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("end", () => {
            const body = Buffer.concat(parts);
            const half = body.subarray(0, body.length / 2);
            const type = { "content-type": "application/json" };
            const status = answer.statusCode ?? 502;
            if (!inside) response.writeHead(status, type).end(half);
            // An answer without a body ends with its head, so that not even this may come.
            else if (body.length === 0) request.socket.destroy();
            else
              response
                .writeHead(status, { ...type, "content-length": body.length })
                .write(half, () => request.socket.destroy());
          });
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    behind.on("error", () => response.destroy());
    if (fault && "delay" in fault) setTimeout(() => request.pipe(behind), fault.delay);
    else request.pipe(behind);
  }
}
