import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { sandboxWorkspace, type Workspace } from "../../state/workspace";
import { review } from "../../review";
import { reportOf } from "../../review/report";
import { fromEngine, Unreviewable } from "../../review/sources";
import type { Trial } from "../../sandbox/trial";
import { comment, told } from "./comment";
import { plain } from "../../shell/words";
import { deployed, STACK } from "./recording";

// Changes of the data and of the program, previewed by the engine. Nothing is applied: each test starts from the same
// deployed state.
let trial: Trial;
let workspace: Workspace;

beforeAll(async () => {
  ({ trial, workspace } = await deployed());
}, 900_000);

afterAll(() => trial.stop());

jest.setTimeout(300_000);

/** Reviews the program with texts replaced in its files, and puts the files back. */
async function reviewOf(...edits: readonly (readonly [file: string, from: string, to: string])[]) {
  const originals = edits.map(([file]) => [file, readFileSync(join(trial.folder, file), "utf8")] as const);
  try {
    for (const edit of edits) trial.edit(...edit);
    return comment(reportOf(await fromEngine(workspace)));
  } finally {
    for (const [file, text] of originals.reverse()) writeFileSync(join(trial.folder, file), text);
  }
}

const PEOPLE = "stacks/prod/people.ts";
const APPLICATIONS = "stacks/prod/applications.ts";
const GROUPS = "stacks/prod/groups.ts";
test("nothing changes", async () => {
  expect(await reviewOf()).toBe(told("unchanged", "**Nothing changes: 6 active people, 9 applications.**"));
});

test("people come, move and go", async () => {
  const report = await reviewOf(
    [PEOPLE, 'roles: ["ceo"] }', 'roles: ["ceo"], leaving: true }'],
    [
      PEOPLE,
      'roles: ["accountant"] }',
      'roles: ["senior-developer"] },\n  { first: "New", last: "Person", roles: ["tenant-support"] }',
    ],
  );
  expect(report).toBe(
    told(
      "unsafe",
      "**1 person gains access, 1 person loses access; objects: 1 created, 2 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The policy `impersonators-are-admins` refuses it: `new.person is in tenant-impersonators and in none of plana-admins`.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `martin.kotrulev` | – | `forgejo`, `grafana`, `matomo`, `matomo-admin`, `matrix`, `nextcloud`, `penpot`, `vaultwarden` |",
      "| `new.person` | `forgejo`, `grafana`, `matomo-admin`, `matrix`, `nextcloud`, `penpot`, `vaultwarden` through `plana-staff`; `odoo-tenants` through `tenant-impersonators` | – |",
      "",
      "**Also**",
      "",
      "- Adds `new.person` to `plana-staff`, `tenant-impersonators`.",
      "- Disables `martin.kotrulev`.",
      "- `ramona.gospodinova` joins `plana-admins` and leaves `plana-finance`.",
      "- May now administer Authentik: `ramona.gospodinova`.",
      "- Leaves finance: `martin.kotrulev`, `ramona.gospodinova`.",
      "- May now log in to customer tenants: `new.person`.",
    ),
  );
});

test("an application is added, for a group that is made with it", async () => {
  const report = await reviewOf(
    [GROUPS, "];", '  { name: "plana-design", grants: "the wiki" },\n];'],
    [PEOPLE, 'last: "Encheva-Blagoeva"', 'last: "Encheva-Blagoeva", groups: ["plana-design"]'],
    [
      APPLICATIONS,
      '    mode: "oidc",\n    slug: "penpot"',
      '    mode: "oidc",\n    slug: "wiki",\n    name: "Wiki",\n    description: "Notes",\n    label: "wiki",\n    namespace: "wiki",\n    consumer: "generic",\n    access: ["plana-design"],\n    redirectPaths: ["/callback"],\n  },\n  {\n    mode: "oidc",\n    slug: "penpot"',
    ],
  );
  expect(report).toBe(
    told(
      "changed",
      "**1 person gains access; objects: 8 created, 1 updated.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `elena.encheva-blagoeva` | `wiki` through `plana-design` | – |",
      "",
      "**Also**",
      "",
      "- `elena.encheva-blagoeva` joins `plana-design`.",
      "- Adds group `plana-design`.",
      "- Adds application `wiki`, open to `plana-design`.",
      "- Lets `wiki` send people to `https://wiki.trial.example.org/callback`.",
    ),
  );
});

