import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Office, TOKEN, type Body } from "./office";

// With the real `connect`: whose token a command uses is decided by the stack's configuration and the environment.
const KEYS = { boyan: "api-key-of-boyan-7d21", julian: "api-key-of-julian-90fe" } as const;
const UNREADABLE = "error: incorrect passphrase";

let office: Office;
let boyan: Body;
let file: string;

beforeAll(async () => {
  office = await Office.open();
  file = join(office.folder, "Pulumi.prod.yaml");
});
afterAll(() => office.close());

beforeEach(async () => {
  office.resetRoster();
  office.proxy.heal();
  office.failing = undefined;
  for (const key of Object.keys(office.env)) Reflect.deleteProperty(office.env, key);
  for (const { pk, email } of await office.list("/core/users/?page_size=100"))
    if (/\.(rabchev|lubenov)@/.test(String(email))) await office.ask("DELETE", `/core/users/${String(pk)}/`);
  const group = await office.ask("POST", "/core/groups/", { name: "admins", is_superuser: true });
  boyan = await administrator("boyan.rabchev", "Boyan Rabchev", KEYS.boyan, group);
  await administrator("julian.lubenov", "Julian Lubenov", KEYS.julian, group);
  // The stack's own token is that of the very person who leaves.
  office.config["authentik:url"] = { value: office.proxy.url };
  office.config["authentik:token"] = { value: KEYS.boyan, secret: true };
  writeFileSync(
    file,
    JSON.stringify({
      config: { "authentik:url": office.proxy.url, "authentik:token": { secure: "v1:x" } },
    }),
  );
});
afterEach(async () => {
  rmSync(file, { force: true });
  const [group] = await office.list("/core/groups/?name=admins");
  await office.ask("DELETE", `/core/groups/${String(group?.pk)}/`);
});

async function administrator(username: string, name: string, key: string, group: Body): Promise<Body> {
  const user = await office.ask("POST", "/core/users/", {
    username,
    name,
    email: `${username}@plana.solutions`,
    groups: [group.pk],
  });
  const identifier = `api-${username.replace(".", "-")}`;
  await office.ask("POST", "/core/tokens/", { identifier, intent: "api", user: user.pk });
  await office.ask("POST", `/core/tokens/${identifier}/set_key/`, { key });
  return user;
}

const isActive = async () => (await office.ask("GET", `/core/users/${String(boyan.pk)}/`)).is_active;
const offboard = (...more: string[]) =>
  office.ops(["person", "offboard", "boyan.rabchev", "--now", ...more], { connected: true });

test("whoever owns the stack's token is cut off with another one's, as the refusal says", async () => {
  const refused = await offboard("--force");
  expect([refused.code, await isActive()]).toEqual([1, true]);
  expect(refused.said).toContain(
    "boyan.rabchev owns the token that this command uses: disabled, it could not finish\n" +
      "  mend: export AUTHENTIK_TOKEN=<token of another administrator>, which goes before the stack's own, then run this again",
  );

  office.env.AUTHENTIK_TOKEN = KEYS.julian;
  const owner = await offboard();
  expect([owner.code, await isActive()]).toEqual([1, true]);
  expect(owner.said).toContain("owns the token with which the program talks to Authentik (authentik:token)");

  const { code, printed } = await offboard("--force");
  expect([code, await isActive()]).toEqual([0, false]);
  expect(printed).toContain("Left: none");
});

test("a missing passphrase stops no offboarding, and what could not be looked at is said", async () => {
  office.failing = UNREADABLE;
  const stopped = await offboard();
  expect([stopped.code, stopped.said]).toEqual([1, expect.stringContaining(UNREADABLE)]);
  expect(await isActive()).toBe(true);

  office.env.AUTHENTIK_TOKEN = KEYS.julian;
  const { code, printed } = await offboard();
  expect([code, await isActive()]).toEqual([1, false]);
  expect(printed).toContain("Left: none");
  expect(printed).toContain(
    "Whose token the program has (authentik:token) could not be read: if it is boyan.rabchev's, it is gone",
  );
  expect(printed).toContain("could not be asked: the configuration of stack prod cannot be read");
});

test("the environment's address is used where the stack names none, and refused where it names another", async () => {
  office.failing = UNREADABLE;
  Object.assign(office.env, { AUTHENTIK_TOKEN: KEYS.julian, AUTHENTIK_URL: "http://127.0.0.1:1" });
  const refused = await offboard();
  expect([refused.code, refused.said]).toEqual([
    1,
    expect.stringContaining(`expected the server of stack prod, ${office.proxy.url} (authentik:url)`),
  ]);
  expect(office.proxy.passed).toEqual([]);

  rmSync(file);
  office.env.AUTHENTIK_URL = office.proxy.url;
  await offboard();
  expect(await isActive()).toBe(false);
});

test("no token was let be seen", async () => {
  office.env.AUTHENTIK_TOKEN = KEYS.julian;
  const { seen } = await offboard("--force");
  for (const key of [TOKEN, ...Object.values(KEYS)]) expect(seen).not.toContain(key);
});
