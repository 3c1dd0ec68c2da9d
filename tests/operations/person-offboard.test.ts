import { mkdirSync, rmSync, writeFileSync } from "node:fs";

import { FAULTS, type Passed } from "../../sandbox/fault-proxy";
import { Office, TOKEN, type Body, type Ended } from "./office";

let office: Office;
const seen: string[] = [];
const SECRETS = [TOKEN, "app-password-key-of-boyan", "api-key-of-boyan-1234"];
const groups: Record<string, unknown> = {};
let application: Body;
let source: Body;
let provider: Body;

beforeAll(async () => {
  office = await Office.open();
  for (const name of ["plana-staff", "plana-admins", "tenant-impersonators"])
    groups[name] = (
      await office.ask("POST", "/core/groups/", { name, is_superuser: name === "plana-admins" })
    ).pk;
  const flow = async (slug: string) => (await office.list(`/flows/instances/?slug=${slug}`))[0]?.pk;
  provider = await office.ask("POST", "/providers/oauth2/", {
    name: "forgejo",
    authorization_flow: await flow("default-provider-authorization-implicit-consent"),
    invalidation_flow: await flow("default-provider-invalidation-flow"),
    redirect_uris: [],
    grant_types: ["authorization_code"],
  });
  application = await office.ask("POST", "/core/applications/", {
    name: "Forgejo",
    slug: "forgejo",
    provider: provider.pk,
  });
  source = await office.ask("POST", "/sources/oauth/", {
    name: "Google",
    slug: "google",
    provider_type: "google",
    consumer_key: "k",
    consumer_secret: "s",
  });
});
afterAll(() => office.close());

/** Of a command, in milliseconds: where a server never answers, where only one of its requests is not answered, and else. */
const [SHORT, SHORTEST, PATIENT] = [1_000, 250, 5_000];
let boyan: Body;
let julian: Body;
beforeEach(async () => {
  office.resetRoster();
  office.proxy.heal();
  office.patience = PATIENT;
  for (const { pk, email } of await office.list("/core/users/?page_size=100"))
    if (/\.(rabchev|lubenov)@/.test(String(email))) await office.ask("DELETE", `/core/users/${String(pk)}/`);
  boyan = await person("boyan.rabchev", "Boyan Rabchev", Object.values(groups));
  julian = await person("julian.lubenov", "Julian Lubenov", [groups["plana-staff"]]);
});

/** A person who holds one of everything. */
async function person(username: string, name: string, memberOf: unknown[]): Promise<Body> {
  const user = await office.ask("POST", "/core/users/", {
    username,
    name,
    email: `${username}@plana.solutions`,
    groups: memberOf,
  });
  const { pk } = user;
  await office.plant("core/authenticated_sessions", { user: pk });
  for (const kind of ["access_tokens", "refresh_tokens", "authorization_codes"])
    await office.plant(`oauth2/${kind}`, { user: pk, provider: provider.pk, scope: [], id_token: "{}" });
  await office.plant("core/user_consent", { user: pk, application: application.pk });
  for (const [intent, key] of [
    ["app_password", SECRETS[1]],
    ["api", SECRETS[2]],
  ]) {
    const identifier = `${username.replace(".", "-")}-${String(intent)}`;
    await office.ask("POST", "/core/tokens/", { identifier, intent, user: pk });
    await office.ask("POST", `/core/tokens/${identifier}/set_key/`, { key });
  }
  // A link that was made for the person and not used yet.
  const identifier = `${String(pk)}-password-reset`;
  await office.plant("core/tokens", { identifier, user: pk, intent: "verification" });
  await office.plant("sources/user_connections/oauth", { user: pk, source: source.pk, identifier: username });
  for (const kind of ["totp", "static"])
    await office.plant(`authenticators/admin/${kind}`, { user: pk, name: "phone", confirmed: true });
  return user;
}

