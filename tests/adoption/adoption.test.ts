import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { adoptStack, type AdoptOptions } from "../../adoption";
import type { ImportFile } from "../../adoption/import-file";
import { sandboxWorkspace, type Workspace } from "../../commands/workspace";
import { prod } from "../../stacks/prod";
import { Trial, type List } from "../../sandbox/trial";
import { HandBuilt, LIVE_SECRETS, TENANTS_CLIENT } from "./hand-built";

// PLANA as somebody built it by hand; each test goes on where the one before it ended.
const STACK = "adopted";
const SETTINGS: Readonly<Record<string, string>> = {
  "plana-sso:composition": "prod",
  "plana-sso:domain": "trial.example.org",
  "plana-sso:databaseHost": "pg01",
  "plana-sso:google": "false",
  "kubernetes:enableSecretMutable": "true",
  "kubernetes:enableConfigMapMutable": "true",
};
let trial: Trial;
let built: HandBuilt;
let workspace: Workspace;
const ACCEPT = ["all"];

beforeAll(async () => {
  trial = await Trial.start();
  built = await HandBuilt.build(trial);
  await trial.must(["stack", "init", STACK]);
  for (const [key, value] of Object.entries(SETTINGS))
    await trial.must(["config", "set", key, value, "--stack", STACK]);
  workspace = sandboxWorkspace(trial.sandbox, trial.folder, STACK);
}, 900_000);

afterAll(() => trial.stop());

jest.setTimeout(400_000);

async function adopt(options: Partial<AdoptOptions> = {}): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await adoptStack(workspace, {
    apply: false,
    up: true,
    accept: [],
    organisation: prod,
    say: (text) => lines.push(text),
    ...options,
  });
  return { code, said: lines.join("\n") };
}

const servers = () => [trial.stateOf("authentik"), trial.stateOf("kubernetes")];
const EVERY_SECRET = [
  LIVE_SECRETS.secretKey,
  LIVE_SECRETS.databasePassword,
  LIVE_SECRETS.bootstrapToken,
  ...prod.applications.map(({ slug }) => LIVE_SECRETS.client(slug)),
];

/** Files of the stack: all but the state of the emulated servers, which hold what servers hold. */
function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !["node_modules", "sdks", "authentik.json", "kubernetes.json"].includes(name))
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesOf(path) : [path]));
}

function section(said: string, title: RegExp): string[] {
  const part = said.split("\n\n").find((each) => title.test(each));
  return part?.split("\n").slice(1) ?? [];
}

test("a plan writes nothing to a server or to the stack, and stops at what it would overwrite", async () => {
  const before = servers();
  const { code, said } = await adopt();
  expect(code).toBe(1);
  expect(servers()).toEqual(before);
  expect((await trial.must(["stack", "export", "--stack", STACK])).stdout).not.toContain("authentik:index");
  expect(section(said, /^\d+ fields that the first/)).toEqual(
    expect.arrayContaining([
      '  plana-finance.attributes: {"cost_centre":"4711"} → {}',
      '  elena.encheva-blagoeva.username: "elena" → "elena.encheva-blagoeva"',
      '  forgejo.metaIcon: "https://icons.example.org/forgejo.png" → (nothing)',
      '  server-settings.AUTHENTIK_EMAIL__HOST: "(set)" → (nothing)',
    ]),
  );
  // A person's attributes are their own.
  expect(said).not.toContain("elena.encheva-blagoeva.attributes");
  expect(said).toContain("Put what is to stay into the program, or accept that it is overwritten:");
});

test("the plan tells ids that differ from those written down, what is to be made, and what nobody manages", async () => {
  const { said } = await adopt();
  expect(section(said, /^\d+ to adopt/).join("\n")).toMatch(
    /User elena\.encheva-blagoeva: 24 \(email elena\.encheva-blagoeva@/,
  );
  expect(section(said, /^\d+ to adopt/).join("\n")).toMatch(/ProviderProxy matomo-admin: 13 \(/);
  expect(section(said, /^\d+ to adopt/).join("\n")).toMatch(/ProviderOauth2 matomo: 14 \(/);
  expect(said).toContain("ProviderOauth2 grafana: 12 (client_id hand-built-grafana)");
  const unmanaged = section(said, /unmanaged/);
  expect(unmanaged).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^ {2}User "old\.contractor" \(\d+\)$/),
      '  Application "legacy-wiki" (legacy-wiki)',
      expect.stringMatching(/^ {2}ProviderOauth2 "legacy-wiki" \(\d+\)$/),
    ]),
  );
  expect(section(said, /to create/).join("\n")).toContain("PolicyBinding forgejo-plana-staff");
  const file = JSON.parse(
    readFileSync(join(workspace.directory, `adopt-${STACK}.json`), "utf8"),
  ) as ImportFile;
  const entry = (type: string, name: string) =>
    file.resources.find((each) => each.type.endsWith(`:${type}`) && (each.logicalName ?? each.name) === name);
  expect(entry("User", "chudomir.monevski")).toMatchObject({ id: "6", parent: "people" });
  expect(entry("Application", "forgejo")).toMatchObject({ id: "forgejo" });
  expect(entry("People", "people")).toMatchObject({ component: true });
  expect(file.resources.some(({ type }) => type.endsWith(":Release"))).toBe(false);
});

