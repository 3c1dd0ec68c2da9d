import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import type { Context } from "../../operations/context";
import { diagnose } from "../../operations/doctor";
import { access } from "../../operations/doctor/access";
import type { Examination } from "../../operations/doctor/examination";
import { addresses } from "../../operations/doctor/addresses";
import { clusterSecrets } from "../../operations/doctor/cluster-secrets";
import { doors } from "../../operations/doctor/doors";
import { outpost } from "../../operations/doctor/outpost";
import { reportText } from "../../operations/doctor/report";
import { totp } from "../../operations/doctor/totp";
import { versions } from "../../operations/doctor/versions";
import { Secret } from "../../live/secret";
import { ROOT } from "../stack-files";

const pinned = "2026.5.6";

test.each([
  [pinned, []],
  // Within a release nothing that the program or these commands rely on changes.
  ["2026.5.9", [`warning: package @goauthentik/api: is ${pinned}, where 2026.5.9 is wanted`]],
  [
    "2026.8.1",
    [
      `error: package @goauthentik/api: is ${pinned}, where 2026.8.1 is wanted`,
      "error: provider: is 2026.5, where 2026.8 is wanted",
    ],
  ],
])("a server of version %s: %j", async (server, expected) => {
  const found = await versions.run({
    authentik: { get: () => Promise.resolve({ version_current: server }) },
    resources: [],
    context: { workspace: { folder: ROOT } },
  } as unknown as Examination);
  expect(found.map(({ severity, subject, meaning }) => `${severity}: ${subject}: ${meaning}`)).toEqual(
    expected,
  );
});

test("an answer that tells nothing of a person makes no second factor good", async () => {
  const examination = {
    authentik: { get: () => Promise.resolve({}) },
    resources: [{ type: "authentik:index/user:User", name: "julian.lubenov", id: "8", inputs: {} }],
  } as unknown as Examination;
  await expect(totp.run(examination)).rejects.toThrow("the answer is no person");
});

test.each([
  ["totp.TOTPDevice", true, []],
  ["totp.TOTPDevice", false, ["has no TOTP yet: whoever has the password enrols"]],
  [
    "static.StaticDevice",
    true,
    ["has no TOTP yet: whoever has the password and one of the recovery codes enrols"],
  ],
  // A model that a later release may bring.
  ["totp.TOTPDeviceBackup", true, ["has no TOTP yet: whoever has the password enrols"]],
])("of an authenticator %s, confirmed %j: %j", async (model, confirmed, expected) => {
  const device = { pk: "1", name: "phone", type: `authentik_stages_authenticator_${model}`, confirmed };
  const found = await totp.run({
    authentik: {
      get: (path: string) =>
        Promise.resolve(path.startsWith("/core/users/") ? { is_active: true } : [device]),
    },
    resources: [{ type: "authentik:index/user:User", name: "julian.lubenov", id: "8", inputs: {} }],
    context: { workspace: { stack: "prod" } },
  } as unknown as Examination);
  expect(found.map(({ meaning }) => meaning.split(" a device")[0])).toEqual(expected);
  // Without saying where the link goes, `person invite` is wrong use.
  const command = "npm run ops -- --stack prod person invite julian.lubenov --print";
  for (const { mend } of found) expect(mend).toBe(`${command}, and see that they log in`);
});

test.each([
  [{ flags: { core_default_app_access: false } }, "the server lets nobody in"],
  [{ flags: {} }, "the server opens it to every account"],
])("an application without a binding in force, on a server with %j: %s", async (settings, expected) => {
  const lists: Readonly<Record<string, readonly object[]>> = {
    "/core/applications/": [{ pk: "a", slug: "stray" }],
    "/policies/bindings/": [{ target: "a", enabled: false }],
  };
  const findings = await access.run({
    objects: {
      list: (path: string) => Promise.resolve(lists[path] ?? []),
      single: () => Promise.resolve(settings),
    },
    context: { workspace: { stack: "prod" } },
  } as unknown as Examination);
  expect(findings).toMatchObject([{ severity: "error", meaning: `has no binding in force: ${expected}` }]);
});

test("an account outside the program with a person's address is an error, whatever its capitals", async () => {
  const person = (name: string, id: string) => ({
    type: "authentik:index/user:User",
    name,
    id,
    inputs: { email: `${name}@plana.solutions` },
  });
  const users = [
    { pk: 1, username: "akadmin", email: "Ada@Plana.Solutions" },
    { pk: 2, username: "ada", email: "ada@plana.solutions" },
    { pk: 3, username: "outpost", email: "" },
    { pk: 4, username: "guest", email: "guest@example.org" },
  ];
  const found = await addresses.run({
    objects: { list: () => Promise.resolve(users) },
    resources: [person("ada", "2"), { type: "authentik:index/user:User", name: "bare", id: "9", inputs: {} }],
  } as unknown as Examination);
  expect(found).toEqual([
    {
      severity: "error",
      subject: "account akadmin",
      meaning: "has the address of ada, and is not in the program: ada comes in as akadmin, or not at all",
      mend: "give account akadmin another address in Authentik (Directory, Users)",
    },
  ]);
});