/** What a person still has, asked past the proxy. */
async function held({ pk, username }: Body): Promise<Record<string, number>> {
  const count = async (path: string) => (await office.list(path)).length;
  const user = String(pk);
  const now = await office.ask("GET", `/core/users/${user}/`);
  return {
    active: Number(now.is_active),
    groups: (now.groups as unknown[]).length,
    sessions: await count(`/core/authenticated_sessions/?user__username=${String(username)}`),
    access: await count(`/oauth2/access_tokens/?user=${user}`),
    refresh: await count(`/oauth2/refresh_tokens/?user=${user}`),
    codes: await count(`/oauth2/authorization_codes/?user=${user}`),
    tokens: await count(`/core/tokens/?user__username=${String(username)}`),
    consents: await count(`/core/user_consent/?user=${user}`),
    connections: await count(`/sources/user_connections/all/?user=${user}`),
    authenticators: (await office.ask<unknown[]>("GET", `/authenticators/admin/all/?user=${user}`)).length,
  };
}

const NOTHING = {
  active: 0,
  groups: 0,
  sessions: 0,
  access: 0,
  refresh: 0,
  codes: 0,
  tokens: 0,
  consents: 0,
  connections: 0,
};
const EVERYTHING = {
  active: 1,
  sessions: 1,
  access: 1,
  refresh: 1,
  codes: 1,
  tokens: 3,
  consents: 1,
  connections: 1,
  authenticators: 2,
};
const LINE = '  { first: "Boyan", last: "Rabchev", roles: ["senior-developer", "tenant-support"] },\n';
const LEFT = LINE.replace(" },", ", leaving: true },");

async function ops(args: readonly string[], options?: Parameters<Office["ops"]>[1]): Promise<Ended> {
  const ended = await office.ops(args, options);
  seen.push(ended.seen);
  return ended;
}

const NOW = ["person", "offboard", "boyan.rabchev", "--now"];

test("without --now only the roster changes", async () => {
  const [before, server] = [office.roster(), office.stateFile()];
  const { code, printed } = await ops(["person", "offboard", "Boyan Rabchev"]);
  expect(code).toBe(0);
  expect(office.roster()).toBe(before.replace(LINE, LEFT));
  expect(printed).toContain(`-${LINE}+${LEFT.trimEnd()}`);
  expect(office.stateFile()).toBe(server);
  expect(office.proxy.passed).toEqual([]);
  const again = await ops(["person", "offboard", "boyan.rabchev@plana.solutions"]);
  expect([again.code, again.printed]).toEqual([0, expect.stringContaining("marked as leaving already")]);
});

test("cut off: nothing of the person is left, and everything of everybody else", async () => {
  const { code, printed, lines } = await ops([...NOW, "--authenticators"]);
  expect(printed).toContain("Left: none");
  expect(code).toBe(0);
  expect(await held(boyan)).toEqual({ ...NOTHING, authenticators: 0 });
  expect(await held(julian)).toEqual({ ...EVERYTHING, groups: 1 });
  expect(office.roster()).toContain(LEFT);
  expect(lines.map(({ step }) => step)).toEqual([
    "disabled",
    "out of tenant-impersonators",
    "out of plana-admins",
    "out of plana-staff",
    // The change that disables ends sessions, codes and OAuth tokens by itself.
    "3 tokens (API, app passwords, one-time links) removed",
    "1 consents removed",
    "1 social connections removed",
    "2 authenticators removed",
    "marked as leaving in the roster",
  ]);
  expect(printed).toContain(`boyan.rabchev is cut off; read back from ${office.proxy.url}: disabled`);
  expect(printed).toContain('Activity in Loki: {namespace="authentik"} |= "boyan.rabchev"');
  expect(printed).toContain("Merge the roster's change before the next `up`");
});

