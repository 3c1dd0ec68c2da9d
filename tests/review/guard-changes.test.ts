import { isUnsafe } from "../../review/findings/finding";
import { plain } from "../../shell/words";
import { UNKNOWN, type Resource } from "../../state/resources";
import { comment, told } from "./comment";
import { Recording } from "./recording";

// Each test changes the recorded preview of production's composition as the engine would tell it.
let now: Recording;

beforeAll(async () => {
  now = await Recording.make();
}, 900_000);

test("an application without a binding, and a server that opens those", () => {
  const changed = now
    .remove("PolicyBinding", "grafana-plana-staff")
    .update("SystemSettings", "system-settings", {
      flags: '{"core_default_app_access":true}',
    });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated, 1 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- Application `grafana` is OPEN TO EVERYONE: no group is bound to it.",
      "- Opens every application without a binding to everyone (core_default_app_access).",
      "",
      "**Also**",
      "",
      "- Closes `grafana` to `plana-staff`.",
    ),
  );
});

test("TOTP is loosened on the Google door", () => {
  const changed = now.remove("FlowStageBinding", "plana-google-second-factor");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- The second factor of the door `Google` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `not asked; refused without TOTP`.",
    ),
  );
});

test("the second lock is taken off the recovery door", () => {
  const changed = now.remove("FlowStageBinding", "plana-recovery-totp-missing");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- The second factor of the door `Recovery link` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes`.",
      "- The door `Recovery link` loses a lock: `refuses plana-staff and policy plana-totp-missing (plana-totp-missing)`.",
    ),
  );
});

const unsafe = (changed: Recording) =>
  changed
    .report()
    .findings.filter(isUnsafe)
    .map(({ rule, text }) => `${rule}: ${plain(text)}`);

test("a lock that is judged before the person is known holds no longer", () => {
  const changed = now.update("FlowStageBinding", "plana-recovery-totp-missing", { evaluateOnPlan: true });
  expect(unsafe(changed)).toEqual([expect.stringMatching(/^lock: The door Recovery link loses a lock: /)]);
});

test("a lockout that comes after the login locks nobody out", () => {
  const changed = ["", "-after-password"].reduce(
    (so, step) => so.update("FlowStageBinding", `default-authentication-flow-lockout${step}`, { order: 150 }),
    now,
  );
  expect(unsafe(changed)).toEqual([expect.stringMatching(/^lock: The door Password loses a lock: /)]);
});

test("another identity provider says who people are", () => {
  const changed = now.update("SourceOauth", "google", { providerType: "openidconnect" });
  expect(unsafe(changed)).toEqual([
    "door: The door Google asks another identity provider, or at other addresses.",
  ]);
});

test.each([
  [
    "a route loses what asks for a login",
    "Ingress",
    "matomo-admin-protected",
    { metadata: { annotations: {} } },
  ],
  ["a public route gets a path more", "Ingress", "matomo-admin-public", { spec: { rules: [] } }],
  ["the headers that are sent on change", "ConfigMap", "matomo-admin-outpost-headers", { data: {} }],
])("%s", (_what, type, name, inputs) => {
  expect(unsafe(now.update(type, name, inputs))).toEqual([
    `route: Changes how requests reach an application before a login is asked: ${type} ${name}. Read it.`,
  ]);
});

test("a token of the API is told", () => {
  const type = "authentik:index/token:Token";
  const urn = `urn:pulumi:trial::plana-sso::${type}::script`;
  const after = { urn, type, name: "script", custom: true, inputs: { intent: "api" } } as unknown as Resource;
  const changed = new Recording([
    ...now.steps,
    { op: "create", urn, after: { ...after, outputs: {}, propertyDependencies: {} }, differences: {} },
  ]);
  expect(unsafe(changed)).toEqual([
    "token: Makes Token script: whoever holds it acts as its owner, without a second factor.",
  ]);
});

/** The inputs of an Ingress with one path more. */
const withPath = (name: string, path: string, pathType: string, host?: string) => {
  const spec = structuredClone(now.resource("Ingress", name).inputs.spec) as {
    rules: [{ host: string; http: { paths: object[] } }];
  };
  const [rule] = spec.rules;
  rule.host = host ?? rule.host;
  rule.http.paths.push({ ...rule.http.paths[0], path, pathType });
  return { spec };
};

test("an application that comes along hides no route of another one", () => {
  const changed = now
    .add("Application", "grafana", "wiki", { slug: "wiki", name: "Wiki" })
    .update("Ingress", "matomo-admin-public", { spec: { rules: [] } });
  expect(unsafe(changed)).toContainEqual(expect.stringMatching(/^route: .*Ingress matomo-admin-public/));
});

test("routes that follow from public paths are told as these", () => {
  const more = String(
    now.steps.find(({ after }) => after?.name === "matomo-admin" && after.type.endsWith(":ProviderProxy"))
      ?.after?.inputs.skipPathRegex,
  );
  const changed = now
    .update("ProviderProxy", "matomo-admin", { skipPathRegex: `${more}\n^/robots\\.txt$` })
    .update("Ingress", "matomo-admin-public", withPath("matomo-admin-public", "/robots.txt", "Exact"));
  expect(unsafe(changed)).toEqual([]);
});

test("TOTP is asked after the password is written", () => {
  const changed = now.update("FlowStageBinding", "plana-recovery-second-factor", { order: 30 });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The second factor of the door `Recovery link` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `not asked; refused without TOTP`.",
      "- The door `Recovery link` lets people enrol a device before it asks for one.",
    ),
  );
});

test.each([
  ["Password", "default-authentication-flow", 30],
  ["Recovery link", "plana-recovery", 4],
  ["Google", "plana-google", 10],
])("TOTP is enrolled before it is asked: %s", (door, flow, order) => {
  const changed = now.update("FlowStageBinding", `${flow}-totp-enrolment`, { order });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      `- The door \`${door}\` lets people enrol a device before it asks for one.`,
    ),
  );
});