test("a proxied application is added: its routes follow from it", async () => {
  const report = await reviewOf([
    APPLICATIONS,
    '    mode: "proxy",\n    slug: "matomo-admin"',
    '    mode: "proxy",\n    slug: "wiki",\n    name: "Wiki",\n    description: "Notes",\n    label: "wiki",\n    namespace: "wiki",\n    service: { name: "wiki", port: 80 },\n    access: ["plana-finance"],\n    publicPaths: [{ exact: "/robots.txt" }, { below: "/assets/" }],\n  },\n  {\n    mode: "proxy",\n    slug: "matomo-admin"',
  ]);
  expect(report).toBe(
    told(
      "changed",
      "**2 people gain access; objects: 9 created, 1 updated.**",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `martin.kotrulev`, `ramona.gospodinova` | `wiki` through `plana-finance` | – |",
      "",
      "**Also**",
      "",
      "- Adds application `wiki`, open to `plana-finance`.",
      "- Serves `^/robots\\.txt$` of `wiki` without a login.",
      "- Serves `^/assets/([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*([A-Za-z0-9_-][A-Za-z0-9_.-]*)?$` of `wiki` without a login.",
    ),
  );
});

test("a proxied application gets a public path and a public folder: its routes follow from them", async () => {
  const report = await reviewOf([
    APPLICATIONS,
    '{ below: "/js/" }',
    '{ below: "/js/" },\n      { below: "/misc/" },\n      { exact: "/robots.txt" }',
  ]);
  expect(report).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 2 updated.**",
      "",
      "**Also**",
      "",
      "- Serves `^/misc/([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*([A-Za-z0-9_-][A-Za-z0-9_.-]*)?$` of `matomo-admin` without a login.",
      "- Serves `^/robots\\.txt$` of `matomo-admin` without a login.",
    ),
  );
});

test("an application is opened to another group, and closed to its own", async () => {
  expect(
    await reviewOf([APPLICATIONS, 'access: ["tenant-impersonators"]', 'access: ["plana-finance"]']),
  ).toBe(
    told(
      "unsafe",
      "**2 people gain access, 2 people lose access; objects: 1 created, 1 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- The policy `tenants-opened-to-impersonators` refuses it: `odoo-tenants is opened to plana-finance`.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski` | – | `odoo-tenants` |",
      "| `martin.kotrulev`, `ramona.gospodinova` | `odoo-tenants` through `plana-finance` | – |",
      "",
      "**Also**",
      "",
      "- Opens `odoo-tenants` to `plana-finance`.",
      "- Closes `odoo-tenants` to `tenant-impersonators`.",
    ),
  );
});

test("a redirect URI is added, and a client secret reissued", async () => {
  const report = await reviewOf([
    APPLICATIONS,
    'redirectPaths: ["/login/generic_oauth"]',
    'redirectPaths: ["/login/generic_oauth", "/login/other"],\n    secretGeneration: 2',
  ]);
  expect(report).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 2 updated, 1 replaced.**",
      "",
      "**Also**",
      "",
      "- Lets `grafana` send people to `https://grafana.trial.example.org/login/other`.",
      "- Reissues the client secret of `grafana`: it logs nobody in until it has the new one.",
    ),
  );
});

test("the staff domain changes, and with it who comes in through Google", async () => {
  expect(
    await reviewOf(["stacks/prod/index.ts", 'staffDomain: "plana.solutions"', 'staffDomain: "example.org"']),
  ).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 7 updated.**",
      "",
      "**Unsafe**",
      "",
      '- The policy `people-of-staff-domain` refuses it: `boyan.rabchev: address "boyan.rabchev@example.org" is not at plana.solutions`, `chudomir.monevski: address "chudomir.monevski@example.org" is not at plana.solutions`, `elena.encheva-blagoeva: address "elena.encheva-blagoeva@example.org" is not at plana.solutions`, `julian.lubenov: address "julian.lubenov@example.org" is not at plana.solutions` and 2 more.',
      "- The policy `source-of-staff-domain` refuses it: `policy of source google is not the program's, which asks for plana.solutions`.",
      "- The addresses of `boyan.rabchev`, `chudomir.monevski`, `elena.encheva-blagoeva`, `julian.lubenov`, `martin.kotrulev`, `ramona.gospodinova` are of another domain than all before.",
      "- The door `Google` may let in another mail domain: `example.org`.",
      "- Policy `plana-google-staff-only` decides otherwise than before (`expression`): read the change.",
      "",
      "**Also**",
      "",
      "- Changes the names or addresses of `boyan.rabchev`, `chudomir.monevski`, `elena.encheva-blagoeva`, `julian.lubenov`, `martin.kotrulev`, `ramona.gospodinova`.",
      "- The door `Google` no longer names the mail domain `plana.solutions`.",
    ),
  );
});