test("it is disabled by PATCH, never by PUT, and sessions that the server left are ended", async () => {
  await ops(NOW);
  const changes = office.proxy.passed.filter(({ path }) => path.endsWith(`/users/${String(boyan.pk)}/`));
  expect(changes.map(({ method }) => method).filter((method) => method !== "GET")).toEqual(["PATCH"]);
  // As after the provider's own update: disabled already, with sessions and tokens left.
  await office.plant("core/authenticated_sessions", { user: boyan.pk });
  await office.plant("oauth2/refresh_tokens", {
    user: boyan.pk,
    provider: provider.pk,
    scope: [],
    id_token: "{}",
  });
  const { code, printed } = await ops(NOW);
  expect(printed).toContain("1 sessions removed");
  expect(code).toBe(0);
  expect(await held(boyan)).toEqual({ ...NOTHING, authenticators: 2 });
});

test("authenticators stay unless asked for, and it is said", async () => {
  const { printed } = await ops(NOW);
  expect((await held(boyan)).authenticators).toBe(2);
  expect(printed).toContain("Authenticators stay: static phone, totp phone");
});

test("run twice, the second time finds nothing to do", async () => {
  await ops(NOW);
  const server = office.stateFile();
  const { code, lines, printed } = await ops(NOW);
  expect([code, lines]).toEqual([0, []]);
  expect(printed).toContain("Left: none");
  expect(office.stateFile()).toBe(server);
});

test("a dry run tells every step and changes neither server nor roster", async () => {
  const [before, server] = [office.roster(), office.stateFile()];
  const { code, printed, lines } = await ops(["--dry-run", ...NOW, "--authenticators"]);
  expect(code).toBe(0);
  for (const step of [
    "disabled",
    "out of tenant-impersonators",
    "1 sessions removed",
    "2 authenticators removed",
  ])
    expect(printed).toContain(`  - ${step}`);
  expect(new Set(lines.map(({ outcome }) => outcome))).toEqual(new Set(["would be done"]));
  expect(office.roster()).toBe(before);
  expect(office.stateFile()).toBe(server);
  expect(office.proxy.passed.filter(({ method }) => method !== "GET")).toEqual([]);
});

test("nobody is cut off without being asked", async () => {
  const server = office.stateFile();
  const { code, said } = await ops(NOW, { yes: false });
  expect([code, said]).toEqual([1, expect.stringContaining("add --yes")]);
  expect(office.stateFile()).toBe(server);
  expect(office.roster()).not.toContain("leaving: true }");
});

test("interrupted after every step, a second run finishes", async () => {
  for (let step = 1; step <= 9; step += 1) {
    const cut = await ops([...NOW, "--authenticators"], { interruptAfter: step });
    expect([step, cut.code]).toEqual([step, 1]);
    const { code } = await ops([...NOW, "--authenticators"]);
    expect([step, code, await held(boyan)]).toEqual([step, 0, { ...NOTHING, authenticators: 0 }]);
    expect(office.roster()).toContain(LEFT);
    office.resetRoster();
    await office.ask("DELETE", `/core/users/${String(boyan.pk)}/`);
    boyan = await person("boyan.rabchev", "Boyan Rabchev", Object.values(groups));
  }
}, 120_000);

const WRITES = ["PATCH", "POST", "DELETE"];
test.each(Object.entries(FAULTS).filter(([name]) => name !== "empty object"))(
  "every change is answered with %s: told, exit 1, and a second run finishes",
  async (name, fault) => {
    if (name === "timeout") office.patience = SHORT;
    const writes = ({ method }: Passed) => WRITES.includes(method);
    office.proxy.fail((request) => (writes(request) ? fault : undefined));
    const { code, printed } = await ops(NOW);
    const gone = await held(boyan);
    const complete = Object.entries(NOTHING).every(([what, count]) => gone[what] === count);
    // Only where the server did it, and told nobody, nothing is left.
    expect(complete).toBe("cut" in fault && fault.cut !== "before");
    expect(code).toBe(complete ? 0 : 1);
    expect(printed).toContain(
      complete ? "Not answered, but done: Authentik: PATCH" : "Refused: Authentik: PATCH",
    );
    expect(printed).toContain(complete ? "Left: none" : "NOT cut off completely");
    office.proxy.heal();
    office.patience = PATIENT;
    expect((await ops(NOW)).code).toBe(0);
    expect(await held(boyan)).toEqual({ ...NOTHING, authenticators: 2 });
  },
  60_000,
);

