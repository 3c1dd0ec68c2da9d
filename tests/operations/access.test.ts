import type { Finished } from "../../shell/process";
import { FaultProxy, FAULTS } from "../../sandbox/fault-proxy";
import { prod } from "../../stacks/prod";
import { Trial, type List } from "../../sandbox/trial";
import { operator } from "./operator";

let trial: Trial;
const stack = "access";

beforeAll(async () => {
  trial = await Trial.start();
  await trial.createStack(stack);
  await trial.must(["up", "--yes", "--refresh", "--stack", stack]);
}, 900_000);
afterAll(() => trial.stop());
jest.setTimeout(300_000);

/** What `access` compares with does not change until the last test. */
const exported = new Map<string, Finished>();

const ops = (...args: string[]) => operator(trial, args, { stack, exported });

interface User {
  readonly username: string;
  readonly pk: number;
  readonly groups: readonly string[];
}

async function user(username: string): Promise<User> {
  const [found] = (await trial.authentik<List<User>>(`/core/users/?username=${username}`)).results;
  if (!found) throw new Error(`no user ${username}`);
  return found;
}

async function group(name: string): Promise<string> {
  const [found] = (await trial.authentik<List<{ pk: string }>>(`/core/groups/?name=${name}`)).results;
  if (!found) throw new Error(`no group ${name}`);
  return found.pk;
}

interface Told {
  readonly people: readonly { username: string; administers: boolean; groups: string[] }[];
  readonly access: readonly {
    person: string;
    application: string;
    entry: string;
    enters: boolean;
    through: string;
  }[];
  readonly differences: readonly { of: string; kind: string; text: string }[];
}

async function told(...args: string[]): Promise<Told> {
  const { printed } = await ops("--json", "access", ...args);
  return JSON.parse(printed) as Told;
}

const AKADMIN = { of: "akadmin", kind: "more", text: "is not in the program" };

test("after up the server is as the program says, but for the admin that Authentik ships", async () => {
  const server = trial.stateOf("authentik");
  const { people, access, differences } = await told();
  expect(differences).toEqual([AKADMIN]);
  for (const { slug, access: opened } of prod.applications)
    expect([
      slug,
      access.filter(({ application }) => application === slug).map(({ person }) => person),
    ]).toEqual([
      slug,
      people
        .filter(({ groups }) => groups.some((name) => (opened as readonly string[]).includes(name)))
        .map(({ username }) => username),
    ]);
  expect(people.filter(({ administers }) => administers).map(({ username }) => username)).toEqual([
    "akadmin",
    "boyan.rabchev",
    "chudomir.monevski",
    "julian.lubenov",
  ]);
  expect(trial.stateOf("authentik")).toBe(server);
});

test("one person, one application, for people to read", async () => {
  const person = await ops("access", "Boyan Rabchev");
  expect(person.code).toBe(0);
  expect(person.printed).toMatch(
    /^boyan\.rabchev \(Boyan Rabchev\): administers Authentik\n {2}groups: plana-admins, plana-staff, tenant-impersonators\n/,
  );
  expect(person.printed).toContain("The server is as the program says.");
  const application = await ops("access", "forgejo");
  expect(application.printed).toContain("forgejo may be entered by:\n");
  expect(application.printed).toContain("  elena.encheva-blagoeva  through plana-staff");
});

test("what was changed by hand is a difference: groups, parents, bindings, people, applications", async () => {
  const elena = await user("elena.encheva-blagoeva");
  const impersonators = await group("tenant-impersonators");
  // Through a parent: whoever is in `helpers` is in tenant-impersonators, too.
  const helpers = await trial.authentik<{ pk: string }>("/core/groups/", "POST", {
    name: "helpers",
    parents: [impersonators],
  });
  await trial.authentik(`/core/users/${elena.pk}/`, "PATCH", { groups: [...elena.groups, helpers.pk] });
  const martin = await user("martin.kotrulev");
  await trial.authentik(`/core/users/${martin.pk}/`, "PATCH", { groups: [] });
  await trial.authentik("/core/users/", "POST", { username: "stranger", name: "A Stranger" });
  await trial.authentik("/core/applications/", "POST", { name: "Wiki", slug: "wiki" });
  const { access, differences } = await told();
  expect(differences).toContainEqual({ of: elena.username, kind: "more", text: "is in group helpers" });
  expect(differences).toContainEqual({
    of: elena.username,
    kind: "more",
    text: "is in group tenant-impersonators",
  });
  expect(differences).toContainEqual({
    of: "martin.kotrulev",
    kind: "less",
    text: "is not in group plana-staff",
  });
  expect(differences).toContainEqual({
    of: "martin.kotrulev",
    kind: "less",
    text: "may not enter forgejo; in the program enter",
  });
  expect(differences).toContainEqual({ of: "stranger", kind: "more", text: "is not in the program" });
  expect(differences).toContainEqual({
    of: "wiki",
    kind: "more",
    text: "is an application that is not in the program, and has no binding",
  });
  // The program closes what has no binding; opened again by hand, everybody is in.
  expect(access.filter(({ application }) => application === "wiki")).toEqual([]);
  const { flags } = await trial.authentik<{ flags: object }>("/admin/settings/");
  await trial.authentik("/admin/settings/", "PATCH", { flags: { ...flags, core_default_app_access: true } });
  expect((await told("stranger")).access).toEqual([
    {
      person: "stranger",
      application: "wiki",
      entry: "yes",
      enters: true,
      through: "no binding: it is open to everybody",
    },
  ]);
  // One application's own answer names what concerns it, and nothing else.
  const forgejo = await told("forgejo");
  expect(forgejo.differences).toEqual([
    { of: "martin.kotrulev", kind: "less", text: "may not enter forgejo; in the program enter" },
  ]);
});

