import { readFileSync, writeFileSync } from "node:fs";

import { Office } from "./office";

let office: Office;

beforeAll(async () => {
  office = await Office.open();
});
afterAll(() => office.close());
afterEach(() => office.resetRoster());

const ELENA = '  { first: "Elena", last: "Encheva-Blagoeva", existingId: 24 },\n';

test("a person is one more line of the roster, and nothing else", async () => {
  const before = office.roster();
  const server = office.stateFile();
  const { code, printed, lines } = await office.ops(["person", "add", "Ivan", "Petrov", "--role", "cto"]);
  expect(code).toBe(0);
  expect(office.roster()).toBe(
    before.replace(ELENA, `${ELENA}  { first: "Ivan", last: "Petrov", roles: ["cto"] },\n`),
  );
  expect(printed).toContain('+  { first: "Ivan", last: "Petrov", roles: ["cto"] },');
  expect(printed).toContain("person invite ivan.petrov");
  expect(lines).toEqual([
    expect.objectContaining({
      who: "the-operator",
      verb: "person add",
      whom: "ivan.petrov@plana.solutions",
      stack: "prod",
      step: "written into the roster",
      outcome: "done",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    }),
  ]);
  expect(office.stateFile()).toBe(server);
  expect(office.proxy.passed).toEqual([]);
});

test("a person is not called as an account of Authentik's own", async () => {
  const before = office.roster();
  const { code, said } = await office.ops([
    ...["person", "add", "Ada", "Test", "--email", "akadmin@plana.solutions"],
  ]);
  expect([code, said]).toEqual([1, expect.stringContaining("another name than akadmin")]);
  expect(office.roster()).toBe(before);
});

test("added twice, the person is there once", async () => {
  await office.ops(["person", "add", "Ivan", "Petrov"]);
  const before = office.roster();
  const { code, printed } = await office.ops(["person", "add", "Ivan", "Petrov"]);
  expect([code, printed]).toEqual([0, "ivan.petrov@plana.solutions is on the roster already."]);
  expect(office.roster()).toBe(before);
});

test("a dry run shows the line and writes nothing", async () => {
  const before = office.roster();
  const { code, printed } = await office.ops(["--dry-run", "person", "add", "Ivan", "Petrov"]);
  expect(code).toBe(0);
  expect(printed).toContain('+  { first: "Ivan", last: "Petrov" },');
  expect(office.roster()).toBe(before);
});

test("comments and a list without a last comma stay as they are", async () => {
  const text = `import type { RosterEntry } from "../organisation";

export const people: readonly RosterEntry[] = [
  // the first
  { first: "Ada", last: "Lovelace", attributes: { room: "4.12", remote: false } } // the only
  // nobody else
];
`;
  writeFileSync(office.rosterPath, text);
  const { code } = await office.ops(["person", "add", "Émilie", "du Châtelet"]);
  expect(code).toBe(0);
  const added = readFileSync(office.rosterPath, "utf8");
  expect(added).toContain("// the first\n");
  expect(added).toContain(
    '{ first: "Ada", last: "Lovelace", attributes: { room: "4.12", remote: false } }, // the only\n  // nobody else\n',
  );
  expect(added).toContain('  { first: "Émilie", last: "du Châtelet" },\n];');
});

const REFUSED: [string, string[], number, string[]][] = [
  ["same name, other roles", ["Julian", "Lubenov"], 1, ["on the roster already", "senior-developer"]],
  ["same address", ["Juliän", "Lubenov"], 1, ["julian.lubenov@plana.solutions", "address of their own"]],
  ["unknown role", ["Ivan", "Petrov", "--role", "senior-developr"], 1, ["did you mean senior-developer?"]],
  ["other letters", ["Νίκος", "Παπάς"], 1, ["νικος.παπας@plana.solutions", "--email"]],
  ["Cyrillic that is not Bulgarian", ["Пётр", "Быков"], 1, ["--email"]],
  ["written in Cyrillic, an address that is taken", ["Боян", "Рабчев"], 1, ["boyan.rabchev@plana.solutions"]],
  ["another domain", ["Ivan", "Petrov", "--email", "ivan@example.org"], 1, ["plana.solutions", "only staff"]],
  ["a name that is code", ['x" }, {', "Petrov"], 2, ["is no name"]],
  ["a name of two lines", ["Ivan\u2028", "Petrov\n}"], 2, ["is no name"]],
  ["no last name", ["Ivan"], 2, ["missing required argument 'last'"]],
];
test.each(REFUSED)("refused, and nothing written: %s", async (_name, args, expected, told) => {
  const before = office.roster();
  const { code, said } = await office.ops(["person", "add", ...args]);
  expect(code).toBe(expected);
  for (const text of told) expect(said).toContain(text);
  expect(office.roster()).toBe(before);
});

