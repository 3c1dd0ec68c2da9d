import fc from "fast-check";

import { fromHostedDomain, pythonString } from "../../components/login/expressions";
import { KEYS } from "../../stacks/config-keys";
import { prod } from "../../stacks/prod";
import { readRoster } from "../../stacks/roster";
import { found, python } from "../tools";
import { always, hostile } from "./properties";

test("a person who is accepted has a username of plain letters, an address of staff, and a visible name", () => {
  always(
    fc.record({ first: hostile, last: hostile, email: fc.option(hostile, { nil: undefined }) }),
    (entry) => {
      const { people, problems } = readRoster({ ...prod, people: [entry] });
      if (problems.length > 0) {
        for (const { key, expected, mend } of problems) expect([key, expected, mend]).not.toContain("");
        return;
      }
      const [person] = people;
      expect(person?.username).toMatch(/^[a-z0-9.'-]+$/);
      expect(person?.email).toBe(`${person?.username ?? ""}@plana.solutions`);
      expect(person?.name).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
    },
  );
});

test.each([
  "",
  " ",
  "Ada\nTest",
  "Ada\u202e",
  "Ada\u200b",
  "\ud800",
  "\u3164",
  "Ada\u2800",
  "Ada\u034f",
  "Ada\ufe0f",
])("the name %j is refused", (first) => {
  const { problems } = readRoster({
    ...prod,
    people: [{ first, last: "Test", email: "ada.test@plana.solutions" }],
  });
  expect(problems.map(({ expected }) => expected)).toContain(
    "a first and a last name, and a name to show, of visible characters on one line",
  );
});

test.each(["plana staff", "x') || 'GrafanaAdmin' || ('", "system:masters", "a\nb", "Plana"])(
  "the group %j is refused",
  (name) => {
    const { problems } = readRoster({ ...prod, groups: [...prod.groups, { name, grants: "all" }] });
    expect(problems).toEqual([expect.objectContaining({ key: `groups: ${name}`, value: name })]);
  },
);

test.each(["plana.solutions/x", "Plana.Solutions", "a b", ""])(
  "the staff domain %j is refused",
  (staffDomain) => {
    expect(readRoster({ ...prod, staffDomain }).problems.map(({ key }) => key)).toContain("staffDomain");
  },
);

test("Python reads back any text, and an expression with it is still one function", () => {
  const texts = fc.sample(hostile, { numRuns: 500, seed: 7 }).filter((text) => !/\p{Cs}/u.test(text));
  for (const text of texts) expect(pythonString(text)).toMatch(/^"[\x20-\x7e]*"$/);
  if (!found("python3")) return;
  const program = `
import ast, json, sys
wrong = []
for text, literal, body in json.load(sys.stdin):
    tree = ast.parse("def handler():\\n" + "".join("    " + line + "\\n" for line in body.splitlines()))
    calls = [n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    if ast.literal_eval(literal) != text or len(tree.body) != 1 or set(calls) - {"str", "getattr"}:
        wrong.append(text)
print(json.dumps(wrong))
`;
  expect(
    python(
      program,
      texts.map((text) => [text, pythonString(text), fromHostedDomain(text, text)]),
    ),
  ).toEqual([]);
});

test("whatever a configuration value is, it is read or refused with a reason that does not tell a secret", () => {
  always(fc.tuple(fc.constantFrom(...Object.entries(KEYS)), hostile), ([[, key], text]) => {
    const result = key.schema.safeParse(text);
    if (result.success) return;
    for (const { message } of result.error.issues) {
      expect(message).not.toBe("");
      if ("secret" in key && text.length > 12) expect(message).not.toContain(text);
    }
  });
});

test.each([
  ["clients", '{"matomo":{"clientId":"x\\"\\nscope = all"}}'],
  ["clients", '{"matomo":{"clientSecret":"quote-\\"-inside"}}'],
  ["databaseUser", "authentik\nx"],
  ["clusterAdminRole", "cluster admin"],
  ["googleClientId", "a b"],
] as const)("plana-sso:%s refuses %j", (name, text) => {
  expect(KEYS[name].schema.safeParse(text).success).toBe(false);
});
