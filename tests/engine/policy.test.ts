import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../stack-files";
import { Trial, type List } from "../../sandbox/trial";

// The pack as the engine runs it: the folder as the plain CLI takes it, and the bundle of the npm commands.
const STACK = "trial";
const FOLDER = "policy";
const BUNDLE = join(ROOT, ".local", "build", "policy");
let trial: Trial;

beforeAll(async () => {
  const url = JSON.stringify(new URL(`file://${join(ROOT, "commands", "bundles.mjs")}`).href);
  execFileSync(process.execPath, [
    "--input-type=module",
    "-e",
    `import { bundlePolicy } from ${url}; await bundlePolicy(process.argv[1]);`,
    ROOT,
  ]);
  trial = await Trial.start();
  await trial.createStack(STACK);
}, 900_000);

afterAll(() => trial.stop());

jest.setTimeout(300_000);

const preview = (pack: string, ...args: string[]) =>
  trial.pulumi(["preview", "--stack", STACK, "--policy-pack", pack, ...args]);

/** Changes that must not pass: file, what stands there, what would, and what the pack says. */
const UNSAFE: readonly (readonly [file: string, from: string, to: string, rule: string, said: string])[] = [
  [
    "stacks/prod/people.ts",
    '["accountant"]',
    '["accountant", "tenant-support"]',
    "impersonators-are-admins",
    "ramona.gospodinova is in tenant-impersonators and in none of plana-admins",
  ],
  [
    "stacks/prod/groups.ts",
    'grants: "Matomo write, Stripe admin, billing reports"',
    'grants: "everything", superuser: true',
    "superuser-groups",
    "group plana-finance administers Authentik",
  ],
  [
    "stacks/prod/applications.ts",
    'access: ["tenant-impersonators"]',
    'access: ["plana-staff"]',
    "tenants-opened-to-impersonators",
    "odoo-tenants is opened to plana-staff",
  ],
  [
    "components/applications/oidc-client.ts",
    '"refresh_token"],',
    '"refresh_token", "client_credentials"],',
    "oauth2-provider-strict",
    'grafana: grant type "client_credentials" knows no second factor',
  ],
  [
    "components/applications/oidc-client.ts",
    "{ parent: this, protect: true },\n    );\n    openApplication",
    "{ parent: this, protect: true, transforms: [({ props, opts }) => ({ props: { ...props, clientSecret: pulumi.unsecret(props.clientSecret) }, opts })] },\n    );\n    openApplication",
    "secrets-are-secret",
    "clientSecret of grafana is not marked secret",
  ],
  [
    "components/applications/oidc-client.ts",
    "openApplication(slug, args,",
    "openApplication(slug, { ...args, description: pulumi.unsecret(pulumi.interpolate`${clientSecret}`) },",
    "secrets-not-in-clear",
    "metaDescription of grafana holds a secret",
  ],
  [
    "components/login/second-factor.ts",
    'notConfiguredAction: "configure"',
    'notConfiguredAction: "skip"',
    "totp-enrols",
    'notConfiguredAction is "skip"',
  ],
  [
    "components/login/recovery.ts",
    "order: 5, stage: args.secondFactor.stage",
    "order: 5, stage: refusal.id",
    "totp-on-every-door",
    "flow plana-recovery does not bind the second factor",
  ],
  [
    "components/login/second-factor.ts",
    '{ ...step, policyEngineMode: "all" }',
    '{ ...step, policyEngineMode: "any" }',
    "totp-lock-on-every-door",
    "flow plana-google has no lock that refuses members of plana-staff without TOTP",
  ],
  [
    "components/login/expressions.ts",
    "`domain = ${pythonString(domain)}`",
    "'domain = \"gmail.com\"'",
    "source-of-staff-domain",
    "policy of source google is not the program's, which asks for plana.solutions",
  ],
  [
    "components/directory/people.ts",
    "protect: true",
    "protect: false",
    "precious-objects-protected",
    "authentik:index/user:User martin.kotrulev is not protected",
  ],
  [
    "components/server/chart-values.ts",
    "existingSecret: { secretName: args.settingsSecret }",
    'existingSecret: { secretName: args.settingsSecret }, email: { password: "of-no-worth" }',
    "helm-values-without-secrets",
    "values.authentik.email.password looks like a secret",
  ],
  [
    "components/outpost/embedded-outpost.ts",
    "authentik_host: `${args.authentikUrl}/`",
    'authentik_host: ""',
    "outpost-host",
    'authentik_host is ""; expected https://auth.trial.example.org/',
  ],
  [
    "components/applications/oidc-client.ts",
    "    this.credentials = {",
    `    if (slug === "grafana") {
      const second = { slug: "copy", name: "Copy", protocolProvider: provider.id.apply(Number) };
      new authentik.Application("copy", second, { parent: this, protect: true });
    }
    this.credentials = {`,
    "provider-in-one-application",
    "provider grafana is in 2 applications (copy, grafana)",
  ],
  [
    "components/applications/oidc-client.ts",
    "signingKey: args.builtins.signingKey",
    'signingKey: ""',
    "oauth2-provider-strict",
    "grafana: no signing key",
  ],
  [
    "components/applications/oidc-client.ts",
    'redirect_uri_type: "authorization",',
    "",
    "redirect-uris-narrow",
    "has no redirect_uri_type",
  ],
  [
    "components/login/google.ts",
    'flow.step("login", { order: 20',
    'flow.step("early", { order: 5, stage: "00000000-0000-4000-8000-000000000000" });\n    flow.step("login", { order: 20',
    "totp-on-every-door",
    "flow plana-google runs plana-google-early before the second factor",
  ],
  [
    "components/login/second-factor.ts",
    "{ stage: this.denyStage.id, order }, true)",
    "{ stage: this.denyStage.id, order }, false)",
    "totp-lock-on-every-door",
    "the login flow of Authentik has no lock",
  ],
  [
    "components/server/settings-secret.ts",
    "      { parent: this, protect: true },\n    );\n    this.secretName",
    '      { parent: this, protect: true, ignoreChanges: ["stringData"] },\n    );\n    this.secretName',
    "drift-not-ignored",
    "authentik-settings ignores changes of stringData",
  ],
  [
    "components/server/server.ts",
    'additionalSecretOutputs: ["values"],',
    "",
    "helm-values-without-secrets",
    "values are no secret output",
  ],
  [
    "components/server/chart-values.ts",
    "server: {",
    'server: {\n      image: { tag: "2026.5" },',
    "images-pinned",
    "authentik runs values.server.image.tag: 2026.5",
  ],
];