test("TOTP is loosened on all doors, and the outpost detached", async () => {
  const report = await reviewOf(
    ["components/login/second-factor.ts", 'notConfiguredAction: "configure"', 'notConfiguredAction: "skip"'],
    ["stacks/compose.ts", "providers: proxied", "providers: []"],
  );
  expect(report).toBe(
    told(
      "unsafe",
      "**6 people lose access; objects: 2 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The policy `outpost-embedded` refuses it: `provider matomo-admin is not attached: its application has no login, or no protection`.",
      '- The policy `totp-enrols` refuses it: `default-authentication-mfa-validation: notConfiguredAction is "skip": who has no device is not sent to enrol one`.',
      "- The second factor of the door `Password` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes, skipped by who has none; refused without TOTP`.",
      "- The second factor of the door `Recovery link` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes, skipped by who has none; refused without TOTP`.",
      "- The second factor of the door `Google` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes, skipped by who has none; refused without TOTP`.",
      "- No outpost serves application `matomo-admin`: its login answers 404.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski`, `elena.encheva-blagoeva`, `julian.lubenov`, `martin.kotrulev`, `ramona.gospodinova` | – | `matomo-admin` |",
    ),
  );
});

test("people are no longer protected", async () => {
  expect(
    await reviewOf(["components/directory/people.ts", "parent: this, protect: true,", "parent: this,"]),
  ).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 6 no longer protected.**",
      "",
      "**Unsafe**",
      "",
      "- The policy `precious-objects-protected` refuses it: `authentik:index/user:User boyan.rabchev is not protected`, `authentik:index/user:User chudomir.monevski is not protected`, `authentik:index/user:User elena.encheva-blagoeva is not protected`, `authentik:index/user:User julian.lubenov is not protected` and 2 more.",
      "- No longer protects `User boyan.rabchev`, `User chudomir.monevski`, `User elena.encheva-blagoeva`, `User julian.lubenov`, `User martin.kotrulev`, `User ramona.gospodinova`.",
    ),
  );
});

test("what Authentik ships is no longer left there, seen by nobody but the report", async () => {
  expect(
    await reviewOf([
      "components/login/brand.ts",
      "import: brand.id, protect: true, retainOnDelete: true",
      "import: brand.id, protect: true",
    ]),
  ).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; no object changes.**",
      "",
      "**Unsafe**",
      "",
      "- Would take `Brand authentik-default` off the server, too, once the program gives it up: Authentik ships it.",
    ),
  );
});

test("a rule that only warns is told, and is not unsafe", async () => {
  const report = await reviewOf([
    "components/directory/people.ts",
    "isActive: person.active",
    'isActive: person.username !== "martin.kotrulev"',
  ]);
  expect(report).toContain("changed\n### Access on `trial`: changed");
  expect(report).toContain(
    "- The policy `leavers-in-no-group` warns: `martin.kotrulev is disabled and in plana-staff, plana-finance`.",
  );
});

test("what was changed by hand is what is deployed", async () => {
  const { results } = await trial.authentik<{ results: { pk: string; name: string }[] }>("/core/groups/");
  const admins = results.find(({ name }) => name === "plana-admins")?.pk;
  const people = await trial.authentik<{ results: { pk: number; groups: string[] }[] }>(
    "/core/users/?username=elena.encheva-blagoeva",
  );
  const [elena] = people.results;
  await trial.authentik(`/core/users/${elena?.pk ?? 0}/`, "PATCH", {
    groups: [...(elena?.groups ?? []), admins],
  });
  try {
    expect(await reviewOf()).toBe(
      told(
        "changed",
        "**1 person loses access; objects: 1 updated.**",
        "",
        "| Person | Gains | Loses |",
        "| --- | --- | --- |",
        "| `elena.encheva-blagoeva` | – | `matomo` |",
        "",
        "**Also**",
        "",
        "- `elena.encheva-blagoeva` leaves `plana-admins`.",
        "- May no longer administer Authentik: `elena.encheva-blagoeva`.",
      ),
    );
  } finally {
    await trial.authentik(`/core/users/${elena?.pk ?? 0}/`, "PATCH", { groups: elena?.groups });
  }
});