test("staff with recovery codes alone are no longer sent to enrol: shut out, and nobody is let in", () => {
  const changed = ["-for-staff", "-for-lack"].reduce(
    (recording, end) => recording.remove("PolicyBinding", `plana-google-totp-enrolment${end}`),
    now.remove("FlowStageBinding", "plana-google-totp-enrolment"),
  );
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 3 deleted.**",
      "",
      "**Also**",
      "",
      "- The door `Google` no longer sends to enrol: `plana-staff and policy plana-totp-missing`.",
    ),
  );
});

test("whoever comes is sent to enrol", () => {
  const changed = ["-for-staff", "-for-lack"].reduce(
    (recording, end) => recording.remove("PolicyBinding", `plana-google-totp-enrolment${end}`),
    now,
  );
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 2 deleted.**",
      "",
      "**Also**",
      "",
      "- The door `Google` no longer sends to enrol: `plana-staff and policy plana-totp-missing`.",
      "- The door `Google` sends to enrol: `whoever comes`.",
    ),
  );
});

test("TOTP is skipped by who has none", () => {
  const changed = now.update("StageAuthenticatorValidate", "default-authentication-mfa-validation", {
    notConfiguredAction: "skip",
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The second factor of the door `Password` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes, skipped by who has none; refused without TOTP`.",
      "- The second factor of the door `Recovery link` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes, skipped by who has none; refused without TOTP`.",
      "- The second factor of the door `Google` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes, skipped by who has none; refused without TOTP`.",
    ),
  );
});

test("a weaker device is accepted", () => {
  const changed = now.update("StageAuthenticatorValidate", "default-authentication-mfa-validation", {
    deviceClasses: ["totp", "static", "sms"],
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The second factor of the door `Password` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, sms, recovery codes; refused without TOTP`.",
      "- The second factor of the door `Recovery link` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, sms, recovery codes; refused without TOTP`.",
      "- The second factor of the door `Google` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, sms, recovery codes; refused without TOTP`.",
    ),
  );
});

