import { FaultProxy } from "../../sandbox/fault-proxy";
import { Office } from "./office";
import { Service, type Got } from "./service";

let office: Office;
let loki: Service;

beforeAll(async () => {
  office = await Office.open();
  loki = await Service.start();
});
jest.setTimeout(60_000);
afterAll(async () => {
  await office.close();
  await loki.close();
});

const FIRST = Date.UTC(2026, 10, 1, 8);
const LAST = Date.UTC(2026, 10, 23, 17, 30);
const QUERY = '{namespace="trial-authentik"} |= "boyan.rabchev"';

/** What Loki answers: a vector with one sample, and streams with one line. */
function answer({ url }: Got) {
  const result =
    url.pathname === "/loki/api/v1/query"
      ? [{ metric: {}, value: [1_760_000_000, "412"] }]
      : [
          {
            stream: {},
            values: [[`${url.searchParams.get("direction") === "forward" ? FIRST : LAST}123456`, "line"]],
          },
        ];
  return { status: 200, body: { status: "success", data: { resultType: "x", result } } };
}

let serial = 0;
beforeEach(async () => {
  office.resetRoster();
  loki.got.length = 0;
  loki.answer = answer;
  const found = await office.list("/core/users/?username=boyan.rabchev");
  for (const { pk } of found) await office.ask("DELETE", `/core/users/${String(pk)}/`);
  serial += 1;
  await office.ask("POST", "/core/users/", { username: "boyan.rabchev", name: `Boyan ${serial}` });
  office.config.namespacePrefix = { value: "trial-" };
  office.config.lokiUrl = { value: loki.url };
});

const NOW = ["person", "offboard", "boyan.rabchev", "--now"];

test("count and time range of the person's lines are asked for, and told", async () => {
  const { code, printed } = await office.ops([...NOW, "--days", "7"]);
  expect(code).toBe(0);
  expect(printed).toContain(
    `Activity in Loki: ${QUERY}\n  412 lines, 2026-11-01T08:00:00.000Z to 2026-11-23T17:30:00.000Z`,
  );
  const [count, first, last] = loki.got.map(({ url }) => Object.fromEntries(url.searchParams));
  expect(count?.query).toBe(`sum(count_over_time(${QUERY} [7d]))`);
  expect(first).toMatchObject({ query: QUERY, direction: "forward", limit: "1" });
  expect(last).toMatchObject({ query: QUERY, direction: "backward", limit: "1" });
  expect(BigInt(last?.end ?? 0) - BigInt(last?.start ?? 0)).toBe(7n * 86_400n * 1_000_000_000n);
});

test("an address on the command line comes before the configuration's", async () => {
  office.config.lokiUrl = { value: "http://127.0.0.1:1" };
  const { code, printed } = await office.ops([...NOW, "--loki", `${loki.url}/`]);
  expect([code, printed]).toEqual([0, expect.stringContaining("412 lines")]);
});

test("a password in the address goes into a header, and is shown nowhere", async () => {
  const credentials = ["reader", "loki%20password-1"].join(":");
  const withPassword = (url: string) => url.replace("://", `://${credentials}@`);
  const address = withPassword(loki.url);
  const { code, seen } = await office.ops([...NOW, "--loki", address]);
  expect(code).toBe(0);
  expect(seen).toContain("412 lines");
  const expected = Buffer.from("reader:loki password-1").toString("base64");
  expect(loki.got.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Basic ${expected}`));
  loki.answer = () => ({ status: 500, body: "" });
  const failed = await office.ops([...NOW, "--loki", address]);
  const gone = await office.ops([...NOW, "--loki", withPassword("http://127.0.0.1:1")]);
  for (const shown of [seen, failed.seen, gone.seen]) expect(shown).not.toContain("password-1");
}, 60_000);

test("no line at all is told as such", async () => {
  loki.answer = () => ({
    status: 200,
    body: { status: "success", data: { resultType: "vector", result: [] } },
  });
  const { code, printed } = await office.ops(NOW);
  expect([code, printed]).toEqual([0, expect.stringContaining("no line: look at Loki's retention")]);
});

test.each([
  [400, "parse error"],
  [500, "too many outstanding requests"],
  [200, "<html>"],
  [200, { status: "success", data: {} }],
])(
  "Loki answers %s %j: the person is cut off, and that Loki could not be asked is an exit 1",
  async (status, body) => {
    loki.answer = () => ({ status, body });
    const { code, printed } = await office.ops(NOW);
    expect(code).toBe(1);
    expect(printed).toContain("Left: none");
    expect(printed).toContain("could not be asked: Loki: GET /loki/api/v1/query");
  },
);

test("an answer that breaks off is asked for again", async () => {
  const proxy = await FaultProxy.start(loki.url);
  proxy.fail((_request, number) => (number === 1 ? { cut: "inside" } : undefined));
  const { code, printed } = await office.ops([...NOW, "--loki", proxy.url]);
  await proxy.close();
  expect([code, printed]).toEqual([0, expect.stringContaining("412 lines")]);
});

// In clear a password may have a per cent sign; in an address it is written %25.
const WRONG = [
  "loki monitoring",
  "ftp://loki:3100",
  "http://reader:100%@127.0.0.1:1",
  "http://10%zz:p@127.0.0.1:1",
];
test.each(WRONG)("an address that is none is wrong use, and nothing is done: %s", async (address) => {
  office.proxy.heal();
  const before = [office.stateFile(), office.roster()];
  const { code, said, seen } = await office.ops([...NOW, "--loki", address]);
  expect([code, said]).toEqual([2, expect.stringContaining("the address of Loki (--loki)")]);
  expect(seen).not.toMatch(/100%|10%zz/);
  expect([office.stateFile(), office.roster()]).toEqual(before);
  expect(office.proxy.passed.filter(({ method }) => method !== "GET")).toEqual([]);
});

test.each(WRONG)(
  "one in the configuration keeps nobody from being cut off, and is told: %s",
  async (address) => {
    office.config.lokiUrl = { value: address };
    const { code, printed, seen } = await office.ops(NOW);
    expect([code, printed]).toEqual([1, expect.stringContaining("Left: none")]);
    expect(printed).toContain("could not be asked: ");
    expect(printed).toContain("plana-sso:lokiUrl");
    expect(seen).not.toMatch(/100%|10%zz/);
  },
);

test.each([
  ["a time that is none", [{ values: [["9".repeat(30), "line"]] }]],
  ["no stream at all", [null]],
])("an answer with %s is told, and hides nothing", async (_name, streams) => {
  loki.answer = (got) =>
    got.url.pathname.endsWith("query_range")
      ? { status: 200, body: { status: "success", data: { resultType: "streams", result: streams } } }
      : answer(got);
  const { code, printed } = await office.ops(NOW);
  expect([code, printed]).toEqual([1, expect.stringContaining("Left: none")]);
  expect(printed).toContain("could not be asked: ");
});

test("days that are no number are wrong use", async () => {
  expect((await office.ops([...NOW, "--days", "0"])).code).toBe(2);
});
