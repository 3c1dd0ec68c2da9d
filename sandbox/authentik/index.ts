import type { IncomingMessage, ServerResponse } from "node:http";
import { listen } from "../loopback";
import { Api, type ApiAnswer } from "./api";
import { loadDocument } from "./document";
import { oauth } from "./oauth";
import { Refusal } from "./refusal";

/** Where the emulated Authentik keeps its things. */
export interface AuthentikOptions {
  /** JSON file with every object; made on first use, continued on the next. */
  stateFile: string;
  /** The API token that always works, as the bootstrap token does. It acts as `akadmin`. */
  token: string;
  /** Directory for the preprocessed OpenAPI document. */
  cacheDir: string;
  /** TCP port on the loopback address; 0 or none takes a free one. */
  port?: number;
}

/** A running emulated Authentik. */
export interface Authentik {
  /** Base address without a slash at its end; the API is below `/api/v3/`. */
  url: string;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
  /** How many API requests were answered. */
  requests(): number;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, { status, body, location }: ApiAnswer & { location?: string }): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "x-powered-by": "authentik",
    ...(location === undefined ? {} : { location }),
  });
  response.end(body === undefined || status === 204 ? undefined : JSON.stringify(body));
}

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch (error) {
    throw new Refusal(400, { detail: `JSON parse error - ${(error as Error).message}` });
  }
}

/**
 * Starts an emulated Authentik on the loopback address. It is driven by the server's own OpenAPI document and is as
 * strict as the real one or stricter: what it does not know it refuses, and says so on stderr.
 */
export async function startAuthentik(options: AuthentikOptions): Promise<Authentik> {
  let url = "";
  let served = 0;
  const api = new Api(loadDocument(options.cacheDir), options.stateFile, options.token, () => url);

  const answer = async (request: IncomingMessage): Promise<ApiAnswer> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://sandbox");
    const method = request.method ?? "GET";
    const text = await textOf(request);
    const { authorization } = request.headers;
    if (/^\/-\/health\/(live|ready)\/$/.test(pathname)) return { status: 200, body: {} };
    const other = oauth(api.store, url, { method, path: pathname, text, headers: request.headers });
    if (other) return other;
    const planted = /^\/-\/sandbox\/(.+)\/$/.exec(pathname)?.[1];
    if (planted !== undefined && method === "POST" && authorization === `Bearer ${options.token}`) {
      return { status: 201, body: api.plant(planted, (parse(text) ?? {}) as Record<string, unknown>) };
    }
    if (!pathname.startsWith("/api/v3/")) {
      console.error(`sandbox authentik: ${method} ${pathname}: no such path`);
      return { status: 404, body: { detail: "Not found." } };
    }
    served += 1;
    return api.answer({
      method,
      path: pathname.slice("/api/v3".length),
      search: searchParams,
      authorization,
      body: parse(text),
    });
  };

  const server = await listen((request, response) => {
    answer(request).then(
      (result) => send(response, result),
      (error: unknown) => {
        if (error instanceof Refusal) {
          send(response, { status: error.status, body: error.body });
          return;
        }
        console.error("sandbox authentik: DEFECT:", error);
        send(response, { status: 500, body: { detail: String(error) } });
      },
    );
  }, options.port);
  url = server.url;
  return {
    url,
    requests: () => served,
    close: async () => {
      await server.close();
      api.store.close();
    },
  };
}
