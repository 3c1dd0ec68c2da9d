import { writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Finished } from "../../shell/process";
import { FaultProxy, FAULTS } from "../../sandbox/fault-proxy";
import { Trial, type List } from "../../sandbox/trial";
import { commandsIn, faultOf } from "./typed";
import { operator as run, type OperatorOptions } from "./operator";

interface Finding {
  readonly severity: "error" | "warning" | "unchecked";
  readonly subject: string;
  readonly meaning: string;
  readonly mend: string;
}
interface Report {
  readonly healthy: boolean;
  readonly checked: readonly { readonly check: string; readonly findings: readonly Finding[] }[];
}
interface Found {
  readonly pk: string | number;
}

let trial: Trial;
const stack = "doctor";
const seen: string[] = [];

beforeAll(async () => {
  trial = await Trial.start();
  await trial.createStack(stack);
  await trial.must(["up", "--yes", "--refresh", "--stack", stack]);
}, 900_000);
afterAll(() => trial.stop());
jest.setTimeout(300_000);

/** The state does not change here. */
const exported = new Map<string, Finished>();

async function doctor(options: Partial<OperatorOptions> = {}) {
  const { code, printed, said, lines } = await run(trial, ["--json", "doctor"], {
    stack,
    exported,
    ...options,
  });
  seen.push(printed, said, JSON.stringify(lines));
  const report = JSON.parse(printed) as Report;
  return { code, report, findings: report.checked.flatMap(({ findings }) => findings) };
}

/** Every finding says what mends it, and a command in it can be typed. */
async function expectTyped(findings: readonly Finding[]): Promise<void> {
  for (const { mend } of findings) {
    expect(mend).not.toBe("");
    for (const command of commandsIn(mend))
      expect([command, await faultOf(command)]).toEqual([command, undefined]);
  }
}

/** Findings beside those of a fresh stack. */
async function found(): Promise<string[]> {
  const { findings } = await doctor();
  await expectTyped(findings);
  return findings
    .map(({ severity, subject, meaning }) => `${severity}: ${subject}: ${meaning}`)
    .filter((line) => !fresh.includes(line));
}
let fresh: string[] = [];

async function first(path: string): Promise<Found & Readonly<Record<string, unknown>>> {
  const { results } = await trial.authentik<List<Found & Readonly<Record<string, unknown>>>>(path);
  const [object] = results;
  if (!object) throw new Error(`nothing at ${path}`);
  return object;
}