test.each(Object.entries(FAULTS))(
  "%s at any request: never told as done when it is not, and a second run finishes",
  async (name, fault) => {
    // Marked already: what is asked of the server is what matters here.
    await ops(["person", "offboard", "boyan.rabchev"]);
    office.proxy.heal();
    await ops(NOW);
    const requests = 45;
    expect(office.proxy.passed.length).toBeGreaterThan(30);
    // Every request meets half of all kinds; the changes and the reading back meet all of them, above and below.
    const offset = 1 + 2 * (Object.keys(FAULTS).indexOf(name) % 2);
    for (let at = offset; at <= requests; at += 4) {
      await office.ask("DELETE", `/core/users/${String(boyan.pk)}/`);
      boyan = await person("boyan.rabchev", "Boyan Rabchev", Object.values(groups));
      if (name === "timeout") office.patience = SHORTEST;
      office.proxy.fail((_request, number) => (number === at || number === at + 1 ? fault : undefined));
      const { code, printed } = await ops(NOW);
      const gone = await held(boyan);
      const complete = Object.entries(NOTHING).every(([what, count]) => gone[what] === count);
      if (code === 0)
        expect([at, complete, printed]).toEqual([at, true, expect.stringContaining("Left: none")]);
      office.patience = PATIENT;
      office.proxy.heal();
      if (code !== 0) expect([at, (await ops(NOW)).code]).toEqual([at, 0]);
      expect(await held(boyan)).toEqual({ ...NOTHING, authenticators: 2 });
    }
    expect(await held(julian)).toEqual({ ...EVERYTHING, groups: 1 });
  },
  120_000,
);

test.each(Object.entries(FAULTS))(
  "the server answers %s when it is read back: never told as done",
  async (name, fault) => {
    if (name === "timeout") office.patience = SHORT;
    let disabled = false;
    office.proxy.fail(({ method }) => {
      if (method === "DELETE") disabled = true;
      return disabled && method === "GET" ? fault : undefined;
    });
    const { code, printed } = await ops(NOW);
    expect(code).toBe(1);
    expect(printed).toContain("not told by the server");
  },
  60_000,
);

test("a request that fails once is repeated", async () => {
  const failed = new Set<string>();
  office.proxy.fail(({ method, path }) => {
    const key = `${method} ${path}`;
    if (failed.has(key)) return undefined;
    failed.add(key);
    return FAULTS["503"];
  });
  const { code } = await ops(NOW);
  expect(code).toBe(0);
  expect(await held(boyan)).toEqual({ ...NOTHING, authenticators: 2 });
}, 60_000);

test("a server that ignores a filter loses nobody else's things", async () => {
  const all = JSON.stringify(await office.ask("GET", "/oauth2/refresh_tokens/"));
  office.proxy.fail(({ method, path }) =>
    method === "GET" && path.startsWith("/api/v3/oauth2/refresh_tokens/")
      ? { status: 200, body: all }
      : undefined,
  );
  await ops(NOW);
  const deleted = office.proxy.passed.filter(({ method }) => method === "DELETE").map(({ path }) => path);
  expect(deleted.filter((path) => path.includes("refresh_tokens"))).toHaveLength(1);
  expect(await held(julian)).toEqual({ ...EVERYTHING, groups: 1 });
});

test("an account that was renamed by hand is known by its address", async () => {
  await office.ask("PATCH", `/core/users/${String(boyan.pk)}/`, { username: "bobby" });
  const { code } = await ops(NOW);
  expect(code).toBe(0);
  expect(await held({ ...boyan, username: "bobby" })).toEqual({ ...NOTHING, authenticators: 2 });
  expect(office.roster()).toContain(LEFT);
});

test("an account that is gone already: the roster is marked, and that is all", async () => {
  await office.ask("DELETE", `/core/users/${String(boyan.pk)}/`);
  const { code, printed } = await ops(NOW);
  expect([code, printed]).toEqual([
    0,
    expect.stringContaining(`boyan.rabchev has no account on ${office.proxy.url}.`),
  ]);
  expect(office.roster()).toContain(LEFT);
  // One that was not deployed yet would be, and be active.
  expect(printed).toContain("Merge the roster's change before the next `up`");
});