test("where a policy decides, the server is asked", async () => {
  const [forgejo] = (
    await trial.authentik<List<{ pk: string }>>("/core/applications/?slug=forgejo&superuser_full_list=true")
  ).results;
  const policy = await trial.authentik<{ pk: string }>("/policies/expression/", "POST", {
    name: "office-hours",
    expression: "return True",
  });
  await trial.authentik("/policies/bindings/", "POST", { target: forgejo?.pk, policy: policy.pk, order: 9 });
  const { access } = await told("stranger");
  expect(access.find(({ application }) => application === "forgejo")).toEqual({
    person: "stranger",
    application: "forgejo",
    entry: "maybe",
    enters: true,
    through: "policy office-hours",
  });
});

test.each([
  ["forgeyo", "did you mean forgejo?"],
  ["boyan.rabchef", "did you mean boyan.rabchev?"],
])("%s is refused", async (wanted, suggestion) => {
  const { code, said } = await ops("access", wanted);
  expect([code, said]).toEqual([1, expect.stringContaining(suggestion)]);
});

test("whoever does not administer Authentik is told nothing, since the server would leave things out", async () => {
  const { pk } = await user("elena.encheva-blagoeva");
  await trial.authentik("/core/tokens/", "POST", { identifier: "plain", user: pk, intent: "api" });
  const { key } = await trial.authentik<{ key: string }>("/core/tokens/plain/view_key/");
  const env = { AUTHENTIK_TOKEN: key };
  const { code, printed, said } = await operator(trial, ["access"], { stack, exported, env });
  expect([code, printed, said]).toEqual([1, "", expect.stringContaining("does not administer Authentik")]);
});

describe("a server that fails", () => {
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await FaultProxy.start(trial.sandbox.authentik.url);
  });
  afterAll(() => proxy.close());

  test.each(Object.entries(FAULTS))("%s at any request: exit 1, and nothing is told", async (name, fault) => {
    const through = { url: proxy.url, patience: 5_000 };
    const ask = (patience: number) =>
      operator(trial, ["access", "forgejo"], { stack, exported, through: { ...through, patience } });
    proxy.heal();
    expect((await ask(5_000)).code).toBe(0);
    const requests = proxy.passed.length;
    expect(requests).toBeGreaterThan(6);
    for (let at = 1; at <= requests; at += 1) {
      proxy.fail((_request, number) => (number === at ? fault : undefined));
      const { code, printed, said } = await ask(name === "timeout" ? 300 : 5_000);
      // No settings at all are those of a server that had none yet: then what has no binding is open.
      const optional = name === "404" || name === "empty object";
      const settings = proxy.passed[at - 1]?.path.startsWith("/api/v3/admin/settings/");
      if (optional && settings) continue;
      expect([at, code, printed]).toEqual([at, 1, ""]);
      expect(said).toMatch(/Authentik: GET |mend:/);
    }
  });
});

test("a person is invited, offboarded at once, and the next up keeps it so", async () => {
  await trial.must(["config", "set", "plana-sso:lokiUrl", "http://127.0.0.1:1", "--stack", stack]);
  const invited = await ops("person", "invite", "julian.lubenov", "--print");
  expect([invited.code, invited.printed]).toEqual([
    0,
    expect.stringContaining("/if/flow/plana-recovery/?flow_token="),
  ]);
  const gone = await ops("--dry-run", "person", "offboard", "julian.lubenov", "--now");
  expect(gone.code).toBe(0);
  expect(gone.printed).toContain("  - out of plana-admins\n  - out of plana-staff\n");

  await trial.must(["config", "rm", "plana-sso:lokiUrl", "--stack", stack]);
  const now = await ops("person", "offboard", "julian.lubenov", "--now");
  expect([now.code, now.printed]).toEqual([0, expect.stringContaining("Left: none")]);
  const { pk } = await user("julian.lubenov");
  const cut = () => trial.authentik<object>(`/core/users/${pk}/`);
  expect(await cut()).toMatchObject({ is_active: false, groups: [] });
  // Nothing of the person is to be done any more, and the update of everything else brings nothing back.
  const changes = await trial.changes(stack, "--refresh");
  expect(changes.filter(({ urn }) => urn.includes("julian"))).toEqual([]);
  await trial.must(["up", "--yes", "--refresh", "--stack", stack]);
  expect(await cut()).toMatchObject({ is_active: false, groups: [] });
  exported.clear();
  const { people } = await told("julian.lubenov");
  expect(people).toMatchObject([{ username: "julian.lubenov", active: false, groups: [] }]);
});