describe("the doors", () => {
  const STAGE = "authenticator-validate";
  const FACTOR = {
    stage: STAGE,
    order: 30,
    stage_obj: { component: "ak-stage-authenticator-validate-form" },
  };
  const LOGIN = { stage: "l", order: 100, stage_obj: { component: "ak-stage-user-login-form" } };
  const LISTS: Readonly<Record<string, readonly object[]>> = {
    "/stages/authenticator/validate/": [
      { pk: STAGE, name: "mfa", not_configured_action: "deny", device_classes: ["totp"] },
    ],
    "/core/brands/": [{ domain: "a", flow_authentication: "f" }],
    "/flows/instances/": [
      { pk: "f", slug: "login" },
      { pk: "open", slug: "password-only" },
    ],
    "/flows/bindings/": [
      { pk: "b30", target: "f", ...FACTOR },
      { pk: "b100", target: "f", ...LOGIN },
      { pk: "b1", target: "open", ...LOGIN },
    ],
  };

  async function found(lists: Readonly<Record<string, readonly object[]>>): Promise<string[]> {
    const all = { ...LISTS, ...lists };
    const examination = {
      objects: { list: (path: string) => Promise.resolve(all[path] ?? []) },
      resources: [
        { type: "authentik:index/stageAuthenticatorValidate:StageAuthenticatorValidate", id: STAGE },
      ],
      context: { workspace: { stack: "prod" } },
    } as unknown as Examination;
    const findings = await doors.run(examination);
    // What somebody called a policy neither ends a line of the report nor moves in it.
    const said = reportText([{ check: "doors", findings }]).split("\n");
    return said.flatMap((line) => (line.startsWith("ERROR: doors: ") ? [line.slice(14)] : []));
  }

  test.each([
    [
      true,
      ["flow login (login of brand a): asks for the second factor only where \\u{1b}[2K\\u{a}good passes"],
    ],
    [false, []],
  ])("a policy on the second factor, enabled %j: %j", async (enabled, expected) => {
    const bound = { target: "b30", enabled, policy_obj: { name: "\x1b[2K\ngood" } };
    expect(await found({ "/policies/bindings/": [bound] })).toEqual(expected);
  });

  const none = { authentication_flow: null, enrollment_flow: null };
  const open = { ...none, authentication_flow: "open" };
  const without = "does not ask for the second factor";
  test.each([
    [
      "a provider's own login",
      "/providers/all/",
      [
        { name: "grafana", ...none },
        { name: "forgejo", ...open },
      ],
      [`flow password-only (login of provider forgejo): ${without}`],
    ],
    [
      "a source of any kind",
      "/sources/all/",
      [
        { slug: "saml", enabled: true, ...open },
        { slug: "off", enabled: false, ...open },
      ],
      [`flow password-only (login of source saml): ${without}`],
    ],
    [
      "its enrolment",
      "/sources/all/",
      [{ slug: "saml", enabled: true, ...none, enrollment_flow: "open" }],
      [`flow password-only (enrolment of source saml): ${without}`],
    ],
  ])("that lead in: %s", async (_name, path, objects, expected) => {
    expect(await found({ [path]: objects })).toEqual(expected);
  });
});

describe("a Secret in the state", () => {
  const SIGNATURE = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const secret = (value: unknown) => ({ ...SIGNATURE, plaintext: JSON.stringify(value) });
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  const type = "kubernetes:core/v1:Secret";
  const urn = `urn:pulumi:prod::plana-sso::${type}::forgejo-oidc`;

  async function found(inputs: object): Promise<string[]> {
    const exported = { deployment: { resources: [{ urn, type, inputs }] } };
    const answer = { code: 0, stdout: JSON.stringify(exported), stderr: "" };
    const metadata = { name: "forgejo-oidc", namespace: "forgejo" };
    const examination = {
      cluster: { secret: () => Promise.resolve({ A: new Secret("live") }) },
      context: { workspace: { stack: "prod", pulumi: () => Promise.resolve(answer) } },
      resources: [{ urn, type, name: "forgejo-oidc", inputs: { metadata }, propertyDependencies: {} }],
    } as unknown as Examination;
    return (await clusterSecrets.run(examination)).map(({ subject, meaning }) => `${subject}: ${meaning}`);
  }

  // As the provider keeps it: what the program says, or, after a refresh, what the cluster tells.
  test.each([
    ["stringData, whole", { stringData: secret({ A: "live" }) }, { stringData: secret({ A: "other" }) }],
    ["stringData, each", { stringData: { A: secret("live") } }, { stringData: { A: secret("other") } }],
    ["data", { data: secret({ A: encoded("live") }) }, { data: secret({ A: encoded("other") }) }],
    [
      "both, of which stringData counts",
      { data: { A: secret(encoded("other")) }, stringData: { A: secret("live") } },
      { data: { A: secret(encoded("live")) }, stringData: { A: secret("other") } },
    ],
  ])("as %s is compared with the cluster's", async (_name, same, other) => {
    expect(await found(same)).toEqual([]);
    expect(await found(other)).toEqual(["Secret forgejo/forgejo-oidc: is not the program's: A differs"]);
  });

  test("an entry that the program does not give is told", async () => {
    expect(await found({ data: {} })).toEqual([
      "Secret forgejo/forgejo-oidc: has more than the program gives, and its pods may read it: A",
    ]);
  });
});