test("the program as it is passes, before and during its first update, and after it", async () => {
  const { stdout } = await trial.must(["preview", "--stack", STACK, "--policy-pack", FOLDER]);
  expect(stdout).toContain("✅ plana-sso@v");
  const up = await trial.must(["up", "--yes", "--stack", STACK, "--policy-pack", BUNDLE]);
  expect(up.stdout.match(/✅ plana-sso@v/g)).toHaveLength(2);
  for (const pack of [FOLDER, BUNDLE]) {
    const again = await preview(pack, "--refresh", "--expect-no-changes");
    expect([
      again.code,
      again.stdout.includes("✅ plana-sso@v"),
      again.stdout.includes("[advisory]"),
    ]).toEqual([0, true, false]);
  }
});

test("every unsafe change is refused with its message, and nothing is touched", async () => {
  const before = [trial.stateOf("authentik"), trial.stateOf("kubernetes")];
  const files = [...new Set(UNSAFE.map(([file]) => file))];
  const texts = files.map((file) => readFileSync(join(trial.folder, file), "utf8"));
  for (const [file, from, to] of UNSAFE) trial.edit(file, from, to);

  const outputs = [await preview(FOLDER), await preview(BUNDLE)];
  for (const { code, stdout } of outputs) {
    expect(code).not.toBe(0);
    for (const [, , , rule, said] of UNSAFE) {
      expect([rule, stdout.includes(`  ${rule}  (`)]).toEqual([rule, true]);
      expect([rule, stdout.includes(said)]).toEqual([rule, true]);
    }
  }
  const up = await trial.pulumi(["up", "--yes", "--stack", STACK, "--policy-pack", BUNDLE]);
  expect(up.code).not.toBe(0);
  expect([trial.stateOf("authentik"), trial.stateOf("kubernetes")]).toEqual(before);
  // No message may carry what it complains of.
  const { items } = await trial.cluster<{ items: { data?: Record<string, string> }[] }>("/api/v1/secrets");
  const secrets = items.flatMap(({ data }) => (data?.OIDC_CLIENT_SECRET ? [data.OIDC_CLIENT_SECRET] : []));
  const policies = outputs.map(
    ({ stdout }) => stdout.slice(stdout.indexOf("Policies:")).split("\nOutputs:")[0] ?? "",
  );
  expect(secrets.length).toBeGreaterThan(5);
  for (const secret of secrets) {
    expect(policies.some((text) => text.includes(Buffer.from(secret, "base64").toString()))).toBe(false);
  }

  files.forEach((file, index) => writeFileSync(join(trial.folder, file), texts[index] ?? ""));
  expect((await preview(BUNDLE, "--expect-no-changes")).code).toBe(0);
});

