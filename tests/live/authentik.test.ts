import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { AuthentikApi } from "../../live/authentik";
import { Secret } from "../../live/secret";
import { ServerError } from "../../live/server-error";
import { FaultProxy, type Fault, type Passed } from "../../sandbox/fault-proxy";

/** What the server holds, cut into pages in the order that it has at each request. */
let answer: (page: number) => { status: number; body: unknown };
let asked: number[] = [];
let server: Server;
let api: AuthentikApi;

beforeAll(async () => {
  server = createServer((request, response) => {
    const page = Number(new URL(request.url ?? "/", "http://server").searchParams.get("page"));
    asked.push(page);
    const { status, body } = answer(page);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api = new AuthentikApi({ url, token: new Secret("t"), retries: 0, timeout: 5_000 });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
});

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ pk: `b-${from + index}` }));
const paged = (results: readonly object[], page: number, count: number) => ({
  status: 200,
  body: { pagination: { count, next: page * 100 < count ? page + 1 : 0 }, results },
});
const list = async () => (await api.list("/policies/bindings/")).map(({ pk }) => pk);
const all = numbers(1, 150).map(({ pk }) => pk);

test("a list that the server cut in another order between two pages is read again", async () => {
  answer = (page) => {
    const first = asked.length <= 2;
    if (page === 1) return paged(numbers(1, 100), page, 150);
    // 100 once more, and 150 on no page.
    return paged(first ? numbers(100, 149) : numbers(101, 150), page, 150);
  };
  expect(await list()).toEqual(all);
  expect(asked).toEqual([1, 2, 1, 2]);
});

test("a page that is gone when it is asked for is no failure", async () => {
  answer = (page) => {
    if (asked.length === 2) return { status: 404, body: { detail: "Invalid page." } };
    return asked.length === 1 ? paged(numbers(1, 100), page, 101) : paged(numbers(1, 100), page, 100);
  };
  expect(await list()).toHaveLength(100);
  expect(asked).toEqual([1, 2, 1]);
});

test("an object that is doubled only since another one is gone counts once", async () => {
  answer = (page) => (page === 1 ? paged(numbers(1, 100), 1, 151) : paged(numbers(100, 150), 2, 150));
  expect(await list()).toEqual(all);
});

test("pages that never fit together are told, not taken", async () => {
  answer = (page) => paged(numbers(page === 1 ? 1 : 100, page === 1 ? 100 : 149), page, 150);
  await expect(list()).rejects.toThrow(
    "GET /policies/bindings/: 200: 3 times its pages held other objects than it counts; somebody may be changing them",
  );
  expect(asked).toEqual([1, 2, 1, 2, 1, 2]);
});

test("a list that is not there is told", async () => {
  answer = () => ({ status: 404, body: {} });
  await expect(list()).rejects.toThrow("the answer is no list");
});

describe("an answer that breaks off", () => {
  let proxy: FaultProxy;
  /** Begins every answer, and ends none. */
  const stalled = createServer((_request, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("{");
  });
  beforeAll(async () => {
    proxy = await FaultProxy.start(api.options.url);
    await new Promise<void>((resolve) => stalled.listen(0, "127.0.0.1", resolve));
    answer = () => ({ status: 200, body: { pk: 7, name: "x".repeat(1_000) } });
  });
  afterAll(async () => {
    await proxy.close();
    stalled.closeAllConnections();
    await new Promise((resolve) => stalled.close(resolve));
  });
  const through = (retries: number, timeout = 5_000) =>
    new AuthentikApi({ url: proxy.url, token: new Secret("t"), retries, timeout, longestPause: 5 });

  test("is told as a failure of the server, not as a bare TypeError", async () => {
    proxy.fail(() => ({ cut: "inside" }));
    const work = through(0).get("/core/users/7/");
    await expect(work).rejects.toThrow(ServerError);
    await expect(work).rejects.toThrow(
      `Authentik: GET /core/users/7/: no answer: the answer broke off (${proxy.url})`,
    );
  });

  test("is asked for again where a request may be repeated, and only there", async () => {
    const once = (_request: Passed, number: number): Fault | undefined =>
      number === 1 ? { cut: "inside" } : undefined;
    proxy.fail(once);
    expect(await through(2).get("/core/users/7/")).toMatchObject({ pk: 7 });
    proxy.fail(once);
    expect(await through(2).write("PATCH", "/core/users/7/", {}, { repeatable: true })).toMatchObject({
      pk: 7,
    });
    expect(proxy.passed).toHaveLength(2);
    proxy.fail(once);
    await expect(through(2).write("POST", "/core/users/", {})).rejects.toThrow("the answer broke off");
    expect(proxy.passed).toHaveLength(1);
  });

  test("of a refusal is no refusal", async () => {
    answer = () => ({ status: 400, body: { detail: "x".repeat(1_000) } });
    proxy.fail(() => ({ cut: "inside" }));
    await expect(through(0).write("POST", "/core/users/", {})).rejects.toThrow("the answer broke off");
  });

  test("and then neither goes on nor ends is waited for no longer than any other", async () => {
    const url = `http://127.0.0.1:${(stalled.address() as AddressInfo).port}`;
    const work = new AuthentikApi({ url, token: new Secret("t"), retries: 2, timeout: 300 });
    await expect(work.get("/x/")).rejects.toThrow("Authentik: GET /x/: no answer: no answer in time");
  }, 5_000);
});
