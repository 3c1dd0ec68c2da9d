import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that listens. */
export interface Loopback {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Ends it, whoever is connected. */
  readonly close: () => Promise<void>;
}

/** Listens on the loopback address; on any free port, unless told. */
export async function listen(handle: RequestListener, port = 0): Promise<Loopback> {
  const server = createServer(handle);
  // Node's own five seconds end a connection just when a busy client sends its next request over it.
  server.keepAliveTimeout = 10 * 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