test("a rule about one resource holds without a preview, too", async () => {
  const before = trial.stateOf("authentik");
  trial.edit("components/applications/oidc-client.ts", '"refresh_token"],', '"refresh_token", "implicit"],');
  const { code, stdout } = await trial.pulumi([
    ...["up", "--yes", "--skip-preview", "--stack", STACK, "--policy-pack", BUNDLE],
  ]);
  expect(code).not.toBe(0);
  expect(stdout).toContain('grant type "implicit"');
  expect(trial.stateOf("authentik")).toBe(before);
  trial.edit("components/applications/oidc-client.ts", '"refresh_token", "implicit"],', '"refresh_token"],');
});

test("a bundle that does not start stops what it was to check, and says why", async () => {
  const broken = join(trial.folder, "broken");
  cpSync(BUNDLE, broken, { recursive: true });
  writeFileSync(join(broken, "index.js"), 'throw new Error("a rule is wrong");');
  const before = trial.stateOf("authentik");
  const { code, stdout, stderr } = await trial.pulumi([
    ...["up", "--yes", "--stack", STACK, "--policy-pack", broken],
  ]);
  expect([code === 0, stdout + stderr]).toEqual([false, expect.stringContaining("Error: a rule is wrong")]);
  expect(trial.stateOf("authentik")).toBe(before);
});

test("a person's attributes are their own, but none by which they change their own address", async () => {
  const { results } = await trial.authentik<List<{ pk: number }>>("/core/users/?username=martin.kotrulev");
  const path = `/core/users/${results[0]?.pk}/`;
  const set = (attributes: object) => trial.authentik(path, "PATCH", { attributes });
  await set({ settings: { locale: "de" } });
  expect((await preview(BUNDLE, "--refresh", "--expect-no-changes")).code).toBe(0);
  await set({ settings: { locale: "de" }, "goauthentik.io/user/can-change-email": true });
  const { code, stdout } = await preview(BUNDLE, "--refresh");
  expect(code).not.toBe(0);
  expect(stdout).toContain("martin.kotrulev: attribute goauthentik.io/user/can-change-email is not false");
  await set({});
});

test("a stack tells its own facts, and a wrong one is refused", async () => {
  const file = join(trial.folder, "config.json");
  const config = (value: unknown) =>
    writeFileSync(file, JSON.stringify({ "people-of-staff-domain": { staffDomain: value } }));
  config("sso.test");
  const other = await preview(BUNDLE, "--policy-pack-config", file);
  expect(other.code).not.toBe(0);
  expect(other.stdout).toContain("is not at sso.test");
  config("plana.solutions");
  expect((await preview(BUNDLE, "--policy-pack-config", file)).code).toBe(0);
  config(5);
  const wrong = await preview(BUNDLE, "--policy-pack-config", file);
  expect(wrong.code).not.toBe(0);
  expect(wrong.stdout + wrong.stderr).toMatch(/staffDomain/);
});