test("letters of another script come in with an address", async () => {
  const args = ["person", "add", "Пётр", "Быков", "--email", "petr.bykov@plana.solutions"];
  expect((await office.ops(args)).code).toBe(0);
  expect(office.roster()).toContain(
    '  { first: "Пётр", last: "Быков", email: "petr.bykov@plana.solutions" },\n',
  );
});

test("a Bulgarian name gets its address by the Transliteration Act, and that is said", async () => {
  const { code, printed } = await office.ops(["person", "add", "Мария", "Щерева"]);
  expect([code, printed]).toEqual([0, expect.stringContaining("maria.shtereva@plana.solutions")]);
  expect(printed).toContain("otherwise: --email");
  expect(office.roster()).toContain('  { first: "Мария", last: "Щерева" },\n');
});

test("somebody of that name who is leaving is refused, and so is their address", async () => {
  await office.ops(["person", "offboard", "julian.lubenov"]);
  const before = office.roster();
  const args = ["person", "add", "Julian", "Lubenov", "--role", "senior-developer"];
  const again = await office.ops(args);
  expect([again.code, again.said]).toEqual([1, expect.stringContaining("on the roster already, as leaving")]);
  const other = await office.ops(["person", "add", "Julián", "Lubenov"]);
  expect([other.code, other.said]).toEqual([1, expect.stringContaining("an address of their own")]);
  expect(office.roster()).toBe(before);
});

test("a roster that the formatter would write otherwise changes by one line only", async () => {
  const text = `export const people: readonly RosterEntry[] = [
  { first: 'Ada',   last: 'Lovelace' }, /* kept */
  {
      first: "Grace", last: "Hopper",
  },
];
`;
  writeFileSync(office.rosterPath, text);
  expect((await office.ops(["person", "add", "Ivan", "Petrov"])).code).toBe(0);
  expect(office.roster()).toBe(text.replace("];", '  { first: "Ivan", last: "Petrov" },\n];'));
  expect((await office.ops(["person", "offboard", "grace.hopper"])).code).toBe(0);
  expect(office.roster()).toContain("{ first: 'Ada',   last: 'Lovelace' }, /* kept */\n");
  expect(office.roster()).toContain('last: "Hopper", leaving: true,\n');
});

test.each([
  ['{ first: "Grace", last: "Hopper", leaving: false }', '{ first: "Grace", last: "Hopper", leaving: true }'],
  [
    '{ first: "Grace", "leaving": false, last: "Hopper" }',
    '{ first: "Grace", "leaving": true, last: "Hopper" }',
  ],
])("a mark that says no is made to say yes: %s", async (before, after) => {
  const text = (line: string) => `export const people: readonly RosterEntry[] = [\n  ${line}, // kept\n];\n`;
  writeFileSync(office.rosterPath, text(before));
  expect((await office.ops(["person", "offboard", "grace.hopper"])).code).toBe(0);
  expect(office.roster()).toBe(text(after));
});

test("two who are added at once: the second is refused, and the first not lost", async () => {
  const ended = await Promise.all([
    office.ops(["person", "add", "Ivan", "Petrov"]),
    office.ops(["person", "add", "Petar", "Ivanov"]),
  ]);
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(ended.map(({ said }) => said).join("")).toContain(
    "people.ts was changed meanwhile: nothing was written",
  );
  const there = ["Ivan", "Petar"].filter((first) => office.roster().includes(`first: "${first}"`));
  expect(there).toHaveLength(1);
  for (const name of [
    ["Ivan", "Petrov"],
    ["Petar", "Ivanov"],
  ])
    expect((await office.ops(["person", "add", ...name])).code).toBe(0);
  for (const first of ["Ivan", "Petar"]) expect(office.roster()).toContain(`first: "${first}"`);
});

test("a roster that is more than a list is left alone", async () => {
  const text = "export const people = others.concat([]);\n";
  writeFileSync(office.rosterPath, text);
  const { code, said } = await office.ops(["person", "add", "Ivan", "Petrov"]);
  expect(code).toBe(1);
  expect(said).toContain("edit the file by hand");
  expect(office.roster()).toBe(text);
});

test("a wrong verb suggests the right one", async () => {
  const wrong = await office.ops(["person", "ofboard", "x"]);
  expect([wrong.code, wrong.said]).toEqual([2, expect.stringContaining("offboard")]);
  expect((await office.ops(["acces"])).said).toContain("access");
  const help = await office.ops(["person", "add", "--help"]);
  expect([help.code, help.printed]).toEqual([0, expect.stringContaining("Examples:")]);
});
