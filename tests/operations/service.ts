import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that a stand-in of Matrix or Loki got. */
export interface Got {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A small server on the loopback address that remembers what it was asked. */
export class Service {
  readonly got: Got[] = [];
  /** Answers a request; a number is an empty answer with that status. */
  answer: (request: Got) => { status: number; body: unknown } = () => ({ status: 200, body: {} });

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<Service> {
    const handle = { service: undefined as Service | undefined };
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const got = {
          method: request.method ?? "GET",
          url: new URL(request.url ?? "/", "http://service"),
          headers: request.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        };
        handle.service?.got.push(got);
        const { status, body } = handle.service?.answer(got) ?? { status: 500, body: {} };
        response.writeHead(status, { "content-type": "application/json", "retry-after": "0" });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    handle.service = new Service(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      () =>
        new Promise((resolve) => {
          server.closeAllConnections();
          server.close(() => resolve());
        }),
    );
    return handle.service;
  }
}