test("a group that is renamed in the data would be deleted, which the engine refuses", async () => {
  const refused = await reviewOf(
    [GROUPS, 'name: "plana-finance"', 'name: "plana-money"'],
    [GROUPS, 'ceo: ["plana-finance"]', 'ceo: ["plana-money"]'],
    [GROUPS, 'accountant: ["plana-finance"]', 'accountant: ["plana-money"]'],
    [APPLICATIONS, '"plana-finance"', '"plana-money"'],
  ).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Unreviewable);
  expect(String(refused)).toMatch(/^Error: the preview fails, so there is nothing to review:\n/);
  expect(String(refused)).toContain("plana-finance");
  expect(String(refused)).toContain("cannot be deleted\nbecause it is protected");
});

test("what the program refuses is told, and nothing else", async () => {
  const refused = await reviewOf([PEOPLE, 'roles: ["ceo"]', 'roles: ["boss"]']).catch(
    (error: unknown) => error,
  );
  expect(String(refused)).toBe(
    'Error: the preview fails, so there is nothing to review:\n1 problem in stack "trial"; nothing was changed.\n  people: Martin Kotrulev: found "boss"; expected a role of groups.ts\n      mend: correct `roles` in the stack\'s people.ts, or define the role',
  );
});

test("the first deployment: everything is new, and nothing of it unsafe", async () => {
  await trial.createStack("fresh");
  const fresh = sandboxWorkspace(trial.sandbox, trial.folder, "fresh");
  const report = reportOf(await fromEngine(fresh));
  expect(report.verdict).toBe("changed");
  // How many objects the program has is no matter of the report; three of them are adopted.
  expect(report.headline).toMatch(/^6 people gain access; objects: 1\d\d created, 3 updated\.$/);
  expect(report.findings.map(({ text }) => plain(text))).toEqual([
    "Adds boyan.rabchev, chudomir.monevski, elena.encheva-blagoeva, julian.lubenov, martin.kotrulev, ramona.gospodinova.",
    "May now administer Authentik: boyan.rabchev, chudomir.monevski, julian.lubenov.",
    "Comes to finance: martin.kotrulev, ramona.gospodinova.",
    "May now log in to customer tenants: boyan.rabchev, chudomir.monevski.",
    "Adds group plana-admins.",
    "Adds group plana-finance.",
    "Adds group plana-staff.",
    "Adds group tenant-impersonators.",
    "Adds the applications forgejo, grafana, matomo, matomo-admin, matrix, nextcloud, odoo-tenants, penpot, vaultwarden.",
    "The second factor of the door Password becomes TOTP, recovery codes; refused without TOTP.",
    "The door Password gets a lock: refuses plana-staff and policy plana-totp-missing (plana-totp-missing), refuses policy plana-lockout (plana-lockout).",
    "The door Password sends to enrol: plana-staff and policy plana-totp-missing.",
    "The second factor of the door Recovery link becomes TOTP, recovery codes; refused without TOTP.",
    "The door Recovery link gets a lock: refuses plana-staff and policy plana-totp-missing (plana-totp-missing), refuses policy plana-recovery-without-link (plana-recovery-refusal).",
    "The door Recovery link sends to enrol: plana-staff and policy plana-totp-missing.",
  ]);
  expect(
    report.people.map(({ username, roles, access }) => [username, roles.join(" "), access.length]),
  ).toEqual([
    ["boyan.rabchev", "admin impersonator", 9],
    ["chudomir.monevski", "admin impersonator", 9],
    ["elena.encheva-blagoeva", "", 7],
    ["julian.lubenov", "admin", 8],
    ["martin.kotrulev", "finance", 8],
    ["ramona.gospodinova", "finance", 8],
  ]);
});

test("the command previews by itself", async () => {
  const print = jest.spyOn(process.stdout, "write").mockImplementation(() => true);
  try {
    expect(await review(["--stack", STACK, "--fail-on", "changed"], () => Promise.resolve(workspace))).toBe(
      0,
    );
    expect(print.mock.calls.map(([text]) => text).join("")).toBe(
      "### Access on `trial`: unchanged\n\n**Nothing changes: 6 active people, 9 applications.**\n",
    );
  } finally {
    print.mockRestore();
  }
});

test("a stack that is not there is not made by looking at it", async () => {
  const typo = sandboxWorkspace(trial.sandbox, trial.folder, "trail");
  await expect(fromEngine(typo)).rejects.toThrow(
    /^stack trail cannot be selected: .*no stack named 'trail' found/,
  );
  expect((await trial.must(["stack", "ls", "--json"])).stdout).not.toContain("trail");
});
