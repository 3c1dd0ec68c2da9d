import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { adoptStack, type AdoptOptions } from "../../adoption";
import type { ImportFile } from "../../adoption/import-file";
import { keep, type Picture } from "../../adoption/picture";
import { LAST_APPLIED } from "../../adoption/sealed-import";
import { sandboxWorkspace, type Workspace } from "../../state/workspace";
import { prod } from "../../stacks/prod";
import { Trial, type List } from "../../sandbox/trial";
import { deployment } from "../../state/engine";
import { HandBuilt, LIVE_SECRETS, TENANTS_CLIENT } from "./hand-built";

// PLANA as somebody built it by hand; each test goes on where the one before it ended.
const STACK = "adopted";
const SETTINGS: Readonly<Record<string, string>> = {
  "plana-sso:composition": "prod",
  "plana-sso:domain": "trial.example.org",
  "plana-sso:databaseHost": "pg01",
  "plana-sso:google": "true",
  // Production's; the trial has another one.
  "plana-sso:embeddedOutpostId": "10e469fe-81ff-48d1-ac11-0ef2b808855a",
  "kubernetes:enableSecretMutable": "true",
  "kubernetes:enableConfigMapMutable": "true",
};
let trial: Trial;
let built: HandBuilt;
let workspace: Workspace;
let everythingSaid = "";
const ACCEPT = ["all"];
/** What Authentik makes for an outpost with an integration. */
const OUTPOSTS_OWN = "ak-outpost-authentik-embedded-outpost";

