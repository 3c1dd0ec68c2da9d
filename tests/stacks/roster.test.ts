import type { Organisation, RosterEntry } from "../../stacks/organisation";
import { prod } from "../../stacks/prod";
import { emailOf, localPart, readRoster } from "../../stacks/roster";
import { prodWith } from "../program";
import { containing, matching } from "../matchers";

const of = (...people: RosterEntry[]) => readRoster(prodWith({ people }));
const said = (organisation: Organisation) => readRoster(organisation).problems;

test.each([
  [{ first: "Chudomir", last: "Monevski" }, "chudomir.monevski"],
  [{ first: "Elena", last: "Encheva-Blagoeva" }, "elena.encheva-blagoeva"],
  [{ first: "Zoë", last: "Müller" }, "zoe.muller"],
  [{ first: "Ana Maria", last: "de la Cruz" }, "ana-maria.de-la-cruz"],
  [{ first: "Sean", last: "O'Neil" }, "sean.o'neil"],
  [{ first: "Sean", last: "O’Neil" }, "sean.o'neil"],
  [{ first: "Jan", last: "van der Berg" }, "jan.van-der-berg"],
  [{ first: "Mary", last: "St. John" }, "mary.st-john"],
  [{ first: "Weiß", last: "Łukasiewicz" }, "weiss.lukasiewicz"],
  [{ first: "Æthel", last: "Ørsted-Đorđević" }, "aethel.orsted-dordevic"],
  [{ first: "İpek", last: "Yıldız" }, "ipek.yildiz"],
  // As the roster writes its own: the Bulgarian Transliteration Act.
  [{ first: "Чудомир", last: "Моневски" }, "chudomir.monevski"],
  [{ first: "Боян", last: "Рабчев" }, "boyan.rabchev"],
  [{ first: "Мария", last: "Щерева-Йорданова" }, "maria.shtereva-yordanova"],
  [{ first: "Цвета", last: "Ънкова Жекова" }, "tsveta.ankova-zhekova"],
  [{ first: "Асен", last: "Кръстьо" }, "asen.krastyo"],
])("%j is %s", (entry, expected) => {
  expect(localPart(entry)).toBe(expected);
  expect(emailOf(entry, "plana.solutions")).toBe(`${expected}@plana.solutions`);
  expect(of(entry)).toMatchObject({ problems: [], people: [{ username: expected }] });
});

// How they are written depends on the language.
test.each([
  ["Russian", { first: "Пётр", last: "Быков" }],
  ["Serbian", { first: "Ђорђе", last: "Његош" }],
  ["Greek", { first: "Νίκος", last: "Παπάς" }],
])("%s letters need an address", (_name, entry) => {
  expect(of(entry).problems).toMatchObject([{ expected: containing("plain lower-case letters") }]);
});

test("an address that is given wins, and the username follows it", () => {
  const { people, problems } = of({ first: "Иван", last: "Петров", email: "ivan.petrov@plana.solutions" });
  expect(problems).toEqual([]);
  expect(people).toEqual([
    {
      username: "ivan.petrov",
      name: "Иван Петров",
      email: "ivan.petrov@plana.solutions",
      groups: ["plana-staff"],
      active: true,
    },
  ]);
});

test("the people of production are in order", () => {
  const { people, problems } = readRoster(prod);
  expect(problems).toEqual([]);
  expect(people.map(({ username }) => username)).toEqual([
    "chudomir.monevski",
    "boyan.rabchev",
    "julian.lubenov",
    "martin.kotrulev",
    "ramona.gospodinova",
    "elena.encheva-blagoeva",
  ]);
});

test.each([
  ["cto", ["plana-staff", "plana-admins", "tenant-impersonators"]],
  ["ceo", ["plana-staff", "plana-finance"]],
  ["senior-developer", ["plana-staff", "plana-admins"]],
  ["tenant-support", ["plana-staff", "tenant-impersonators"]],
  ["accountant", ["plana-staff", "plana-finance"]],
])("the role %s brings %j", (role, groups) => {
  expect(of({ first: "A", last: "B", roles: [role] }).people[0]?.groups).toEqual(groups);
});

test("everyone is staff; groups come once, in the order of their definition", () => {
  expect(of({ first: "A", last: "B" }).people[0]?.groups).toEqual(["plana-staff"]);
  const many = {
    first: "A",
    last: "B",
    roles: ["tenant-support", "cto"],
    groups: ["plana-finance", "plana-staff"],
  };
  expect(of(many).people[0]?.groups).toEqual([
    "plana-staff",
    "plana-admins",
    "plana-finance",
    "tenant-impersonators",
  ]);
});

test("whoever is leaving keeps the name and nothing else", () => {
  const { people, problems } = of({
    first: "A",
    last: "B",
    roles: ["cto"],
    groups: ["plana-finance"],
    leaving: true,
  });
  expect(problems).toEqual([]);
  expect(people).toEqual([
    { username: "a.b", name: "A B", email: "a.b@plana.solutions", groups: [], active: false },
  ]);
});

interface Bad {
  readonly what: string;
  readonly entry: RosterEntry;
  readonly value: string;
  readonly expected: RegExp;
}

const person = { first: "Ada", last: "Test" };

