import { isObject, objectOf, type Properties, textOf, type Value } from "./wire";

/** Where the API is, and what every request carries. */
export interface Connection {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer of the server that is not a success. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Longer answers, such as a page of HTML, help nobody. */
const LONGEST = 400;

function shortened(text: string): string {
  const bare = text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return bare.length > LONGEST ? `${bare.slice(0, LONGEST)}…` : bare;
}

/** The connection that provider settings or the environment name; both values must be there. */
export function connection(config: Properties, environment: NodeJS.ProcessEnv): Connection {
  const url = textOf(config.url) || environment.AUTHENTIK_URL;
  const token = textOf(config.token) || environment.AUTHENTIK_TOKEN;
  const hint = (name: string) =>
    `authentik: Missing required argument "${name}": set provider config authentik:${name} or AUTHENTIK_${name.toUpperCase()}`;
  if (!url) throw new Error(hint("url"));
  if (!token) throw new Error(hint("token"));
  const extra = typeof config.headers === "string" ? (JSON.parse(config.headers) as Value) : config.headers;
  const headers = Object.entries(objectOf(extra)).map(([name, value]): [string, string] => [
    name,
    textOf(value),
  ]);
  return {
    url: `${url.replace(/\/+$/, "")}/api/v3/`,
    headers: { ...Object.fromEntries(headers), authorization: `Bearer ${token}` },
  };
}

/** One request. Throws `ApiError` unless the server says it went well. */
export async function request(
  to: Connection,
  method: string,
  path: string,
  body?: Properties,
): Promise<Value> {
  const json: Record<string, string> = body ? { "content-type": "application/json" } : {};
  const answer = await fetch(to.url + path, {
    method,
    headers: { ...to.headers, accept: "application/json", ...json },
    body: body ? JSON.stringify(body) : undefined,
  }).catch((error: unknown) => {
    // Node says why only in the cause; the real provider names it.
    const { cause } = error as { cause?: { message?: string } };
    throw new Error(`${method} ${to.url}${path}: ${cause?.message ?? String(error)}`);
  });
  const text = await answer.text();
  if (!answer.ok)
    throw new ApiError(answer.status, `HTTP ${answer.status} ${method} /${path}: ${shortened(text)}`);
  return text === "" ? null : (JSON.parse(text) as Value);
}

/** Every object of a collection that fits the query, whatever the number of pages. */
export async function list(to: Connection, path: string, query: URLSearchParams): Promise<Properties[]> {
  const out: Properties[] = [];
  for (let page = 1; page !== 0;) {
    const pages = new URLSearchParams([...query, ["page", String(page)]]);
    const answer = objectOf(await request(to, "GET", `${path}/?${pages.toString()}`));
    if (Array.isArray(answer.results)) out.push(...answer.results.filter(isObject));
    const next = Number(objectOf(answer.pagination).next ?? 0);
    page = next > page ? next : 0;
  }
  return out;
}