test.each([
  [
    "which resolves a path only for itself",
    200,
    ["https://app.example.test/outpost.goauthentik.io/../ is served"],
  ],
  ["which refuses such a path", 400, []],
  ["which asks for a login there, too", 302, []],
])("a controller %s", async (_what, pretended, expected) => {
  const login = "https://app.example.test/outpost.goauthentik.io/start?rd=x";
  const authorize =
    "https://auth.example.test/application/o/authorize/?redirect_uri=https://app.example.test/outpost.goauthentik.io/callback";
  const found = await behind(({ headers, url = "" }) => {
    if (headers.host !== "app.example.test") return [404];
    if (url === "/outpost.goauthentik.io/start") return [302, authorize];
    return url.includes("..") ? [pretended, login] : [302, login];
  });
  expect(found.map((meaning) => meaning.replace(/ without a login.*/, ""))).toEqual(expected);
});

test("where Authentik itself answers, no controller is judged", async () => {
  const authorize =
    "https://auth.example.test/application/o/authorize/?redirect_uri=https://app.example.test/outpost.goauthentik.io/callback";
  const found = await behind(({ headers, url = "" }) => {
    if (headers.host !== "app.example.test") return [404];
    if (url === "/outpost.goauthentik.io/start") return [302, authorize];
    return url.includes("..") ? [301, "/"] : [302, "/flows/-/default/authentication/?next=/"];
  });
  expect(found).toEqual([]);
});

test("an application that no controller protects is an error", async () => {
  const authorize =
    "https://auth.example.test/application/o/authorize/?redirect_uri=https://app.example.test/outpost.goauthentik.io/callback";
  const found = await behind(({ headers, url }) => {
    if (headers.host !== "app.example.test") return [404];
    return url === "/outpost.goauthentik.io/start" ? [302, authorize] : [200];
  });
  expect(found).toEqual([
    expect.stringMatching(/^https:\/\/app.example.test\/ is served without a login \(200\)/),
  ]);
});

/** What is found of one proxied application whose host answers so: a status, and where it leads. */
async function behind(answers: (request: IncomingMessage) => readonly [number, string?]): Promise<string[]> {
  const server = createServer((request, response) => {
    const [status, location] = answers(request);
    response.writeHead(status, location === undefined ? {} : { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const found = await outpost.run({
      publicUrl: "https://auth.example.test",
      way: { through: `http://127.0.0.1:${port}` },
      context: { workspace: { stack: "trial" } },
      resources: [
        {
          type: "authentik:index/providerProxy:ProviderProxy",
          name: "app",
          inputs: { externalHost: "https://app.example.test" },
        },
      ],
    } as unknown as Examination);
    return found.map(({ meaning }) => meaning);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test("without a cluster, what is asked of Authentik alone is looked at, and the rest is told with its own mend", async () => {
  const stackResource = {
    type: "pulumi:pulumi:Stack",
    urn: "urn:pulumi:prod::plana-sso::pulumi:pulumi:Stack::s",
  };
  const outputs = { authentik: { url: "https://auth.example.org" } };
  const state = { deployment: { resources: [{ ...stackResource, outputs }] } };
  const { code, data } = await diagnose(
    {
      workspace: {
        stack: "prod",
        pulumi: () => Promise.resolve({ code: 0, stdout: JSON.stringify(state), stderr: "" }),
      },
      live: () =>
        Promise.resolve({
          authentik: {
            options: { url: "https://auth.example.org" },
            list: () => Promise.resolve([]),
            get: () => Promise.resolve({}),
          },
          get cluster() {
            throw new Error("KUBECONFIG of stack prod: there is no file x\n  mend: export KUBECONFIG=<file>");
          },
        }),
      say: () => undefined,
      log: () => undefined,
    } as unknown as Context,
    undefined,
    [clusterSecrets, access],
  );
  expect(code).toBe(1);
  expect((data as { checked: unknown }).checked).toEqual([
    {
      check: "Secrets in the cluster",
      findings: [
        {
          severity: "unchecked",
          subject: "could not be checked",
          meaning: "KUBECONFIG of stack prod: there is no file x",
          mend: "export KUBECONFIG=<file>",
        },
      ],
    },
    { check: "applications, bindings, providers", findings: [] },
  ]);
});
