import { FAULTS } from "../../sandbox/fault-proxy";
import { Office, TOKEN, type Body, type Ended } from "./office";
import { Service } from "./service";

const MATRIX_TOKEN = "syt_matrix-access-token-1";
const ROOM = "!staff room:planapulse.com".replace(" ", "-");

let office: Office;
let matrix: Service;
let boyan: Body;
const unprinted: string[] = [];

beforeAll(async () => {
  office = await Office.open();
  matrix = await Service.start();
  boyan = await office.ask("POST", "/core/users/", {
    username: "boyan.rabchev",
    name: "Boyan Rabchev",
    email: "boyan.rabchev@plana.solutions",
  });
});
afterAll(async () => {
  await office.close();
  await matrix.close();
});
beforeEach(() => {
  office.proxy.heal();
  matrix.got.length = 0;
  matrix.answer = () => ({ status: 200, body: { event_id: "$1" } });
  for (const key of Object.keys(office.config)) Reflect.deleteProperty(office.config, key);
  Object.assign(office.config, {
    domain: { value: "planapulse.com" },
    matrixHomeserver: { value: matrix.url },
    matrixRoom: { value: ROOM },
    matrixToken: { value: MATRIX_TOKEN, secret: true },
  });
});

async function ops(args: readonly string[]): Promise<Ended> {
  const ended = await office.ops(["person", "invite", ...args]);
  unprinted.push(ended.said, JSON.stringify(ended.lines));
  return ended;
}

test("without a recovery flow it is said what mends it", async () => {
  const { code, said } = await ops(["boyan.rabchev", "--print"]);
  expect(code).toBe(1);
  expect(said).toContain("no recovery flow on its default brand");
  expect(said).toContain("mend: npm run up -- --stack prod");
});