test("a device is remembered", () => {
  const changed = now.update("StageAuthenticatorValidate", "default-authentication-mfa-validation", {
    lastAuthThreshold: "days=30",
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The second factor of the door `Password` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes; remembered for days=30; refused without TOTP`.",
      "- The second factor of the door `Recovery link` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes; remembered for days=30; refused without TOTP`.",
      "- The second factor of the door `Google` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `TOTP, recovery codes; remembered for days=30; refused without TOTP`.",
    ),
  );
});

test("the lockout is taken away", () => {
  const changed = now
    .remove("PolicyBinding", "default-authentication-flow-lockout")
    .remove("FlowStageBinding", "default-authentication-flow-lockout-after-password");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 2 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- The door `Password` refuses everyone: no policy is bound to `plana-lockout`.",
      "- The door `Password` loses a lock: `refuses policy plana-lockout (plana-lockout)`.",
    ),
  );
});

test("the lockout comes later", () => {
  const changed = now.update("PolicyReputation", "plana-lockout", { threshold: -50 });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Policy `plana-lockout` decides otherwise than before (`threshold`): read the change.",
    ),
  );
});

test("the Google domain is widened", () => {
  const changed = now.update("PolicyExpression", "plana-google-staff-only", {
    expression: String(now.resource("PolicyExpression", "plana-google-staff-only").inputs.expression).replace(
      'info.get("hd") == domain',
      'info.get("hd") in (domain, "example.org")',
    ),
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The door `Google` may let in another mail domain: `example.org`.",
      "- Policy `plana-google-staff-only` decides otherwise than before (`expression`): read the change.",
    ),
  );
});

test("the Google domain is not looked at", () => {
  const changed = now.remove("PolicyBinding", "plana-google-staff-only");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- The door `Google` does not look at the mail domain.",
      "- The door `Google` loses a lock: `only policy plana-google-staff-only`.",
    ),
  );
});

test("Google makes accounts", () => {
  const changed = now.update("SourceOauth", "google", {
    enrollmentFlow: now.resource("Flow", "plana-google").outputs.uuid,
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The door `Google` makes accounts for strangers.",
    ),
  );
});

test("the outpost is detached", () => {
  const changed = now.update("Outpost", "embedded-outpost", { protocolProviders: [] });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**6 people lose access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- No outpost serves application `matomo-admin`: its login answers 404.",
      "",
      "| Person | Gains | Loses |",
      "| --- | --- | --- |",
      "| `boyan.rabchev`, `chudomir.monevski`, `elena.encheva-blagoeva`, `julian.lubenov`, `martin.kotrulev`, `ramona.gospodinova` | – | `matomo-admin` |",
    ),
  );
});

test("a public path is added", () => {
  const changed = now.update("ProviderProxy", "matomo-admin", {
    skipPathRegex: `${String(now.resource("ProviderProxy", "matomo-admin").inputs.skipPathRegex)}\n^/robots\\.txt$`,
  });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Serves `^/robots\\.txt$` of `matomo-admin` without a login.",
    ),
  );
});

test("a public path is not anchored", () => {
  const changed = now.update("ProviderProxy", "matomo-admin", { skipPathRegex: "/matomo" });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Serves every path of `matomo-admin` in which `/matomo` is found without a login.",
      "",
      "**Also**",
      "",
      "- No longer serves `^/matomo\\.php$` of `matomo-admin` without a login.",
      "- No longer serves `^/matomo\\.js$` of `matomo-admin` without a login.",
      "- No longer serves `^/piwik\\.php$` of `matomo-admin` without a login.",
      "- No longer serves `^/piwik\\.js$` of `matomo-admin` without a login.",
      "- No longer serves `^/js/([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*([A-Za-z0-9_-][A-Za-z0-9_.-]*)?$` of `matomo-admin` without a login.",
      "- No longer serves `^/plugins/[A-Za-z0-9_-][A-Za-z0-9_.-]*/tracker\\.min\\.js$` of `matomo-admin` without a login.",
    ),
  );
});

