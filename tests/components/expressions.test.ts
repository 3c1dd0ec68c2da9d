import { textOf } from "../../sandbox/plugins/wire";
import { fromHostedDomain, lacksOwnLink, lacksTotp, pythonString } from "../../components/login/expressions";
import { ak, runProgram } from "../program";
import { found, python } from "../tools";

const TEXTS = [
  "",
  "plana.solutions",
  'a "quoted" word',
  "an 'apostrophe'",
  "a \\ backslash",
  "ends in a backslash \\",
  '\\"',
  "\\n",
  "line\nbreak",
  "carriage\rreturn",
  "tab\tbell\u0007null\u0000",
  "\u2028\u2029\u0085",
  "Елена Енчева",
  "é e\u0301",
  "😀 🧑‍💻 𝔘",
  "\u200b\u202e\ufeff",
  '""" + __import__("os").system("id") + """',
  '"; import os; os.system("id"); "',
  '" or True or "',
  "') or True #",
  "{x} %(x)s $x ${x}",
  "\\N{BULLET} \\x41 \\u0041 \\101",
];

test.each(TEXTS)("%j becomes one line of plain ASCII between quotes", (text) => {
  const literal = pythonString(text);
  expect(literal).toMatch(/^"[\x20-\x7e]*"$/);
  // Nothing inside can end the literal: no quote, and no backslash but that of an escape by code point.
  expect(literal.slice(1, -1).replace(/\\U[0-9a-f]{8}/g, "")).not.toMatch(/["\\]/);
});

test("plain text stays readable", () => {
  expect(pythonString("plana.solutions")).toBe('"plana.solutions"');
  expect(pythonString('a"b\\c\nd')).toBe(String.raw`"a\U00000022b\U0000005cc\U0000000ad"`);
  expect(pythonString("😀")).toBe(String.raw`"\U0001f600"`);
});

test("Python reads every literal back as the text it was made of", () => {
  if (!found("python3")) return;
  const program =
    "import ast, json, sys; print(json.dumps([ast.literal_eval(text) for text in json.load(sys.stdin)]))";
  expect(python(program, TEXTS.map(pythonString))).toEqual(TEXTS);
});

const COMPILE = `
import json, sys
refused = []
for name, body in json.load(sys.stdin).items():
    source = "def handler(request, ak_is_sso_flow, ak_user_has_authenticator, ak_user_by):\\n" + "".join(
        "    " + line + "\\n" for line in body.splitlines())
    try:
        compile(source, name, "exec")
    except SyntaxError as error:
        refused.append([name, str(error)])
print(json.dumps(refused))
`;

test("every expression of production compiles as the body of a function", async () => {
  const { recorder } = await runProgram();
  const expressions = [ak("PolicyExpression"), ak("PropertyMappingProviderScope")].flatMap((type) =>
    recorder.all(type).map(({ name, inputs }) => [name, textOf(inputs.expression)] as const),
  );
  expect(expressions).toHaveLength(6);
  for (const [, text] of expressions) expect(text).toMatch(/\breturn\b/);
  if (!found("python3")) return;
  expect(python(COMPILE, Object.fromEntries(expressions))).toEqual([]);
  expect(python(COMPILE, { broken: "return (" })).toHaveLength(1);
});

const RUN = `
import json, sys
from types import SimpleNamespace as Object
given = json.load(sys.stdin)
def run(body, context, sso=False, devices=None, active=()):
    scope = {}
    source = "def handler(request, ak_is_sso_flow, ak_user_has_authenticator, ak_user_by):\\n" + "".join(
        "    " + line + "\\n" for line in body.splitlines())
    exec(source, scope)
    has = lambda user, kind: kind in (devices or {}).get(user, [])
    by = lambda pk: next((Object(is_active=on) for key, on in active if key == pk), None)
    return bool(scope["handler"](Object(context=context, user="anonymous"), sso, has, by))
answers = []
for case in given:
    context = dict(case["context"])
    if "source" in context:
        context["source"] = Object(slug=context["source"])
    for name in ("is_restored", "pending_user"):
        if isinstance(context.get(name), dict):
            context[name] = Object(**context[name])
    answers.append(run(case["body"], context, case.get("sso", False), case.get("devices"),
        case.get("accounts", [])))
print(json.dumps(answers))
`;

interface Case {
  readonly what: string;
  readonly body: string;
  readonly context: Record<string, unknown>;
  readonly sso?: boolean;
  readonly devices?: Record<string, string[]>;
  /** Accounts in the database by their keys, and whether they are active. */
  readonly accounts?: readonly (readonly [number, boolean])[];
  readonly passes: boolean;
}

const STAFF = { email: "ada.test@plana.solutions", hd: "plana.solutions", verified_email: true };

const google = (
  what: string,
  info: unknown,
  passes = false,
  source = "google",
  sso = true,
  username = "ada.test",
): Case => ({
  what: `Google: ${what}`,
  body: fromHostedDomain("google", "plana.solutions"),
  context: { source, oauth_userinfo: info, pending_user: { username, is_active: true } },
  sso,
  passes,
});

/** People, and a link's token as the server keeps it after it is used: without a key of its own, with its owner's. */
const ADA = { pk: 6 };
const BOB = { pk: 24 };
const LINK_OF_ADA = { pk: null, user_id: 6 };

const recovery = (
  what: string,
  context: Record<string, unknown>,
  passes: boolean,
  accounts: Case["accounts"] = [
    [6, true],
    [24, true],
  ],
): Case => ({
  what: `recovery by ${what}: ${passes ? "refused" : "goes on"}`,
  body: lacksOwnLink(),
  context,
  accounts,
  passes,
});

const CASES: readonly Case[] = [
  google("staff", STAFF, true),
  google("staff, by the newer endpoint", { ...STAFF, verified_email: undefined, email_verified: true }, true),
  google("capitals in the address", { ...STAFF, email: "Ada.Test@Plana.Solutions" }, true),
  google("another hosted domain", { ...STAFF, hd: "evil.com" }),
  google("no hosted domain: a private account", { ...STAFF, hd: undefined }),
  google("another address", { ...STAFF, email: "ada.test@gmail.com" }),
  google("an address that only ends alike", { ...STAFF, email: "ada@evil-plana.solutions" }),
  google("an address below the domain", { ...STAFF, email: "ada@sub.plana.solutions" }),
  google("an address that goes on", { ...STAFF, email: "ada@plana.solutions.evil.com" }),
  google("no address", { ...STAFF, email: undefined }),
  google("an address that nobody verified", { ...STAFF, verified_email: false }),
  google("verified only by the second of two", { ...STAFF, verified_email: false, email_verified: true }),
  google("verified in another form", { ...STAFF, verified_email: "true" }),
  google("nothing known", {}),
  google("nothing at all", null),
  google("another source", STAFF, false, "github"),
  google("no login through a source", STAFF, false, "google", false),
  google("another account that has the same address", STAFF, false, "google", true, "akadmin"),
  {
    what: "Google: no source",
    body: fromHostedDomain("google", "plana.solutions"),
    context: { oauth_userinfo: STAFF },
    sso: true,
    passes: false,
  },
  recovery("no link, nobody known", {}, true),
  recovery("no link, of a person who began to log in", { pending_user: ADA }, true),
  recovery("a link that is none", { is_restored: null, pending_user: ADA }, true),
  recovery("one's own link", { is_restored: LINK_OF_ADA, pending_user: ADA }, false),
  recovery("one's own link, disabled since", { is_restored: LINK_OF_ADA, pending_user: ADA }, true, [
    [6, false],
    [24, true],
  ]),
  recovery("one's own link, deleted since", { is_restored: LINK_OF_ADA, pending_user: ADA }, true, [
    [24, true],
  ]),
  recovery("another person's link", { is_restored: LINK_OF_ADA, pending_user: BOB }, true),
  recovery("a link, and nobody known", { is_restored: LINK_OF_ADA }, true),
  recovery("an older server's word for a link", { is_restored: true, pending_user: ADA }, false),
  recovery("an older server's word, and nobody known", { is_restored: true }, true),
  { what: "nobody enrolled", body: lacksTotp(), context: { pending_user: "ada" }, passes: true },
  {
    what: "TOTP enrolled",
    body: lacksTotp(),
    context: { pending_user: "ada" },
    devices: { ada: ["totp"] },
    passes: false,
  },
  {
    what: "only codes enrolled",
    body: lacksTotp(),
    context: { pending_user: "ada" },
    devices: { ada: ["static"] },
    passes: true,
  },
  {
    what: "TOTP of somebody else",
    body: lacksTotp(),
    context: { pending_user: "ada" },
    devices: { anonymous: ["totp"] },
    passes: true,
  },
];

test("run by Python, the expressions pass whom they should", () => {
  if (!found("python3")) return;
  const answers = python(RUN, CASES) as boolean[];
  expect(CASES.map(({ what }, index) => [what, answers[index]])).toEqual(
    CASES.map(({ what, passes }) => [what, passes]),
  );
});

test("a domain cannot break out of the expression", () => {
  const body = fromHostedDomain('g" or True or "', 'x"\nreturn True\n#');
  expect(body.split("\n")).toHaveLength(fromHostedDomain("google", "plana.solutions").split("\n").length);
  expect(body).not.toContain('" or True');
});