test("for an account that is not on the roster there is nothing to merge", async () => {
  const other = await office.ask("POST", "/core/users/", { username: "bobby", name: "Bobby" });
  const { code, printed } = await ops(["person", "offboard", "bobby", "--now"]);
  expect([code, printed]).toEqual([0, expect.stringContaining("bobby is not in the roster")]);
  expect(printed).not.toContain("Merge");
  await office.ask("DELETE", `/core/users/${String(other.pk)}/`);
});

describe("another account that may be the same person's", () => {
  let other: Body;
  const make = async (more: Body) => {
    other = await office.ask("POST", "/core/users/", { username: "bobby", name: "Bobby", ...more });
  };
  afterEach(() => office.ask("DELETE", `/core/users/${String(other.pk)}/`));
  const COMMAND = "npm run ops -- --stack prod person offboard bobby --now";

  test("with the same address: told, exit 1, until it is cut off as well", async () => {
    await make({ email: "Boyan.Rabchev@PLANA.solutions" });
    const { code, printed } = await ops(NOW);
    expect(code).toBe(1);
    const dry = await ops(["--dry-run", ...NOW]);
    expect([dry.code, dry.printed]).toEqual([1, expect.stringContaining("Left: 1 other active accounts")]);
    expect(printed).toContain("boyan.rabchev is cut off; read back from");
    expect(printed).toContain("Left: 1 other active accounts with the same address");
    expect(printed).toContain(`bobby (Bobby) is active and has the same address`);
    expect(printed).toContain(`  mend: ${COMMAND}`);
    expect((await ops(["person", "offboard", "bobby", "--now"])).code).toBe(0);
    const again = await ops(NOW);
    expect([again.code, again.printed]).toEqual([0, expect.not.stringContaining("bobby")]);
  });

  test("with the same name: told, and no more", async () => {
    await make({ name: "boyan  RABCHEV", email: "bobby@example.org" });
    const { code, printed } = await ops(NOW);
    expect(code).toBe(0);
    expect(printed).toContain("bobby (boyan  RABCHEV) is active and has the same name");
    expect(printed).toContain(`  mend: ${COMMAND}`);
    expect(printed).toContain("Left: none");
  });

  test("with the name of the roster, where the person has no account of it: told", async () => {
    await office.ask("DELETE", `/core/users/${String(boyan.pk)}/`);
    await make({ username: "bobby.b", name: "Boyan Rabchev", email: "" });
    const { code, printed } = await ops(["person", "offboard", "boyan.rabchev@plana.solutions", "--now"]);
    expect([code, printed]).toEqual([0, expect.stringContaining("bobby.b (Boyan Rabchev) is active")]);
  });

  test.each<[string, Body]>([
    ["that is disabled", { name: "Boyan Rabchev", email: "boyan.rabchev@plana.solutions", is_active: false }],
    ["of nobody alike, and without an address", { email: "" }],
  ])("%s is not", async (_, more) => {
    await make(more);
    const { code, printed } = await ops(NOW);
    expect([code, printed]).toEqual([0, expect.not.stringContaining("bobby")]);
  });
});