const BAD: readonly Bad[] = [
  {
    what: "an unknown group, with the nearest",
    entry: { ...person, groups: ["plana-finances"] },
    value: "plana-finances",
    expected: /one of the groups plana-staff, .*did you mean plana-finance\?/,
  },
  {
    what: "an unknown group that resembles none",
    entry: { ...person, groups: ["wizards"] },
    value: "wizards",
    expected: /one of the groups plana-staff, plana-admins, plana-finance, tenant-impersonators$/,
  },
  {
    what: "an unknown role, with the nearest",
    entry: { ...person, roles: ["senior-develloper"] },
    value: "senior-develloper",
    expected: /did you mean senior-developer\?/,
  },
  ...["toString", "constructor", "__proto__"].map((role) => ({
    what: `a role that only JavaScript knows (${role})`,
    entry: { ...person, roles: [role] },
    value: role,
    expected: /a role of groups\.ts/,
  })),
  ...[
    "ada.test@gmail.com",
    "ada.test@plana.solutions.evil.com",
    "ada.test@evil-plana.solutions",
    "ada.test@sub.plana.solutions",
    "ada.test@PLANA.SOLUTIONS",
    "ada@evil.com@plana.solutions",
    "ada.test",
    "",
  ].map((email) => ({
    what: `the address ${JSON.stringify(email)}`,
    entry: { ...person, email },
    value: email,
    expected: /an address at plana\.solutions/,
  })),
  ...["Ada.Test", "ada..test", ".ada", "ada test", "ada+test", "ada/test", "ada\n", "", "ада"].map(
    (user) => ({
      what: `the address ${JSON.stringify(`${user}@…`)}`,
      entry: { ...person, email: `${user}@plana.solutions` },
      value: `${user}@plana.solutions`,
      expected: /plain lower-case letters/,
    }),
  ),
  ...["akadmin", "ak-outpost"].map((user) => ({
    what: `the name of an account of Authentik's own (${user})`,
    entry: { ...person, email: `${user}@plana.solutions` },
    value: `${user}@plana.solutions`,
    expected: /another name than akadmin and ak-/,
  })),
  {
    what: "an address that no mail server takes",
    entry: { ...person, email: `${"a".repeat(65)}@plana.solutions` },
    value: `${"a".repeat(65)}@plana.solutions`,
    expected: /at most 64 characters before the @/,
  },
];

test.each(BAD)("refuses $what", ({ entry, value, expected }) => {
  expect(of(entry).problems).toEqual([
    {
      key: "people: Ada Test",
      value,
      expected: matching(expected),
      mend: containing("the stack's people.ts"),
    },
  ]);
});

test("refuses a name in another script without an address", () => {
  expect(of({ first: "Αλέξης", last: "Ζορμπάς" }).problems).toMatchObject([
    { key: "people: Αλέξης Ζορμπάς", expected: containing("plain lower-case letters") },
  ]);
});

test("refuses two people with one address, however it came about", () => {
  const email = "ada.test@plana.solutions";
  expect(of(person, { first: "Other", last: "Name", email }).problems).toEqual([
    {
      key: "people: Ada Test and Other Name",
      value: email,
      expected: "an address of their own for each person",
      mend: containing("`email`"),
    },
  ]);
  expect(of({ first: "Zoë", last: "A" }, { first: "Zoe", last: "A" }).problems).toHaveLength(1);
});

test("refuses two people with one existing id", () => {
  const people = [
    { first: "Ada", last: "A", existingId: 6 },
    { first: "Bob", last: "B", existingId: 6 },
  ];
  expect(of(...people).problems).toMatchObject([{ key: "people: existingId", value: "6" }]);
});

test("refuses groups that roles, staff or administrators name and nobody defines, and a group twice", () => {
  expect(said(prodWith({ roles: { ...prod.roles, cto: ["plana-admin"] } }))).toMatchObject([
    {
      key: "roles: cto",
      value: "plana-admin",
      expected: containing("did you mean plana-admins?"),
    },
  ]);
  expect(said(prodWith({ staffGroup: "staff", people: [] }))).toMatchObject([
    { key: "groups", value: "staff" },
  ]);
  expect(said(prodWith({ adminGroup: "plana-admin" }))).toMatchObject([
    { key: "groups", value: "plana-admin" },
  ]);
  const [first] = prod.groups;
  expect(said(prodWith({ groups: first ? [...prod.groups, first] : [] }))).toMatchObject([
    { key: "groups: plana-staff", value: "plana-staff" },
  ]);
});

test("refuses administrators whose binding would meet the cluster's own", () => {
  const groups = [...prod.groups, { name: "cluster-admin", grants: "all" }];
  expect(said(prodWith({ groups, adminGroup: "cluster-admin" }))).toMatchObject([
    { key: "adminGroup", value: "cluster-admin" },
  ]);
});

test("a name to show is shown, and changes nothing of who it is", () => {
  const { people, problems } = of({ first: "Ada", last: "Lovelace", displayName: "Countess of Lovelace" });
  expect(problems).toEqual([]);
  expect(people).toMatchObject([
    { username: "ada.lovelace", name: "Countess of Lovelace", email: "ada.lovelace@plana.solutions" },
  ]);
  expect(of({ first: "Ada", last: "Lovelace", displayName: "Ada\u202Eecalevol" }).problems).toHaveLength(1);
});

test("refuses parents that nobody defines, and a group that is its own", () => {
  const groups = (parents: Readonly<Record<string, readonly string[]>>) =>
    said(prodWith({ groups: prod.groups.map((each) => ({ ...each, parents: parents[each.name] })) }));
  expect(groups({ "plana-admins": ["plana-staff"], "plana-finance": ["plana-staff"] })).toEqual([]);
  expect(groups({ "plana-finance": ["plana-staf"] })).toMatchObject([
    { key: "groups: plana-finance", value: "plana-staf", expected: containing("did you mean plana-staff?") },
  ]);
  expect(groups({ "plana-finance": ["plana-staff"], "plana-staff": ["plana-finance"] })).toMatchObject([
    { key: "groups: plana-staff", expected: containing("below the group itself") },
    { key: "groups: plana-finance" },
  ]);
});