test("protection is dropped", () => {
  const changed = now.unprotect("Group", "plana-staff").unprotect("User", "julian.lubenov");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 2 no longer protected.**",
      "",
      "**Unsafe**",
      "",
      "- No longer protects `Group plana-staff`, `User julian.lubenov`.",
    ),
  );
});

test("an object is made anew", () => {
  const changed = now
    .replace("ProviderOauth2", "grafana")
    .update(
      "Application",
      "grafana",
      { protocolProvider: UNKNOWN },
      { protocolProvider: [now.urn("ProviderOauth2", "grafana")] },
    );
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated, 1 replaced.**",
      "",
      "**Unsafe**",
      "",
      "- Deletes and makes anew `ProviderOauth2 grafana`.",
    ),
  );
});

test("the settings Secret is made anew", () => {
  const changed = now.replace("Secret", "authentik-settings");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 replaced.**",
      "",
      "**Unsafe**",
      "",
      "- Deletes and makes anew `Secret authentik-settings`.",
    ),
  );
});

test("people may change their address", () => {
  const changed = now.update("SystemSettings", "system-settings", { defaultUserChangeEmail: true });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Lets people change their own address or username, and so take over another person's Google login.",
    ),
  );
});

test("the cluster's administrators change", () => {
  const changed = now.update("ClusterRoleBinding", "plana-admins", { subjects: [] });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Changes who administers the cluster: `ClusterRoleBinding plana-admins`.",
    ),
  );
});

test("what has nothing to do with access", () => {
  const changed = now.update("StageDeny", "plana-lockout", { denyMessage: "Too many." });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Changes `denyMessage` of `StageDeny plana-lockout`.",
    ),
  );
});

test("a door refuses everyone", () => {
  const changed = now.remove("PolicyBinding", "plana-recovery-without-link");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 deleted.**",
      "",
      "**Unsafe**",
      "",
      "- The door `Recovery link` refuses everyone: no policy is bound to `plana-recovery-refusal`.",
      "- The door `Recovery link` loses a lock: `refuses policy plana-recovery-without-link (plana-recovery-refusal)`.",
    ),
  );
});

test("administrators may no longer act as another person", () => {
  const changed = now.update("SystemSettings", "system-settings", { impersonation: false });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Administrators may no longer act as another person.",
    ),
  );
});

test("the outpost is configured otherwise", () => {
  const changed = now.update("Outpost", "embedded-outpost", { config: "{}" });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- Outpost `embedded-outpost` does not know where people log in: every callback ends in a 404.",
    ),
  );
});

/** The outpost's configuration with other values. */
const outpostWith = (values: object) => {
  const { config } = now.resource("Outpost", "embedded-outpost").inputs;
  return now.update("Outpost", "embedded-outpost", {
    config: JSON.stringify({ ...(JSON.parse(String(config)) as object), ...values }),
  });
};

test.each([
  [
    "https://auth.example.net/",
    "sends people to `https://auth.example.net/` to log in, no longer to `https://auth.trial.example.org/`",
  ],
  [
    "http://auth.trial.example.org/",
    "sends people to `http://auth.trial.example.org/` to log in, which is no address with TLS",
  ],
])("the outpost sends people to %s", (host, said) => {
  expect(comment(outpostWith({ authentik_host: host }).report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      `- Outpost \`embedded-outpost\` ${said}.`,
    ),
  );
});

test("the outpost logs more", () => {
  expect(comment(outpostWith({ log_level: "debug" }).report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Changes the configuration of `Outpost embedded-outpost`.",
    ),
  );
});

test("what Authentik ships would go with the program", () => {
  const changed = now
    .given("Brand", "authentik-default")
    .given("StageAuthenticatorValidate", "default-authentication-mfa-validation");
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; no object changes.**",
      "",
      "**Unsafe**",
      "",
      "- Would take `Brand authentik-default`, `StageAuthenticatorValidate default-authentication-mfa-validation` off the server, too, once the program gives it up: Authentik ships it.",
    ),
  );
});