describe("a roster that somebody else writes meanwhile", () => {
  const JULIAN = /( {2}\{ first: "Julian", last: "Lubenov",.*?) \},\n/;
  /** Changes the roster once the first thing is removed on the server, as an editor, a `git pull` or another offboarding does. */
  function meanwhile(edit: (text: string) => string): void {
    let done = false;
    office.proxy.fail(({ method }) => {
      if (method === "DELETE" && !done) {
        done = true;
        writeFileSync(office.rosterPath, edit(office.roster()));
      }
      return undefined;
    });
  }

  test("keeps what was written while the account was cut off", async () => {
    meanwhile((text) => text.replace(JULIAN, "$1, leaving: true },\n"));
    const other = office.roster().replace(JULIAN, "$1, leaving: true },\n");
    expect((await ops(NOW)).code).toBe(0);
    expect(office.roster()).toBe(other.replace(LINE, LEFT));
  });

  test("has both marks after two offboardings at once", async () => {
    const both = office.roster().replace(JULIAN, "$1, leaving: true },\n").replace(LINE, LEFT);
    const ended = await Promise.all([ops(NOW), ops(["person", "offboard", "julian.lubenov", "--now"])]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect(office.roster()).toBe(both);
    for (const who of [boyan, julian]) expect((await held(who)).active).toBe(0);
  });

  test("is marked by address, whatever became of the rest of the line", async () => {
    const renamed = '{ first: "Boyan", last: "Rabchev-Ivanov", email: "boyan.rabchev@plana.solutions" },\n';
    meanwhile((text) => text.replace(LINE, `  ${renamed}`));
    expect((await ops(NOW)).code).toBe(0);
    expect(office.roster()).toContain('last: "Rabchev-Ivanov"');
    expect(office.roster()).toMatch(/email: "boyan.rabchev@plana.solutions",\s*leaving: true,?\s*\}/);
  });

  test("without the person any more: cut off, and the missing mark is told", async () => {
    meanwhile((text) => text.replace(LINE, ""));
    const { code, printed } = await ops(NOW);
    expect([code, printed]).toEqual([1, expect.stringContaining("Left: 1 marks missing in the roster")]);
    expect(printed).toContain("boyan.rabchev@plana.solutions is on no line of");
    expect(office.roster()).not.toContain("Rabchev");
  });
});

describe("a roster that cannot be edited", () => {
  const NO_LIST = "export const people = everybody();\n";
  /** Where what is written is put together first: nothing can be, while this is there. */
  const draft = () => `${office.rosterPath}.${process.pid}.draft`;
  const obstacles: Readonly<Record<string, readonly [() => void, string]>> = {
    "is not writable": [() => mkdirSync(draft()), "people.ts cannot be written: "],
    "is no plain list": [
      () => writeFileSync(office.rosterPath, NO_LIST),
      "expected `export const people = [ … ]`",
    ],
    "is not there": [() => rmSync(office.rosterPath), "there is no such file"],
  };
  afterEach(() => rmSync(draft(), { force: true, recursive: true }));

  test.each(Object.entries(obstacles))(
    "since it %s: the person is cut off, and what is left is told",
    async (_, [obstruct, why]) => {
      obstruct();
      const { code, printed } = await ops([...NOW, "--authenticators"]);
      expect(await held(boyan)).toEqual({ ...NOTHING, authenticators: 0 });
      expect(code).toBe(1);
      expect(printed).toContain("boyan.rabchev is cut off; read back from");
      expect(printed).toContain("Left: 1 marks missing in the roster");
      expect(printed).toContain(why);
      expect(printed).toContain(
        "by hand: add `leaving: true` to the entry of Boyan Rabchev, and merge it before the next `up`",
      );
      rmSync(draft(), { force: true, recursive: true });
      office.resetRoster();
      expect((await ops([...NOW, "--authenticators"])).code).toBe(0);
      expect(office.roster()).toContain(LEFT);
    },
  );

  test.each(Object.entries(obstacles))(
    "since it %s, without --now: it is told that the account still works",
    async (_, [obstruct, why]) => {
      obstruct();
      const { code, said } = await ops(["person", "offboard", "boyan.rabchev"]);
      expect(code).toBe(1);
      expect(said).toContain(why);
      expect(said).toContain(
        "The account was not touched, and still works. To cut it off all the same: --now",
      );
      expect((await held(boyan)).active).toBe(1);
    },
  );

  test("what is to be written by hand is shown", async () => {
    mkdirSync(draft());
    const { printed } = await ops(NOW);
    expect(printed).toContain(
      `make it writable and run this again, or write by hand:\nstacks/prod/people.ts:11\n-${LINE}+${LEFT.trimEnd()}`,
    );
  });
});

