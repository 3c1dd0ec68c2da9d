import { type Properties, reveal, secret, textOf, UNKNOWN } from "../../sandbox/plugins/wire";
import { bundle, PluginClient } from "./plugin-client";

const PASSWORD = "random:index/randomPassword:RandomPassword";

let plugins: ReturnType<typeof bundle>;
let plugin: PluginClient;

beforeAll(async () => {
  plugins = bundle();
  plugin = await PluginClient.start(plugins.file, "random");
});
afterAll(async () => {
  await plugin.stop();
  plugins.remove();
});

async function create(
  type: string,
  news: Properties,
): Promise<{ id: string; inputs: Properties; outputs: Properties }> {
  const { inputs, failures } = await plugin.check(type, news);
  expect(failures).toEqual([]);
  return { inputs, ...(await plugin.create(type, inputs)) };
}

test("a password is secret, as long as asked for, of the kinds asked for, and not in the id", async () => {
  const { id, outputs } = await create(PASSWORD, { length: 40, special: false, minNumeric: 3 });
  expect(id).toBe("none");
  expect(outputs.result).toEqual(secret(expect.stringMatching(/^[A-Za-z0-9]{40}$/) as string));
  expect(outputs.bcryptHash).toEqual(secret(expect.stringContaining("$2a$10$") as string));
  expect(textOf(reveal(outputs.result ?? "")).replace(/\D/g, "").length).toBeGreaterThanOrEqual(3);
});

test("the engine is told that secrets may be sent as secrets", async () => {
  expect(await plugin.acceptsSecrets()).toBe(true);
});

test("a preview does not know the value", async () => {
  const { outputs } = await plugin.create(PASSWORD, { length: 8 }, true);
  expect(outputs.result).toEqual(secret(UNKNOWN));
});

test("changed keepers mean a new value, unchanged ones none", async () => {
  const { id, inputs, outputs } = await create(PASSWORD, { length: 8, keepers: { generation: "1" } });
  expect(await plugin.diff(PASSWORD, id, outputs, inputs)).toMatchObject({ changed: false });
  const next = { ...inputs, keepers: { generation: "2" } };
  expect((await plugin.diff(PASSWORD, id, outputs, next)).replaces).toEqual(["keepers.generation"]);
});

test("an imported password keeps its value only while the program says what the import states", async () => {
  const { id, outputs, inputs } = await plugin.read(PASSWORD, "hidden word");
  expect(id).toBe("none");
  expect(outputs.result).toEqual(secret("hidden word"));
  const same = await plugin.check(PASSWORD, { length: 11 });
  expect(await plugin.diff(PASSWORD, id, outputs, same.inputs, inputs)).toMatchObject({ changed: false });
  const other = await plugin.check(PASSWORD, { length: 11, special: false });
  expect((await plugin.diff(PASSWORD, id, outputs, other.inputs, inputs)).replaces).toEqual(["special"]);
});

test("refuses what the real plugin refuses", async () => {
  const { failures } = await plugin.check(PASSWORD, { size: 8 });
  expect(failures.join()).toContain('no input "size"');
  expect(failures.join()).toContain('Missing required property "length"');
});

test("ids, strings and UUIDs have their forms", async () => {
  const { id, outputs } = await create("random:index/randomId:RandomId", { byteLength: 4, prefix: "p-" });
  expect(outputs.hex).toMatch(/^p-[0-9a-f]{8}$/);
  expect(`p-${id}`).toBe(outputs.b64Url);
  expect(
    (await create("random:index/randomString:RandomString", { length: 6, special: false })).outputs.result,
  ).toMatch(/^\w{6}$/);
  expect((await create("random:index/randomUuid:RandomUuid", {})).id).toMatch(/^[0-9a-f-]{36}$/);
});