async function kubernetes(method: string, path: string, body?: unknown): Promise<void> {
  const response = await fetch(`${trial.sandbox.kubernetes.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${trial.sandbox.token}`,
      "content-type": "application/merge-patch+json",
    },
    body: JSON.stringify(body ?? {}),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Changes an object on the server for the time of a test. */
async function changed(
  path: string,
  change: Readonly<Record<string, unknown>>,
  look: () => Promise<void>,
): Promise<void> {
  const before = await trial.authentik<Record<string, unknown>>(path);
  await trial.authentik(path, "PATCH", change);
  try {
    await look();
  } finally {
    const back = Object.fromEntries(Object.keys(change).map((key) => [key, before[key]]));
    await trial.authentik(path, "PATCH", back);
  }
}

/** Plants what only Authentik itself makes. */
async function plant(collection: string, body: unknown): Promise<Found & Readonly<Record<string, unknown>>> {
  const response = await fetch(`${trial.sandbox.authentik.url}/-/sandbox/${collection}/`, {
    method: "POST",
    headers: { authorization: `Bearer ${trial.sandbox.token}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Found & Readonly<Record<string, unknown>>;
}

test("a healthy stack has no error, and everything could be looked at", async () => {
  const before = [trial.stateOf("authentik"), trial.stateOf("kubernetes")];
  const { code, report, findings } = await doctor();
  expect(findings.filter(({ severity }) => severity !== "warning")).toEqual([]);
  expect({ code, healthy: report.healthy }).toEqual({ code: 0, healthy: true });
  expect(report.checked).toHaveLength(14);
  await expectTyped(findings);
  expect([trial.stateOf("authentik"), trial.stateOf("kubernetes")]).toEqual(before);
  fresh = findings.map(({ severity, subject, meaning }) => `${severity}: ${subject}: ${meaning}`);
  // Nobody has enrolled yet.
  expect(fresh).toContainEqual(expect.stringMatching(/^warning: person chudomir\.monevski: has no TOTP yet/));
});

test("a person with TOTP is not told", async () => {
  const { pk } = await first("/core/users/?username=chudomir.monevski");
  await plant("authenticators/admin/totp", { name: "phone", user: pk });
  const { findings } = await doctor();
  const people = findings.filter(({ meaning }) => meaning.startsWith("has no TOTP"));
  expect(people.map(({ subject }) => subject)).not.toContain("person chudomir.monevski");
  expect(people.map(({ subject }) => subject)).toContain("person boyan.rabchev");
});

test("a person with recovery codes alone is told as such", async () => {
  const { pk } = await first("/core/users/?username=boyan.rabchev");
  await plant("authenticators/admin/static", { name: "codes", user: pk });
  const lines = await found();
  fresh.push(...lines);
  expect(lines).toEqual([
    "warning: person boyan.rabchev: has no TOTP yet: whoever has the password and one of the recovery codes enrols a device of their own at the next login",
  ]);
});

test("what a person chose in their settings is no difference", async () => {
  const { pk } = await first("/core/users/?username=boyan.rabchev");
  await changed(`/core/users/${pk}/`, { attributes: { settings: { locale: "bg" } } }, async () => {
    expect((await found()).join("\n")).not.toContain("attributes");
  });
});

test("a person who may change their own address is an error", async () => {
  const { pk } = await first("/core/users/?username=boyan.rabchev");
  const attributes = { "goauthentik.io/user/can-change-email": true };
  await changed(`/core/users/${pk}/`, { attributes }, async () => {
    expect(await found()).toEqual([
      "error: person boyan.rabchev: goauthentik.io/user/can-change-email is true: with another person's address or name one is taken for that person",
    ]);
  });
});

test("another account with a person's address is an error", async () => {
  const { pk } = await first("/core/users/?username=akadmin");
  await changed(`/core/users/${pk}/`, { email: "Chudomir.Monevski@plana.solutions" }, async () => {
    expect(await found()).toEqual([
      "error: account akadmin: has the address of chudomir.monevski, and is not in the program: chudomir.monevski comes in as akadmin, or not at all",
    ]);
  });
});

test("an enrolment before the second factor is an error", async () => {
  const { pk: target } = await trial.authentik<Found>("/flows/instances/default-authentication-flow/");
  const { pk: stage } = await first("/stages/authenticator/totp/?name=default-authenticator-totp-setup");
  const { pk } = await trial.authentik<Found>("/flows/bindings/", "POST", { target, stage, order: 25 });
  expect(await found()).toContainEqual(
    expect.stringMatching(
      /^error: flow default-authentication-flow \(login of brand .*: lets people enrol a device \(25\) before the second factor is asked \(30\): the password alone is enough$/,
    ),
  );
  await trial.authentik(`/flows/bindings/${pk}/`, "DELETE").catch(() => undefined);
});

test("a second factor that lets people through is an error", async () => {
  const { pk } = await first("/stages/authenticator/validate/?name=default-authentication-mfa-validation");
  await changed(
    `/stages/authenticator/validate/${pk}/`,
    { not_configured_action: "skip", device_classes: ["static"] },
    async () => {
      const lines = await found();
      expect(lines).toContainEqual(
        "error: stage default-authentication-mfa-validation: not_configured_action is skip: who has no TOTP is let in",
      );
      expect(lines).toContainEqual(
        "error: stage default-authentication-mfa-validation: device_classes has no totp: no code is asked",
      );
      expect(lines).toContainEqual(
        expect.stringMatching(
          /^error: StageAuthenticatorValidate default-authentication-mfa-validation: was changed on the server: .*notConfiguredAction is "skip", not "configure"/,
        ),
      );
    },
  );
});

test.each([
  ["default-authentication-flow", 100, /^error: flow default-authentication-flow \(login of brand/],
  ["plana-recovery", 20, /^error: flow plana-recovery \(recovery of brand/],
  ["plana-google", 20, /^error: flow plana-google \(login of source google/],
])("a second factor after the door is an error: %s", async (slug, order, line) => {
  const flow = await trial.authentik<Found>(`/flows/instances/${slug}/`);
  const stage = await first("/stages/authenticator/validate/");
  const binding = await first(`/flows/bindings/?target=${flow.pk}&stage=${stage.pk}`);
  await changed(`/flows/bindings/${binding.pk}/`, { order: order + 1 }, async () => {
    const lines = await found();
    expect(lines).toContainEqual(expect.stringMatching(line));
    expect(lines.join("\n")).toContain(`asks for the second factor (${order + 1}) after`);
  });
});

test("a source that leads round the second factor is an error", async () => {
  const flow = await trial.authentik<Found>("/flows/instances/default-source-authentication/");
  await changed("/sources/oauth/google/", { authentication_flow: flow.pk }, async () => {
    expect(await found()).toContainEqual(
      "error: flow default-source-authentication (login of source google): does not ask for the second factor",
    );
  });
});

test("a provider, or a source of another kind, that leads round the second factor is an error", async () => {
  const { pk: flow } = await trial.authentik<Found>("/flows/instances/default-source-authentication/");
  const provider = await first("/providers/oauth2/?name=grafana");
  await changed(`/providers/oauth2/${provider.pk}/`, { authentication_flow: flow }, async () => {
    expect(await found()).toContainEqual(
      "error: flow default-source-authentication (login of provider grafana): does not ask for the second factor",
    );
  });
  const { pk: pre } = await trial.authentik<Found>("/flows/instances/default-source-pre-authentication/");
  const source = { name: "saml", slug: "saml", enabled: true, pre_authentication_flow: pre };
  const sso_url = "https://idp.example.org/sso";
  await trial.authentik("/sources/saml/", "POST", { ...source, sso_url, authentication_flow: flow });
  expect(await found()).toContainEqual(
    "error: flow default-source-authentication (login of source saml): does not ask for the second factor",
  );
  await trial.authentik("/sources/saml/saml/", "DELETE").catch(() => undefined);
});

test("a lock that was taken off by hand is an error", async () => {
  const { pk } = await first("/policies/reputation/?name=plana-lockout");
  await changed(`/policies/reputation/${pk}/`, { threshold: -5000 }, async () => {
    expect(await found()).toEqual([
      "error: PolicyReputation plana-lockout: was changed on the server: threshold is -5000, not -5",
    ]);
  });
});

test("a Secret that is not the program's is an error, and its value is not shown", async () => {
  const path = "/api/v1/namespaces/authentik/secrets/authentik-settings";
  const { data } = await trial.cluster<{ data: Record<string, string> }>(path);
  const other = Buffer.from("another-secret-key-planted").toString("base64");
  await kubernetes("PATCH", path, { data: { AUTHENTIK_SECRET_KEY: other } });
  expect(await found()).toEqual([
    "error: Secret authentik/authentik-settings: is not the program's: AUTHENTIK_SECRET_KEY differs",
  ]);
  await kubernetes("PATCH", path, { data });
});

test("an outpost that does not serve an application's host is an error", async () => {
  const outpost = await first("/outposts/instances/?name__iexact=authentik+Embedded+Outpost");
  await changed(`/outposts/instances/${outpost.pk}/`, { providers: [] }, async () => {
    expect(await found()).toContainEqual(
      "error: application matomo-admin: the outpost answers 404 on https://analytics.trial.example.org, not 302: it does not serve that host; nobody can log in to it",
    );
  });
  const config = outpost.config as Record<string, unknown>;
  await changed(
    `/outposts/instances/${outpost.pk}/`,
    { config: { ...config, authentik_host: "https://elsewhere.example.org/" } },
    async () => {
      expect((await found()).join("\n")).toContain("sends the browser to elsewhere.example.org");
    },
  );
});

test("a proxy provider for Authentik's own host is an error", async () => {
  const provider = await first("/providers/proxy/?name__iexact=matomo-admin");
  // Without its mode the API takes a change for one of a proxy with an upstream of its own.
  const change = { mode: "forward_single", external_host: "https://auth.trial.example.org" };
  await changed(`/providers/proxy/${provider.pk}/`, change, async () => {
    expect((await found()).join("\n")).toContain(
      "error: host auth.trial.example.org: the outpost answers 302 on Authentik's own host",
    );
  });
});

test("another issuer is an error", async () => {
  const { pk } = await first("/providers/oauth2/?name=grafana");
  await changed(`/providers/oauth2/${pk}/`, { issuer_mode: "global" }, async () => {
    expect((await found()).join("\n")).toContain(
      "error: application grafana: the discovery document names issuer https://auth.trial.example.org/, not",
    );
  });
});

test("strangers: an open application, a shared and an orphaned provider, a person, a token", async () => {
  const shared = await first("/providers/oauth2/?name=grafana");
  const { pk: owner } = await trial.authentik<Found>("/core/users/", "POST", {
    username: "stranger",
    name: "Stranger",
  });
  await trial.authentik("/core/applications/", "POST", {
    name: "Stray",
    slug: "stray",
    backchannel_providers: [shared.pk],
  });
  const { authorization_flow, invalidation_flow } = shared;
  await trial.authentik("/providers/oauth2/", "POST", {
    name: "orphan",
    authorization_flow,
    invalidation_flow,
    redirect_uris: [],
  });
  await trial.authentik("/core/tokens/", "POST", { identifier: "stray-token", user: owner, intent: "api" });
  const lines = await found();
  expect(lines).toEqual(
    expect.arrayContaining([
      "error: application stray: has no binding in force: the server lets nobody in",
      "error: provider grafana: belongs to grafana and stray: a token for one is good for the other",
      expect.stringMatching(/^warning: provider orphan: belongs to no application/),
      expect.stringMatching(/^warning: User "stranger" \(\d+\): is on the server and not in the program$/),
      expect.stringMatching(/^warning: Application "stray"/),
      "warning: token stray-token of stranger: acts as stranger without a second factor",
      expect.stringMatching(/^warning: token stray-token: expires in 1 day;/),
    ]),
  );
  // Once, and what it does.
  expect(lines.filter((line) => line.includes('Token "'))).toEqual([]);
  await trial.authentik("/core/tokens/stray-token/", "DELETE").catch(() => undefined);
});

test("a certificate that has expired is an error where it signs", async () => {
  const pair = await plant("crypto/certificatekeypairs", {
    name: "old",
    certificate_data: "x",
    cert_expiry: new Date(Date.now() - 86_400_000).toISOString(),
  });
  expect(await found()).toContainEqual("warning: certificate old: has expired");
  const { pk } = await first("/providers/oauth2/?name=grafana");
  await changed(`/providers/oauth2/${pk}/`, { signing_key: pair.pk }, async () => {
    expect(await found()).toContainEqual(
      "error: certificate old: has expired; it signs what consumers are given",
    );
  });
});

test("a blueprint that cannot be applied, and a field that it and the program write in turn, are told", async () => {
  await plant("managed/blueprints", { name: "broken", status: "error", enabled: true });
  expect((await found()).join("\n")).toContain("warning: blueprint broken: is error");
});

test("a pin out of step is an error", async () => {
  const file = join(trial.folder, "Pulumi.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("- 2026.5.0", "- 2026.8.0"));
  expect((await found()).filter((line) => line.includes("2026.8"))).toEqual([
    "error: SDK sdks/authentik: is 2026.5.0, where 2026.8.0 is wanted",
    "error: provider of the state: is 2026.5.0, where 2026.8.0 is wanted",
    "error: provider: is 2026.8, where 2026.5 is wanted",
  ]);
  writeFileSync(file, text);
});

test("what Authentik hides of its own is no stranger; a rotation that was interrupted is told with what finishes it", async () => {
  await plant("rbac/roles", { name: "ak-managed-role--user-4" });
  await trial.authentik("/core/tokens/", "POST", {
    identifier: "plana-automation-next",
    intent: "api",
    expiring: false,
  });
  const { findings } = await doctor();
  expect(findings.filter(({ subject }) => subject.includes("role--"))).toEqual([]);
  expect(findings.find(({ subject }) => subject === "token plana-automation-next")).toEqual({
    severity: "warning",
    subject: "token plana-automation-next",
    meaning: "a rotation of plana-automation was interrupted: both keys are valid",
    mend: `npm run ops -- --stack ${stack} token rotate --which automation`,
  });
});

test("the token that a rotation makes for the program is known; that it expires is told with what renews it", async () => {
  await trial.authentik("/core/tokens/", "POST", { identifier: "plana-automation", intent: "api" });
  const { findings } = await doctor();
  const found = findings.filter(({ subject }) => subject.startsWith("token plana-automation"));
  expect(found.map(({ subject }) => subject)).toEqual([
    "token plana-automation-next",
    "token plana-automation",
  ]);
  expect(found[1]?.meaning).toContain("expires in 1 day; Authentik then gives it another key");
  expect(found[1]?.mend).toContain(`npm run ops -- --stack ${stack} token rotate --which automation`);
});

test("a token that may not see everything makes nothing good", async () => {
  const { pk } = await first("/core/users/?username=elena.encheva-blagoeva");
  await trial.authentik("/core/tokens/", "POST", { identifier: "plain", user: pk, intent: "api" });
  const { key } = await trial.authentik<{ key: string }>("/core/tokens/plain/view_key/");
  const { code, findings } = await doctor({ env: { AUTHENTIK_TOKEN: key } });
  expect(code).toBe(1);
  expect(findings).toContainEqual(
    expect.objectContaining({ severity: "unchecked", subject: "token of elena.encheva-blagoeva" }),
  );
});

describe("a server that fails", () => {
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await FaultProxy.start(trial.sandbox.authentik.url);
  });
  afterAll(() => proxy.close());
  const through = (patience = 5_000) => doctor({ through: { url: proxy.url, patience } });

  test("at one application's address leaves that one unchecked, and tells of the others", async () => {
    proxy.fail(({ path }) => (path.includes("/o/grafana/.well-known") ? { cut: "before" } : undefined));
    const { code, report } = await through();
    expect(code).toBe(1);
    const { findings } = report.checked.find(({ check }) => check.startsWith("discovery")) ?? {
      findings: [],
    };
    expect(findings.map(({ severity, subject }) => `${severity}: ${subject}`)).toEqual([
      "unchecked: application grafana",
    ]);
  });

  test.each(Object.entries(FAULTS))(
    "%s at every request of the API: nothing of it is good",
    async (name, fault) => {
      proxy.fail(({ path }) => (path.startsWith("/api/") ? fault : undefined));
      const { code, report } = await through(name === "timeout" ? 300 : 5_000);
      expect([code, report.healthy]).toEqual([1, false]);
      const good = report.checked.filter(({ check, findings }) => {
        // Its people are asked for one by one, and an empty answer is nobody who is enabled.
        if (name === "empty object" && check === "second factor of each person") return false;
        return findings.every(({ severity }) => severity === "warning");
      });
      expect(good.map(({ check }) => check)).toEqual([
        "Secrets in the cluster",
        "discovery documents and issuers",
        "outpost callbacks",
      ]);
    },
  );

  test.each(["500", "empty object"])("%s at any one list: the stack is not healthy", async (name) => {
    proxy.heal();
    await through();
    const lists = new Set(
      proxy.passed.map(({ path }) => path.split("?")[0] ?? "").filter((p) => p.startsWith("/api/")),
    );
    expect(lists.size).toBeGreaterThan(15);
    for (const list of lists) {
      proxy.fail(({ path }) => (path.split("?")[0] === list ? FAULTS[name] : undefined));
      const { code, report } = await through();
      expect([list, code, report.healthy]).toEqual([list, 1, false]);
    }
  });
});

test("what cannot be looked at is told, and never good", async () => {
  const { code, report } = await doctor({ env: { AUTHENTIK_TOKEN: "not-a-token" } });
  expect(code).toBe(1);
  expect(report.healthy).toBe(false);
  const unchecked = report.checked.filter(({ findings }) => findings.some((f) => f.severity === "unchecked"));
  expect(unchecked.map(({ check }) => check)).toEqual([
    "what the token may see",
    "versions in step",
    "second factor on every door",
    "settings on the server as in the program",
    "blueprints",
    "applications, bindings, providers",
    "second factor of each person",
    "what people may change of themselves",
    "addresses of people",
    "objects that the program does not know",
    "expiry of certificates and tokens",
  ]);
});

test("no secret was let be seen", async () => {
  const { client_secret: secret } = await first("/providers/oauth2/?name=forgejo");
  for (const text of seen) {
    for (const value of [
      String(secret),
      trial.sandbox.token,
      "trial-database-password",
      "trial-secret-key-",
      "trial-bootstrap-token",
    ])
      expect(text.includes(value)).toBe(false);
  }
});
