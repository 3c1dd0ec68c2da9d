import { ak, prodWith, runProgram, type Program } from "../program";
import { prod } from "../../stacks/prod";
import { production } from "../stack-files";

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

/** Everyone, with the groups that follow from the assumed roles. */
const PEOPLE = {
  "chudomir.monevski": ["Chudomir Monevski", ["plana-staff", "plana-admins", "tenant-impersonators"]],
  "boyan.rabchev": ["Boyan Rabchev", ["plana-staff", "plana-admins", "tenant-impersonators"]],
  "julian.lubenov": ["Julian Lubenov", ["plana-staff", "plana-admins"]],
  "martin.kotrulev": ["Martin Kotrulev", ["plana-staff", "plana-finance"]],
  "ramona.gospodinova": ["Ramona Gospodinova", ["plana-staff", "plana-finance"]],
  "elena.encheva-blagoeva": ["Elena Encheva-Blagoeva", ["plana-staff"]],
} as const;

test.each(Object.entries(PEOPLE))("%s", (username, [name, groups]) => {
  const { inputs, options } = program.recorder.one(ak("User"), username);
  expect(inputs).toEqual({
    username,
    name,
    email: `${username}@plana.solutions`,
    isActive: true,
    groups: groups.map((group) => `id:${group}`),
    type: "internal",
    path: "users",
    attributes: "{}",
  });
  expect(options.protect).toBe(true);
  // What a person chose in their settings lies in the attributes.
  expect(options.ignoreChanges).toEqual(["attributes"]);
});

test("attributes that the roster gives are the program's", async () => {
  const entry = { first: "Ada", last: "Test", attributes: { room: "4.12", desk: { side: "b", floor: 4 } } };
  const { recorder } = await runProgram(production(), prodWith({ people: [entry] }));
  const { inputs, options } = recorder.one(ak("User"), "ada.test");
  expect(inputs.attributes).toBe('{"desk":{"floor":4,"side":"b"},"room":"4.12"}');
  expect(options.ignoreChanges).toEqual([]);
});

test("nobody else is a user, and nobody has a password that the program knows", () => {
  const users = program.recorder.all(ak("User"));
  expect(users.map(({ name }) => name).sort()).toEqual(Object.keys(PEOPLE).sort());
  for (const { inputs } of users) expect(Object.keys(inputs)).not.toContain("password");
});

test.each([
  ["plana-staff", false],
  ["plana-admins", true],
  ["plana-finance", false],
  ["tenant-impersonators", false],
])("group %s, superuser: %s", (name, isSuperuser) => {
  const { inputs } = program.recorder.one(ak("Group"), name);
  // No `users`: a person owns the list of their groups.
  expect(inputs).toEqual({ name, isSuperuser, attributes: "{}" });
});

// Its update writes the members of a group as they were: after a person's it would bring back whom the same `up` takes out.
test("every group is written before any person, also before one who leaves them all", async () => {
  const groups = [...prod.groups, { name: "on-call", grants: "alarms", parents: ["plana-staff"] }];
  const people = [{ first: "Ada", last: "Test", leaving: true as const }];
  const { recorder } = await runProgram(production(), prodWith({ groups, people }));
  const order = recorder.resources
    .filter(({ type }) => [ak("Group"), ak("User")].includes(type))
    .map(({ name }) => name);
  expect(order.at(-1)).toBe("ada.test");
  expect([...order].sort()).toEqual(["ada.test", ...groups.map(({ name }) => name)].sort());
});