test("another group comes to administer the cluster", () => {
  const changed = now.add("ClusterRoleBinding", "plana-admins", "plana-staff", {
    subjects: [{ kind: "Group", name: "plana-staff" }],
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 created.**",
      "",
      "**Unsafe**",
      "",
      "- Changes who administers the cluster: `ClusterRoleBinding plana-staff`.",
    ),
  );
});

test("the password door leads through another flow", () => {
  const changed = now.update("Brand", "authentik-default", {
    flowAuthentication: "00000000-0000-4000-8000-000000000000",
  });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The second factor of the door `Password` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `not managed here`.",
      "- The door `Password` leads through another flow than before.",
      "- The door `Password` loses a lock: `refuses plana-staff and policy plana-totp-missing (plana-totp-missing)`, `refuses policy plana-lockout (plana-lockout)`.",
      "",
      "**Also**",
      "",
      "- The door `Password` no longer sends to enrol: `plana-staff and policy plana-totp-missing`.",
    ),
  );
});

test("the Google door leads through Authentik's own flow", () => {
  const changed = now.update("SourceOauth", "google", { authenticationFlow: undefined });
  expect(comment(changed.report()).split("\n").slice(0, 8)).toEqual(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The second factor of the door `Google` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `none`.",
      "- The door `Google` does not look at the mail domain.",
    )
      .split("\n")
      .slice(0, 8),
  );
});

test("the Google door leads through a flow that is not of the program", () => {
  const changed = now.update("SourceOauth", "google", {
    authenticationFlow: "00000000-0000-4000-8000-000000000000",
  });
  expect(comment(changed.report())).toContain(
    "- The second factor of the door `Google` is loosened: `TOTP, recovery codes; refused without TOTP` becomes `not managed here`.",
  );
});

test("a flow of one's own logs people in", () => {
  const flow = now.urn("Flow", "plana-recovery-codes");
  const changed = now.add(
    "FlowStageBinding",
    "plana-google-login",
    "codes-login",
    { target: UNKNOWN, order: 50 },
    { target: [flow] },
  );
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 created.**",
      "",
      "**Unsafe**",
      "",
      "- The door `Flow plana-recovery-codes` does not insist on a second factor: `none`.",
      "- The door `Flow plana-recovery-codes` gets the step `StageUserLogin plana-google-login` at 50. Read it.",
      "",
      "**Also**",
      "",
      "- Opens the door `Flow plana-recovery-codes`, second factor: `none`.",
    ),
  );
});

test.each([
  [
    "StageIdentification",
    "default-authentication-identification",
    "Password",
    { enrollmentFlow: "some-flow" },
  ],
  ["StageUserWrite", "plana-recovery-write", "Recovery link", { userCreationMode: "always_create" }],
])("%s %s makes accounts", (type, name, door, inputs) => {
  expect(comment(now.update(type, name, inputs).report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      `- The door \`${door}\` makes accounts for strangers.`,
    ),
  );
});

test("Google accounts are matched by name", () => {
  const changed = now.update("SourceOauth", "google", { userMatchingMode: "username_link" });
  expect(comment(changed.report())).toBe(
    told(
      "unsafe",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Unsafe**",
      "",
      "- The door `Google` matches people by `username_link`, no longer by `email_link`.",
    ),
  );
});

test("the server is upgraded, and its settings change", () => {
  const changed = now
    .update("Release", "authentik", { version: "2026.8.1" })
    .update("Secret", "authentik-settings", { stringData: UNKNOWN });
  const { inputs } = now.resource("Release", "authentik");
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 2 updated.**",
      "",
      "**Also**",
      "",
      `- Moves the server from chart \`${String(inputs.version)}\` to \`2026.8.1\`: Authentik's own flows are set up again.`,
      "- Changes the settings of the server (`Secret authentik-settings`): it starts again.",
    ),
  );
});

test("the Google door is closed", () => {
  const changed = now.update("SourceOauth", "google", { enabled: false });
  expect(comment(changed.report())).toBe(
    told(
      "changed",
      "**Nobody gains or loses access; objects: 1 updated.**",
      "",
      "**Also**",
      "",
      "- Closes the door `Google`.",
    ),
  );
});