describe("with a recovery flow", () => {
  const links: string[] = [];
  beforeAll(async () => {
    const flow = await office.ask("POST", "/flows/instances/", {
      name: "Recovery",
      slug: "plana-recovery",
      title: "Reset",
      designation: "recovery",
    });
    const [brand] = await office.list("/core/brands/");
    await office.ask("PATCH", `/core/brands/${String(brand?.brand_uuid)}/`, { flow_recovery: flow.pk });
  });

  test("the link is printed once, and nowhere else", async () => {
    const { code, printed, said, lines } = await ops(["boyan.rabchev", "--print"]);
    expect(code).toBe(0);
    const found = printed.match(/http\S+\/if\/flow\/plana-recovery\/\?flow_token=\w{60}/g) ?? [];
    expect(found).toHaveLength(1);
    links.push(...found);
    expect(said + JSON.stringify(lines)).not.toContain("flow_token");
    expect(printed).toContain("TOTP is not enrolled yet");
    expect(printed).toContain("One-time link for boyan.rabchev, for 24 hours;");
    expect(printed).toContain("staff reach Authentik at https://auth.planapulse.com");
    expect(matrix.got).toEqual([]);
  });

  test("whether TOTP is enrolled; recovery codes alone are not", async () => {
    const device = await office.plant("authenticators/admin/static", { user: boyan.pk, name: "codes" });
    expect((await ops(["boyan.rabchev", "--print"])).printed).toContain("TOTP is not enrolled yet");
    const totp = await office.plant("authenticators/admin/totp", { user: boyan.pk, name: "phone" });
    expect((await ops(["boyan.rabchev", "--print"])).printed).toContain("TOTP is enrolled");
    for (const [kind, { pk }] of [
      ["static", device],
      ["totp", totp],
    ] as const)
      await office.ask("DELETE", `/authenticators/admin/${kind}/${String(pk)}/`);
  });

  test("the link goes to the room, and is not printed", async () => {
    const { code, seen } = await ops(["Boyan Rabchev", "--matrix"]);
    expect(code).toBe(0);
    expect(seen).not.toContain("flow_token");
    const [got, ...more] = matrix.got;
    expect(more).toEqual([]);
    expect(got?.method).toBe("PUT");
    expect(got?.url.pathname).toMatch(
      /^\/_matrix\/client\/v3\/rooms\/!staff-room%3Aplanapulse\.com\/send\/m\.room\.message\/plana-sso-[0-9a-f]{32}$/,
    );
    expect(got?.headers.authorization).toBe(`Bearer ${MATRIX_TOKEN}`);
    const message = JSON.parse(got?.body ?? "{}") as Body;
    expect(message.msgtype).toBe("m.text");
    expect(message.body).toMatch(/^One-time link for Boyan Rabchev .* http\S+flow_token=\w{60}$/);
  });

  test("sent again after a failure, it is the same transaction: the room has it once", async () => {
    let answers = 0;
    matrix.answer = () => {
      answers += 1;
      return answers < 3 ? { status: 503, body: "" } : { status: 200, body: { event_id: "$1" } };
    };
    expect((await ops(["boyan.rabchev", "--matrix"])).code).toBe(0);
    expect(matrix.got).toHaveLength(3);
    expect(new Set(matrix.got.map(({ url }) => url.pathname)).size).toBe(1);
  });

  test.each([
    [403, { errcode: "M_FORBIDDEN", error: "not in room" }, "invite that account into the room"],
    [404, { errcode: "M_NOT_FOUND", error: "flow_token" }, "Matrix: PUT"],
    [200, "<html>", "the answer has no event_id"],
    [200, {}, "the answer has no event_id"],
  ])("Matrix answers %s %j: exit 1", async (status, body, told) => {
    matrix.answer = () => ({ status, body });
    const { code, said, seen, lines } = await ops(["boyan.rabchev", "--matrix"]);
    expect([code, said]).toEqual([1, expect.stringContaining(told)]);
    expect(seen).not.toContain("flow_token");
    expect(lines.map(({ outcome }) => outcome)).toEqual(["done", "failed"]);
  });

  test.each(["matrixHomeserver", "matrixRoom", "matrixToken"])("without %s nothing is made", async (key) => {
    Reflect.deleteProperty(office.config, key);
    const { code, said } = await ops(["boyan.rabchev", "--matrix"]);
    expect([code, said]).toEqual([1, expect.stringContaining(`plana-sso:${key}: missing`)]);
    expect(office.proxy.passed).toEqual([]);
  });

  test.each(["hosts", "domain"])("with %s of another form nothing is made", async (key) => {
    office.config[key] = { value: key === "hosts" ? '{"auth":"no host"}' : "no host" };
    const { code, said } = await ops(["boyan.rabchev", "--print"]);
    expect([code, said]).toEqual([1, expect.stringContaining(`plana-sso:${key}: found`)]);
    expect(office.proxy.passed).toEqual([]);
  });

  test("a token in clear is refused, and not shown", async () => {
    office.config.matrixToken = { value: MATRIX_TOKEN };
    const { code, said, seen } = await ops(["boyan.rabchev", "--matrix"]);
    expect([code, said]).toEqual([1, expect.stringContaining("config set --secret plana-sso:matrixToken")]);
    expect(seen).not.toContain(MATRIX_TOKEN);
  });

  test("a dry run makes no link", async () => {
    const server = office.stateFile();
    const { code, printed } = await office.ops([
      "--dry-run",
      "person",
      "invite",
      "boyan.rabchev",
      "--matrix",
    ]);
    expect([code, printed]).toEqual([0, expect.stringContaining("would be sent to the Matrix room")]);
    expect(office.stateFile()).toBe(server);
    expect(matrix.got).toEqual([]);
    expect(office.proxy.passed.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test.each([
    [["boyan.rabchev"], 2, "--print or --matrix"],
    [["boyan.rabchev", "--print", "--matrix"], 2, "--print or --matrix"],
    [["boyan.rabshev", "--print"], 1, "did you mean boyan.rabchev (Boyan Rabchev)?"],
    [["julian.lubenov", "--print"], 1, "has no account yet"],
  ])("refused: %j", async (args, expected, told) => {
    const { code, said } = await ops(args);
    expect([code, said]).toEqual([expected, expect.stringContaining(told)]);
    expect(office.proxy.passed.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("made again before it is used, it is the same link", async () => {
    const link = async () => /flow_token=\w{60}/.exec((await ops(["boyan.rabchev", "--print"])).printed)?.[0];
    const first = await link();
    expect([typeof first, await link()]).toEqual(["string", first]);
  });

  test("with the token of somebody who is no administrator nothing is made", async () => {
    const { pk } = await office.ask("POST", "/core/users/", { username: "plain", name: "" });
    await office.ask("POST", "/core/tokens/", { identifier: "plain", user: pk, intent: "api" });
    const { key } = await office.ask("GET", "/core/tokens/plain/view_key/");
    office.token = String(key);
    const { code, said } = await ops(["boyan.rabchev", "--print"]);
    // Who is hidden from it would be told as not there: to a token with a few rights the server gives a shorter list.
    office.proxy.fail(({ path }) =>
      path.startsWith("/api/v3/core/users/?")
        ? { status: 200, body: JSON.stringify({ pagination: { next: 0, count: 0 }, results: [] }) }
        : undefined,
    );
    const hidden = await ops(["julian.lubenov", "--print"]);
    office.token = TOKEN;
    expect([code, said]).toEqual([1, expect.stringContaining("give the token of an administrator")]);
    expect([hidden.code, hidden.said]).toEqual([
      1,
      expect.stringContaining("plain, whose token is used, does not administer"),
    ]);
    expect(office.proxy.passed.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("a disabled person gets none", async () => {
    await office.ask("PATCH", `/core/users/${String(boyan.pk)}/`, { is_active: false });
    const { code, said } = await ops(["boyan.rabchev", "--print"]);
    await office.ask("PATCH", `/core/users/${String(boyan.pk)}/`, { is_active: true });
    expect([code, said]).toEqual([1, expect.stringContaining("boyan.rabchev is disabled")]);
  });

  test.each(Object.entries(FAULTS))(
    "Authentik answers %s when the link is made: exit 1, and the next run makes one",
    async (_name, fault) => {
      office.proxy.fail(({ method }) => (method === "POST" ? fault : undefined));
      const { code, said, printed } = await ops(["boyan.rabchev", "--print"]);
      expect([code, printed]).toEqual([1, ""]);
      expect(said).toContain("Authentik: POST /core/users/");
      office.proxy.heal();
      expect((await ops(["boyan.rabchev", "--print"])).code).toBe(0);
    },
    30_000,
  );

  test("--json gives the same to a program", async () => {
    const { printed } = await ops(["boyan.rabchev", "--print", "--json"]);
    expect(JSON.parse(printed)).toEqual({
      person: "boyan.rabchev",
      dryRun: false,
      totpEnrolled: false,
      validHours: 24,
      link: expect.stringContaining("flow_token=") as string,
    });
  });
});

test("no link and no token was said or logged", () => {
  expect(unprinted.length).toBeGreaterThan(20);
  for (const secret of ["flow_token", MATRIX_TOKEN, TOKEN])
    expect(unprinted.join("\n")).not.toContain(secret);
});