test.each([
  ["a nearby name", ["boyan.rabchef", "--now"], "did you mean boyan.rabchev (Boyan Rabchev)?"],
  ["a nearby name on the roster", ["boyan.rabchef"], "did you mean boyan.rabchev"],
  ["a name far from all", ["zzzzzzzzzz", "--now"], "is nobody on the roster or the server"],
  ["the own account", ["akadmin", "--now", "--force"], "owns the token that this command uses"],
])("refused with nothing changed: %s", async (_name, args, told) => {
  const [before, server] = [office.roster(), office.stateFile()];
  const { code, said } = await ops(["person", "offboard", ...args]);
  expect(said).toContain(told);
  expect(code).toBe(1);
  expect([office.roster(), office.stateFile()]).toEqual([before, server]);
});

test.each([
  ["somebody whom it sees", NOW],
  ["somebody whom it does not see", ["person", "offboard", "nobody.it.sees", "--now"]],
])("with the token of one who may not see everything nothing is told as gone: %s", async (_name, args) => {
  office.token = "api-key-of-julian";
  await office.ask("POST", "/core/tokens/julian-lubenov-api/set_key/", { key: office.token });
  const before = [office.roster(), office.stateFile()];
  // To a token with a few rights the server gives a shorter list, and does not say so.
  office.proxy.fail(({ path }) =>
    path.startsWith("/api/v3/core/users/?")
      ? { status: 200, body: JSON.stringify({ pagination: { next: 0, count: 0 }, results: [] }) }
      : undefined,
  );
  const { code, said } = await ops(args);
  office.token = TOKEN;
  expect([code, said]).toEqual([1, expect.stringContaining("does not administer Authentik")]);
  expect([office.roster(), office.stateFile()]).toEqual(before);
});

test("whoever owns the program's own token goes only with --force", async () => {
  office.config["authentik:token"] = { value: SECRETS[2] ?? "", secret: true };
  await office.ask("DELETE", "/core/tokens/julian-lubenov-api/");
  const before = [office.roster(), office.stateFile()];
  const { code, said } = await ops(NOW);
  expect([code, said]).toEqual([
    1,
    expect.stringContaining("owns the token with which the program talks to Authentik (authentik:token)"),
  ]);
  expect([office.roster(), office.stateFile()]).toEqual(before);
  expect((await ops([...NOW, "--force"])).code).toBe(0);
  Reflect.deleteProperty(office.config, "authentik:token");
});

test("a first name alone is nobody's, and tells whose it may be", async () => {
  const { code, said } = await ops(["person", "offboard", "Boyan"]);
  expect([code, said]).toEqual([1, expect.stringContaining("did you mean boyan.rabchev (Boyan Rabchev)?")]);
  expect((await ops(["person", "offboard", "Боян Рабчев", "--now"])).said).toContain(
    "did you mean boyan.rabchev",
  );
});

test("an account of a machine is refused", async () => {
  const machine = (await office.list("/core/users/?type=internal_service_account"))[0];
  const { code, said } = await ops(["person", "offboard", String(machine?.username), "--now"]);
  expect([code, said]).toEqual([1, expect.stringContaining("account of a machine")]);
});

test("the last administrator goes only with --force", async () => {
  // The token is a machine's, so that akadmin can be out of the way.
  const [akadmin] = await office.list("/core/users/?username=akadmin");
  const user = `/core/users/${String(akadmin?.pk)}/`;
  await office.ask("PATCH", user, { type: "service_account" });
  const refused = await ops(NOW);
  expect([refused.code, refused.said]).toEqual([1, expect.stringContaining("the last active administrator")]);
  expect((await held(boyan)).active).toBe(1);
  expect((await ops([...NOW, "--force"])).code).toBe(0);
  await office.ask("PATCH", user, { type: "internal" });
});

test("no secret was printed, said or logged", () => {
  const all = seen.join("\n");
  expect(all.length).toBeGreaterThan(1000);
  for (const secret of SECRETS) expect(all).not.toContain(secret);
});