beforeAll(async () => {
  trial = await Trial.start();
  built = await HandBuilt.build(trial);
  await built.route("matomo", "matomo", "analytics.trial.example.org", "/");
  await built.route("authentik", OUTPOSTS_OWN, "analytics.trial.example.org", "/outpost.goauthentik.io", {
    "app.kubernetes.io/managed-by": "goauthentik.io",
  });
  await trial.must(["stack", "init", STACK]);
  for (const [key, value] of Object.entries(SETTINGS))
    await trial.must(["config", "set", key, value, "--stack", STACK]);
  // The only one that cannot be read back.
  await trial.setSecret("plana-sso:googleClientSecret", LIVE_SECRETS.google, STACK);
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
  everythingSaid += lines.join("\n");
  return { code, said: lines.join("\n") };
}

const servers = () => [trial.stateOf("authentik"), trial.stateOf("kubernetes")];
const EVERY_SECRET = [
  LIVE_SECRETS.secretKey,
  LIVE_SECRETS.databasePassword,
  LIVE_SECRETS.bootstrapToken,
  LIVE_SECRETS.google,
  LIVE_SECRETS.smtpPassword,
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

test("routes with the host and path of the program's own are told, and nothing is adopted beside them", async () => {
  const before = servers();
  const { code, said } = await adopt({ apply: true, accept: ACCEPT });
  expect(code).toBe(1);
  expect(servers()).toEqual(before);
  expect(section(said, /^2 routes in the way/)).toEqual([
    `  Ingress authentik/${OUTPOSTS_OWN}: analytics.trial.example.org/outpost.goauthentik.io, which Ingress matomo/matomo-admin-login is to serve`,
    expect.stringMatching(
      /^ {4}Authentik makes it for the embedded outpost's integration: set that to none .*kubectl delete ingress/,
    ),
    "  Ingress matomo/matomo: analytics.trial.example.org/, which Ingress matomo/matomo-admin-protected is to serve",
    "    kubectl get ingress -n matomo matomo -o yaml > matomo.yaml && kubectl delete ingress -n matomo matomo",
  ]);
  expect(said).toContain("Nothing is adopted while something is ambiguous, refused or in the way");
  await built.removeRoute("authentik", OUTPOSTS_OWN);
  await built.removeRoute("matomo", "matomo");
});

test("a plan writes nothing to a server or to the stack, and stops at what it would overwrite", async () => {
  const before = servers();
  const { code, said } = await adopt({ piped: "another-bootstrap-token-of-no-worth\n" });
  expect(code).toBe(1);
  expect(said).toContain(
    "plana-sso:bootstrapToken: standard input has another value than the server reads; the server's is taken.",
  );
  expect(said).not.toContain("another-bootstrap-token");
  expect(servers()).toEqual(before);
  expect((await trial.must(["stack", "export", "--stack", STACK])).stdout).not.toContain("authentik:index");
  expect(section(said, /^\d+ fields that the first/)).toEqual(
    expect.arrayContaining([
      "  authentik.values.server.replicas: 3 → 2",
      '  authentik-proxy.spec.type: "ExternalName" → "ClusterIP"',
      '  authentik-proxy.spec.externalName: "authentik-server.authentik.svc.cluster.local" → (nothing)',
      "  authentik-proxy.spec.ports: ",
      '    - {"name":"http","port":80,"targetPort":9000}',
      '    + {"name":"http","port":80,"targetPort":"http"}',
      '  authentik.values.server.podAnnotations.example.org/note: "(set)" → (nothing)',
      expect.stringMatching(/^ {2}embedded-outpost\.serviceConnection: "[0-9a-f-]{36}" → \(nothing\)$/),
      '  embedded-outpost.config.kubernetes_namespace: "default" → "authentik"',
      expect.stringMatching(
        /^ {2}google\.enrollmentFlow: "[0-9a-f-]{36}" \(default-source-enrollment\) → \(nothing\)$/,
      ),
      "  plana-password.zxcvbnScoreThreshold: 3 → 2",
      "  plana-password.checkHaveIBeenPwned: true → false",
      "  system-settings.flags.core_default_app_access: true → false",
      "  system-settings.footerLinks: ",
      '    - {"href":"https://help.example.org","name":"Help"}',
      expect.stringMatching(/^ {4}\+ "[0-9a-f-]{36}" \(plana-finance\)$/),
      '  plana-finance.attributes: {"cost_centre":"4711"} → {}',
      '  elena.encheva-blagoeva.username: "elena" → "elena.encheva-blagoeva"',
      '  forgejo.metaIcon: "https://icons.example.org/forgejo.png" → (nothing)',
      '  server-settings.AUTHENTIK_COOKIE_DOMAIN: "(set)" → (nothing)',
    ]),
  );
  // A person's attributes are their own.
  expect(said).not.toContain("elena.encheva-blagoeva.attributes");
  expect(section(said, /^\d+ fields that are empty there/)).toEqual(
    expect.arrayContaining(['  forgejo.metaDescription: "" → "Source code"']),
  );
  expect(section(said, /^\d+ differences that change nothing/)).toEqual(
    expect.arrayContaining([
      "  plana-password.checkZxcvbn: equal on the server; not read back by an import",
      "  google.consumerSecret: never read back; the program must hold the real one",
      "  authentik-default.default: equal on the server; not read back by an import",
      expect.stringMatching(
        /^ {2}authentik\.values\.authentik: the server reads its settings from the program's own Secret/,
      ),
      expect.stringMatching(
        /^ {2}authentik\.values\.worker\.env: the server reads its settings from the program's own Secret/,
      ),
    ]),
  );
  expect(said).toContain(
    "taken over into the configuration: plana-sso:serverSettings.AUTHENTIK_EMAIL__PASSWORD, from AUTHENTIK_EMAIL__PASSWORD of Secret authentik/authentik",
  );
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
  expect(section(said, /^\d+ to adopt/).join("\n")).toMatch(
    /is ([0-9a-f-]{36}) there, not 10e469fe-81ff-48d1-ac11-0ef2b808855a as written down; \1 is taken/,
  );
  const unmanaged = section(said, /unmanaged/);
  expect(unmanaged).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^ {2}User "old\.contractor" \(\d+\)$/),
      '  Application "legacy-wiki" (legacy-wiki): nothing is bound to it: `up` closes it to everybody (system-settings.flags.core_default_app_access)',
      expect.stringMatching(/^ {2}ProviderOauth2 "legacy-wiki" \(\d+\)$/),
      expect.stringMatching(/^ {2}PolicyBinding user "old\.contractor" on application "forgejo" \(/),
    ]),
  );
  // What Authentik ships is not told, the first administrator apart.
  expect(unmanaged).toHaveLength(5);
  expect(section(said, /to create/).join("\n")).toMatch(/PolicyBinding: .*forgejo-plana-staff/);
  expect(section(said, /to create/).join("\n")).not.toContain("SystemSettings");
  const file = JSON.parse(
    readFileSync(join(workspace.directory, `adopt-${STACK}.json`), "utf8"),
  ) as ImportFile;
  const entry = (type: string, name: string) =>
    file.resources.find((each) => each.type.endsWith(`:${type}`) && (each.logicalName ?? each.name) === name);
  expect(entry("User", "chudomir.monevski")).toMatchObject({ id: "6", parent: "people" });
  expect(entry("Application", "forgejo")).toMatchObject({ id: "forgejo" });
  expect(entry("People", "people")).toMatchObject({ component: true });
  expect(file.resources.filter(({ type }) => /:(Release|SystemSettings)$/.test(type))).toEqual([]);
});