test("two candidates are listed, and none is guessed", async () => {
  const { pk } = await built.make<{ pk: number }>("/core/users/", {
    username: "julian",
    name: "Another Julian",
    email: "Julian.Lubenov@plana.solutions",
  });
  const { code, said } = await adopt({ apply: true, accept: ACCEPT });
  expect(code).toBe(1);
  expect(section(said, /^1 ambiguous/)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^ {2}User julian\\.lubenov: \\d+ \\(username julian\\.lubenov\\) or ${pk} \\(email julian\\.lubenov@`,
      ),
    ),
  ]);
  expect(said).toContain("Nothing is adopted while something is ambiguous or refused");
  expect((await trial.must(["stack", "export", "--stack", STACK])).stdout).not.toContain("authentik:index");
  await built.remove(`/core/users/${pk}/`);
});

test("an id that is written down for somebody else is refused", async () => {
  const people = [...prod.people, { first: "New", last: "Person", existingId: 24 }];
  trial.edit(
    "stacks/prod/people.ts",
    "existingId: 24 },",
    'existingId: 24 },\n  { first: "New", last: "Person" },',
  );
  const { code, said } = await adopt({ organisation: { ...prod, people }, accept: ACCEPT });
  trial.edit("stacks/prod/people.ts", '\n  { first: "New", last: "Person" },', "");
  expect(code).toBe(1);
  expect(section(said, /^1 refused/)).toEqual([
    '  User new.person: 24 is written down for it, but 24 is "elena", which has neither its username nor its email',
  ]);
});

test("an adoption that was interrupted after the import is finished by a second run", async () => {
  const first = await adopt({ apply: true, up: false, accept: ACCEPT });
  expect(first).toMatchObject({ code: 0 });
  expect(first.said).toContain("Imported.");
  const again = await adopt({ apply: true, accept: ACCEPT });
  expect({ ...again, said: again.said.slice(-2_000) }).toMatchObject({ code: 0 });
  expect(again.said).toMatch(
    /Adopted: a refreshed preview shows no change, and \d+ objects are field for field/,
  );
});

test("after it nothing changes, and every secret is byte for byte what it was", async () => {
  await trial.must(["preview", "--refresh", "--expect-no-changes", "--stack", STACK]);
  for (const slug of ["forgejo", "grafana", "matomo", "odoo-tenants", "vaultwarden"]) {
    const { results } = await trial.authentik<List<{ client_id: string; client_secret: string }>>(
      `/providers/oauth2/?name=${slug}`,
    );
    expect(results).toMatchObject([
      {
        client_id: slug === "odoo-tenants" ? TENANTS_CLIENT : `hand-built-${slug}`,
        client_secret: LIVE_SECRETS.client(slug),
      },
    ]);
  }
  const { data } = await trial.cluster<{ data: Record<string, string> }>(
    "/api/v1/namespaces/authentik/secrets/authentik-settings",
  );
  const setting = (name: string) => Buffer.from(data[name] ?? "", "base64").toString();
  expect(setting("AUTHENTIK_SECRET_KEY")).toBe(LIVE_SECRETS.secretKey);
  expect(setting("AUTHENTIK_POSTGRESQL__PASSWORD")).toBe(LIVE_SECRETS.databasePassword);
  expect(setting("AUTHENTIK_BOOTSTRAP_TOKEN")).toBe(LIVE_SECRETS.bootstrapToken);
  const { items } = await trial.cluster<{ items: readonly { metadata: { name: string } }[] }>(
    "/api/v1/namespaces/authentik/secrets",
  );
  // The chart's own Secret is gone.
  expect(items.map(({ metadata: { name } }) => name)).not.toContain("authentik");
});

test("ids are kept, and what is not in the program is left alone", async () => {
  const { results } = await trial.authentik<List<{ pk: number; username: string }>>(
    "/core/users/?page_size=100",
  );
  const byName = Object.fromEntries(results.map(({ pk, username }) => [username, pk]));
  expect(byName).toMatchObject({ "chudomir.monevski": 6, "elena.encheva-blagoeva": 24 });
  expect(Object.keys(byName)).toContain("old.contractor");
  expect(await trial.authentik("/core/users/24/")).toMatchObject({ attributes: { room: "4.12" } });
  const applications = await trial.authentik<List<{ slug: string; provider: number }>>(
    "/core/applications/?superuser_full_list=true",
  );
  expect(
    Object.fromEntries(applications.results.map(({ slug, provider }) => [slug, provider])),
  ).toMatchObject({
    "matomo-admin": 13,
    matomo: 14,
    "odoo-tenants": 10,
    "legacy-wiki": expect.any(Number) as number,
  });
});

test("a second adoption has nothing to adopt", async () => {
  const { code, said } = await adopt({ apply: true, accept: ACCEPT });
  expect({ code, said: said.slice(0, 1_500) }).toMatchObject({ code: 0 });
  expect(section(said, /to adopt/)).toEqual([]);
});

test("leaving an adopted object out of the program is refused, and deletes nothing", async () => {
  const line = '  { first: "Elena", last: "Encheva-Blagoeva", existingId: 24 },\n';
  trial.edit("stacks/prod/people.ts", line, "");
  const { code, stdout, stderr } = await trial.pulumi(["up", "--yes", "--refresh", "--stack", STACK]);
  trial.edit("stacks/prod/people.ts", "];", `${line}];`);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain("because it is protected");
  const { results } = await trial.authentik<List<unknown>>("/core/users/?username=elena.encheva-blagoeva");
  expect(results).toHaveLength(1);
});

test("no secret in clear lies on the disk, or was said", () => {
  const files = filesOf(trial.folder);
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    for (const secret of EVERY_SECRET) {
      expect({
        file,
        found: text.includes(secret) || text.includes(Buffer.from(secret).toString("base64")),
      }).toEqual({
        file,
        found: false,
      });
    }
  }
  for (const secret of EVERY_SECRET) expect(trial.log).not.toContain(secret);
});