test("two candidates are listed, and none is guessed", async () => {
  const { pk } = await built.make<{ pk: number }>("/core/users/", {
    username: "elena.encheva",
    name: "Another Elena",
    email: "Elena.Encheva-Blagoeva@plana.solutions",
  });
  const { code, said } = await adopt({ apply: true, accept: ACCEPT });
  expect(code).toBe(1);
  expect(section(said, /^1 ambiguous/)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^ {2}User elena\\.encheva-blagoeva: 24 \\(email elena\\.encheva-blagoeva@.*\\) or ${pk} \\(email elena\\.encheva-blagoeva@`,
      ),
    ),
  ]);
  expect(said).toContain("Nothing is adopted while something is ambiguous, refused or in the way");
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
  // What an adoption has left whose stack was given up: it says nothing of what is there now.
  const leftover: Picture = {
    namespace: "authentik",
    objects: [{ subject: { type: "authentik:index/group:Group", id: "gone", name: "gone" }, fields: {} }],
    settings: { AUTHENTIK_SECRET_KEY: "digest of another time" },
    agreed: [],
  };
  keep(workspace, leftover);
  const first = await adopt({ apply: true, up: false, accept: ACCEPT });
  expect(first).toMatchObject({ code: 0 });
  expect(first.said).toContain("An earlier adoption was begun, and nothing of it is in the stack");
  expect(first.said).toContain("Imported.");
  const again = await adopt({ apply: true, accept: ACCEPT });
  expect({ ...again, said: again.said.slice(-2_000) }).toMatchObject({ code: 0 });
  expect(again.said).toMatch(
    /Adopted: a refreshed preview shows no change, and \d+ objects and \d+ settings of the server are field for field/,
  );
  expect(again.said).not.toContain("An earlier adoption was begun");
  expect(again.said).not.toContain("is not as it was");
  // What the provider does not empty.
  for (const place of [
    ...["forgejo.metaIcon", "matomo-admin.basicAuthEnabled"],
    "plana-password.checkHaveIBeenPwned",
  ])
    expect(again.said).toContain(`${place}: emptied through the API, which no \`up\` does`);
  const { results } = await trial.authentik<List<object>>("/policies/password/?name=plana-password");
  expect(results).toMatchObject([{ check_have_i_been_pwned: false, check_static_rules: true }]);
  expect(await trial.authentik("/core/applications/forgejo/")).toMatchObject({ meta_icon: "" });
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
  const { rows } = JSON.parse(trial.stateOf("authentik")) as {
    rows: Readonly<Record<string, readonly Record<string, unknown>[]>>;
  };
  expect(rows["sources/oauth"]).toMatchObject([
    { slug: "google", consumer_key: "hand-built-google-client", consumer_secret: LIVE_SECRETS.google },
  ]);
  const { data } = await trial.cluster<{ data: Record<string, string> }>(
    "/api/v1/namespaces/authentik/secrets/authentik-settings",
  );
  const setting = (name: string) => Buffer.from(data[name] ?? "", "base64").toString();
  expect(setting("AUTHENTIK_SECRET_KEY")).toBe(LIVE_SECRETS.secretKey);
  expect(setting("AUTHENTIK_POSTGRESQL__PASSWORD")).toBe(LIVE_SECRETS.databasePassword);
  expect(setting("AUTHENTIK_BOOTSTRAP_TOKEN")).toBe(LIVE_SECRETS.bootstrapToken);
  expect(setting("AUTHENTIK_EMAIL__HOST")).toBe("mail.example.org");
  expect(setting("AUTHENTIK_EMAIL__PASSWORD")).toBe(LIVE_SECRETS.smtpPassword);
  const { items } = await trial.cluster<{ items: readonly { metadata: { name: string } }[] }>(
    "/api/v1/namespaces/authentik/secrets",
  );
  const service = await trial.cluster<{ metadata: object; spec: object }>(
    "/api/v1/namespaces/authentik/services/authentik-proxy",
  );
  // Taken over, and what somebody else has set and the program leaves out is kept.
  expect(service).toMatchObject({
    metadata: { labels: { team: "sso" } },
    spec: { type: "ClusterIP", clusterIP: expect.any(String) as string, ports: [{ targetPort: "http" }] },
  });
  expect(service.spec).not.toHaveProperty("externalName");
  const { metadata } = await trial.cluster<{ metadata: { annotations?: object } }>(
    "/api/v1/namespaces/forgejo/secrets/forgejo-oidc",
  );
  // A copy of the Secret, which every refresh would read.
  expect(Object.keys(metadata.annotations ?? {})).not.toContain(LAST_APPLIED);
  // The chart's own Secret is gone.
  expect(items.map(({ metadata: { name } }) => name)).not.toContain("authentik");
});

test("the id that was written down for the outpost is the live one now", async () => {
  const { results } = await trial.authentik<List<{ pk: string }>>("/outposts/instances/");
  const { stdout } = await trial.must(["config", "get", "plana-sso:embeddedOutpostId", "--stack", STACK]);
  expect(stdout.trim()).toBe(results[0]?.pk);
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

/** A part of a file of the program, from one text up to another. */
function part(file: string, from: string, to: string): string {
  const text = readFileSync(join(trial.folder, file), "utf8");
  const start = text.indexOf(from);
  return text.slice(start, text.indexOf(to, start));
}

test.each([
  ["a person", "stacks/prod/people.ts", '  { first: "Elena"', "];"],
  [
    "an application",
    "stacks/prod/applications.ts",
    '  {\n    mode: "proxy"',
    '  {\n    mode: "oidc",\n    slug: "matomo"',
  ],
])("leaving %s out of the program is refused, and nothing is deleted", async (_, file, from, to) => {
  const before = servers();
  const text = part(file, from, to);
  trial.edit(file, text, "");
  const { code, stdout, stderr } = await trial.pulumi(["up", "--yes", "--refresh", "--stack", STACK]);
  trial.edit(file, to, text + to);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain("because it is protected");
  expect(servers()).toEqual(before);
});

test("only by explicit steps is an object taken out of the program, and it stays on the server", async () => {
  const file = "stacks/prod/people.ts";
  const text = part(file, '  { first: "Elena"', "];");
  trial.edit(file, text, "");
  const { resources } = await deployment(workspace);
  const urn =
    resources.find(({ name, type }) => type.endsWith(":User") && name.startsWith("elena"))?.urn ?? "";
  await trial.must(["state", "unprotect", urn, "--yes", "--stack", STACK]);
  await trial.must(["state", "delete", urn, "--yes", "--stack", STACK]);
  await trial.must(["up", "--yes", "--refresh", "--stack", STACK]);
  const elena = "/core/users/?username=elena.encheva-blagoeva";
  expect((await trial.authentik<List<unknown>>(elena)).results).toMatchObject([{ pk: 24, is_active: true }]);
  // Back in the program, she is adopted again, not made anew.
  trial.edit(file, "];", `${text}];`);
  expect(await adopt({ apply: true, accept: ACCEPT })).toMatchObject({ code: 0 });
  expect((await trial.authentik<List<unknown>>(elena)).results).toMatchObject([{ pk: 24, is_active: true }]);
});

test("what was kept for the adoption is gone, and what is left only its owner reads", () => {
  const { directory } = workspace;
  for (const name of [`before-adoption-${STACK}.json`, `import-${STACK}.json`, join("rehearsal", STACK)]) {
    expect([name, existsSync(join(directory, name))]).toEqual([name, false]);
  }
  expect(statSync(join(directory, `adopt-${STACK}.json`)).mode & 0o077).toBe(0);
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
  for (const secret of EVERY_SECRET) expect(trial.log + everythingSaid).not.toContain(secret);
});
