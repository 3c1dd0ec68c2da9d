import { isUnsafe } from "../../review/findings/finding";
import { plain } from "../../shell/words";
import { SECRET, type Properties, type Resource } from "../../state/resources";
import { Recording } from "./recording";

// Nothing is done to an object without a word of the report, and nothing ordinary is called unsafe.
let now: Recording;

beforeAll(async () => {
  now = await Recording.make();
}, 900_000);

jest.setTimeout(300_000);

const findings = (changed: Recording, unsafe?: boolean) =>
  changed
    .report()
    .findings.filter((finding) => unsafe === undefined || isUnsafe(finding) === unsafe)
    .map(({ rule, text }) => `${rule}: ${plain(text)}`);
const unsafe = (changed: Recording) => findings(changed, true);
const also = (changed: Recording) => findings(changed, false);

/** Objects of Authentik and of the cluster; of those that are all alike one. */
const objects = (): readonly [type: string, Resource][] => {
  const seen = new Set<string>();
  return now.steps.flatMap(({ op, after }) => {
    if (op !== "same" || !after || !/^(?:authentik|kubernetes):/.test(after.type)) return [];
    const type = after.type.slice(after.type.lastIndexOf(":") + 1);
    const alike = ["User", "Application", "ProviderOauth2", "Secret", "Namespace", "PolicyEventMatcher"];
    if (alike.includes(type) && seen.has(type) && after.name !== "matomo") return [];
    seen.add(type);
    return [[type, after] as const];
  });
};

/** Values that are taken in place of one. */
const INSTEAD: Readonly<Record<string, string>> = {
  confidential: "public",
  per_provider: "global",
  any: "all",
  all: "any",
};

/** Another value of the same kind. */
function other(value: unknown): unknown {
  if (typeof value === "string" && value in INSTEAD) return INSTEAD[value];
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1000;
  if (value === SECRET) return "another";
  if (typeof value === "string") return `${value}x`;
  if (Array.isArray(value)) return value.length > 0 ? value.slice(1) : ["another"];
  return typeof value === "object" ? { ...value, another: "one" } : "another";
}

/** Seen by people alone, or of no effect. */
const ORDINARY =
  /^(?:User (?:name|attributes)|Application (?:name|meta\w+|group|openInNewTab)|PolicyBinding order)$/;

test("no property of any object changes without a word", () => {
  const untold = objects().flatMap(([type, { name, inputs }]) =>
    Object.entries(inputs).flatMap(([property, value]) => {
      if (ORDINARY.test(`${type} ${property}`)) return [];
      const changed = now.update(type, name, { [property]: other(value) });
      return findings(changed).length > 0 ? [] : [`${type} ${name} ${property}`];
    }),
  );
  expect(untold).toEqual([]);
});

test("no object is deleted, or made anew, without a word", () => {
  const untold = objects().flatMap(([type, { name }]) => [
    ...(findings(now.remove(type, name)).length > 0 ? [] : [`delete ${type} ${name}`]),
    ...(findings(now.replace(type, name)).length > 0 ? [] : [`replace ${type} ${name}`]),
  ]);
  expect(untold).toEqual([]);
});

test("no object is added without a word", () => {
  const untold = objects().flatMap(([type, { name }]) =>
    findings(now.add(type, name, "another", {})).length > 0 ? [] : [`${type} ${name}`],
  );
  expect(untold).toEqual([]);
});

/** An object of a type that the program does not have. */
function added(type: string, name: string, inputs: Properties): Recording {
  const urn = `urn:pulumi:trial::plana-sso::${type}::${name}`;
  const after: Resource = {
    ...{ urn, type, name, inputs, custom: true, protect: false },
    ...{ outputs: {}, propertyDependencies: {} },
  };
  return new Recording([...now.steps, { op: "create", urn, after, differences: {} }]);
}

test.each([
  ["authentik:index/rbacPermissionRole:RbacPermissionRole", "may-all"],
  ["authentik:index/providerLdap:ProviderLdap", "directory"],
  ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "everything"],
  ["kubernetes:apps/v1:Deployment", "something"],
])("a type that the report does not know: %s", (type, name) => {
  expect(unsafe(added(type, name, {}))).toEqual([
    `unread: Adds ${type.slice(type.lastIndexOf(":") + 1)} ${name}. Read it.`,
  ]);
});

const id = (type: string, name: string) => now.resource(type, name).id ?? "";

test.each([
  ["StageIdentification", "default-authentication-identification", { userFields: [] }],
  ["StageIdentification", "default-authentication-identification", { sources: [] }],
  ["StageIdentification", "default-authentication-identification", { captchaStage: "a-stage" }],
  ["StageIdentification", "default-authentication-identification", { recoveryFlow: "a-flow" }],
  ["StageIdentification", "default-authentication-identification", { pretendUserExists: false }],
  ["StageAuthenticatorValidate", "default-authentication-mfa-validation", { totpOtpThrottlingFactor: 0 }],
  ["StageAuthenticatorStatic", "plana-recovery-codes", { tokenLength: 4 }],
  ["StageUserLogin", "plana-google-login", { sessionDuration: "days=365" }],
  ["StageUserLogin", "plana-google-login", { rememberMeOffset: "days=365" }],
  ["StageUserLogin", "plana-recovery-login", { terminateOtherSessions: false }],
  ["StagePrompt", "plana-recovery-prompt", { fields: [] }],
  ["PolicyPassword", "plana-password", { lengthMin: 1 }],
  ["PolicyEventMatcher", "plana-secret-viewed", { action: "login" }],
  ["SystemSettings", "system-settings", { reputationLowerLimit: -2 }],
  ["SystemSettings", "system-settings", { defaultTokenDuration: "days=365" }],
  ["SystemSettings", "system-settings", { eventRetention: "days=1" }],
  ["EventRule", "plana-administration", { transports: [] }],
  ["EventTransport", "plana-administrators", { mode: "webhook" }],
  ["PolicyBinding", "plana-administration-secret-viewed", { enabled: false }],
  ["Flow", "plana-google", { authentication: "require_authenticated" }],
  ["Brand", "authentik-default", { default: false }],
  ["Brand", "authentik-default", { flowInvalidation: "a-flow" }],
  ["Group", "plana-staff", { roles: ["a-role"] }],
  ["Group", "plana-admins", { users: [1] }],
  ["User", "julian.lubenov", { roles: ["a-role"] }],
  ["SourceOauth", "google", { consumerKey: "another" }],
  ["ProviderOauth2", "grafana", { authenticationFlow: "a-flow" }],
  ["Service", "authentik-proxy", { metadata: { annotations: {} } }],
])("%s %s: %j", (type, name, inputs) => {
  const said = unsafe(now.update(type, name, inputs));
  const route = type === "Service" ? "route: Changes how requests reach an application before" : undefined;
  expect(said).toEqual([
    route === undefined
      ? `unread: Changes ${Object.keys(inputs).join()} of ${type} ${name}. Read it.`
      : expect.stringContaining(route),
  ]);
});

test("what is told in other words is not told again", () => {
  const changed = now
    .update("SystemSettings", "system-settings", { impersonation: false })
    .update("SourceOauth", "google", { enabled: false });
  expect(findings(changed)).toEqual([
    "door-changed: Closes the door Google.",
    "impersonation: Administrators may no longer act as another person.",
  ]);
});

test("the rest is told beside", () => {
  const changed = now
    .update("Group", "plana-staff", { attributes: '{"language":"de"}' })
    .update("User", "julian.lubenov", { path: "elsewhere", name: "J" })
    .update("Namespace", "authentik", { metadata: { labels: {} } });
  expect(unsafe(changed)).toEqual([]);
  expect(also(changed)).toEqual([
    "object-changed: Changes attributes of Group plana-staff.",
    "object-changed: Changes path of User julian.lubenov.",
    "object-changed: Changes metadata of Namespace authentik.",
  ]);
});

describe("the policy of a lock", () => {
  const urn = () => now.urn("PolicyExpression", "plana-totp-missing").replace(/[^:]*$/, "another");
  const swapped = (binding: string) =>
    now
      .update("PolicyExpression", "plana-totp-missing", { name: "old" })
      .add("PolicyExpression", "plana-totp-missing", "another", {
        name: "plana-totp-missing",
        expression: "return False and not ak_user_has_authenticator(request.user)",
      })
      .update("PolicyBinding", binding, { policy: "[unknown]" }, { policy: [urn()] });

  test("is another one of the same name", () => {
    const said = unsafe(swapped("plana-google-totp-missing-for-lack"));
    expect(said).toContainEqual(
      "policy: At the door Google decides what did not before: policy plana-totp-missing. Read it.",
    );
    expect(said.filter((one) => one.includes("loses a lock"))).toEqual([]);
  });

  test("comes beside the others", () => {
    const changed = now.add("PolicyBinding", "plana-google-staff-only", "more", {
      policy: id("PolicyReputation", "plana-lockout"),
    });
    expect(unsafe(changed)).toEqual([
      "policy: At the door Google decides what did not before: policy plana-lockout. Read it.",
    ]);
    expect(also(changed)).toEqual(["door-changed: The door Google gets a lock: only policy plana-lockout."]);
  });

  test("has another name alone", () => {
    const changed = now.update("PolicyExpression", "plana-totp-missing", { name: "no-totp" });
    expect(unsafe(changed)).toEqual([]);
    expect(also(changed)).toEqual(["object-changed: Changes name of PolicyExpression plana-totp-missing."]);
  });

  test("breaks, and people pass", () => {
    const changed = now.update("PolicyBinding", "plana-google-staff-only", { failureResult: true });
    expect(unsafe(changed)).toEqual([
      "lock: The door Google has a lock that holds otherwise than before, as where its policy breaks: only policy plana-google-staff-only.",
      "passes-on-error: The door Google lets people in when policy plana-google-staff-only breaks.",
    ]);
  });

  test("breaks, and nobody is refused", () => {
    const changed = now.update("PolicyBinding", "plana-google-totp-missing-for-lack", {
      failureResult: false,
    });
    expect(unsafe(changed)).toEqual([
      expect.stringMatching(/^lock: The door Google has a lock that holds otherwise than before/),
    ]);
  });
});

test("a door is for one group alone", () => {
  const changed = now.add("PolicyBinding", "plana-google-staff-only", "more", {
    policy: undefined,
    group: id("Group", "plana-admins"),
  });
  expect(unsafe(changed)).toEqual([
    "lock: The door Google shuts out everyone else: it comes to let in only plana-admins.",
  ]);
});

test.each([
  [
    "comes",
    () => now.add("FlowStageBinding", "plana-google-login", "more", { order: 5 }),
    "The door Google gets the step StageUserLogin plana-google-login at 5. Read it.",
  ],
  [
    "is another stage",
    () =>
      now.update("FlowStageBinding", "plana-recovery-prompt", {
        stage: id("StageUserWrite", "plana-recovery-write"),
      }),
    "In the door Recovery link the step StagePrompt plana-recovery-prompt at 10 becomes StageUserWrite plana-recovery-write at 10. Read it.",
  ],
  [
    "comes later",
    () => now.update("FlowStageBinding", "plana-recovery-prompt", { order: 30 }),
    "In the door Recovery link the step StagePrompt plana-recovery-prompt at 10 becomes StagePrompt plana-recovery-prompt at 30. Read it.",
  ],
  [
    "is judged otherwise",
    () => now.update("FlowStageBinding", "plana-recovery-write", { invalidResponseAction: "restart" }),
    "The door Recovery link judges the step StageUserWrite plana-recovery-write at 20 otherwise than before. Read it.",
  ],
  [
    "comes to a flow that is no door",
    () => now.update("FlowStageBinding", "plana-recovery-codes-codes", { order: 11 }),
    "In the flow plana-recovery-codes the step StageAuthenticatorStatic plana-recovery-codes at 10 becomes StageAuthenticatorStatic plana-recovery-codes at 11. Read it.",
  ],
])("a step of a login %s", (_what, changed, said) => {
  expect(unsafe(changed())).toContainEqual(`step: ${said}`);
});

test("a step of a login goes", () => {
  expect(unsafe(now.remove("FlowStageBinding", "plana-google-login"))).toContainEqual(
    "object-deleted: Deletes FlowStageBinding plana-google-login.",
  );
});

describe("routes", () => {
  const route = (said: string) => [
    `route: Changes how requests reach an application before a login is asked: ${said}. Read it.`,
  ];
  /** With one public path more, as which a route may pass. */
  const more = () =>
    now.update("ProviderProxy", "matomo-admin", {
      skipPathRegex: `${String(now.resource("ProviderProxy", "matomo-admin").inputs.skipPathRegex)}\n^/robots\\.txt$`,
    });
  const spec = (name: string, path: string, pathType: string, backend?: object) => {
    const { inputs } = now.resource("Ingress", name);
    const changed = structuredClone(inputs.spec) as { rules: [{ http: { paths: object[] } }] };
    const { paths } = changed.rules[0].http;
    paths.push({ ...paths[0], path, pathType, ...(backend ? { backend } : {}) });
    return { spec: changed };
  };

  test.each([
    ["a path that is not public", () => spec("matomo-admin-public", "/index.php", "Exact")],
    ["every path", () => spec("matomo-admin-public", "/", "Prefix")],
    ["a folder for which nobody is asked", () => spec("matomo-admin-public", "/js", "Prefix")],
    [
      "another Service",
      () => spec("matomo-admin-public", "/robots.txt", "Exact", { service: { name: "other" } }),
    ],
    [
      "other annotations",
      () => ({ ...spec("matomo-admin-public", "/robots.txt", "Exact"), metadata: { annotations: {} } }),
    ],
  ])("a public path more, and an Ingress with %s", (_what, inputs) => {
    const changed = more().update("Ingress", "matomo-admin-public", inputs());
    expect(unsafe(changed)).toEqual(route("Ingress matomo-admin-public"));
  });

  test("a public path more, and the Service of the outpost leads elsewhere", () => {
    const changed = more().update("Service", "matomo-admin-outpost", {
      spec: { type: "ExternalName", externalName: "elsewhere.svc" },
    });
    expect(unsafe(changed)).toEqual(route("Service matomo-admin-outpost"));
  });

  test("a public path more, and an Ingress that asks nobody", () => {
    const changed = more().add("Ingress", "matomo-admin-public", "matomo-admin-more", {
      ...spec("matomo-admin-public", "/", "Prefix"),
    });
    expect(unsafe(changed)).toEqual(route("Ingress matomo-admin-more"));
  });

  test("public paths go, and with them their Ingress", () => {
    const changed = now
      .update("ProviderProxy", "matomo-admin", { skipPathRegex: "^-$" })
      .remove("Ingress", "matomo-admin-public");
    expect(unsafe(changed)).toEqual([]);
    expect(unsafe(changed.remove("ConfigMap", "matomo-admin-outpost-headers"))).toEqual(
      route("ConfigMap matomo-admin-outpost-headers"),
    );
  });

  test("the outpost's Service selects other pods", () => {
    const changed = now.update("Service", "authentik-proxy", { spec: { selector: { app: "other" } } });
    expect(unsafe(changed)).toEqual(route("Service authentik-proxy"));
  });

  const ignoring = (type: string, name: string, ignoreChanges: readonly string[]) =>
    new Recording(
      now.steps.map((step) =>
        step.after && step.urn.endsWith(`:${type}::${name}`)
          ? { ...step, after: { ...step.after, ignoreChanges } }
          : step,
      ),
    );

  test("a route is left as it is in the cluster", () => {
    const changed = ignoring("Ingress", "matomo-admin-protected", ["metadata.annotations"]);
    expect(unsafe(changed)).toEqual(route("Ingress matomo-admin-protected"));
  });

  test("anything else is left as it is on the server", () => {
    expect(unsafe(ignoring("Flow", "plana-google", ["authentication"]))).toEqual([
      "unread: Leaves authentication of Flow plana-google as on the server. Read it.",
    ]);
    expect(unsafe(ignoring("User", "julian.lubenov", ["attributes", "groups"]))).toEqual([
      "unread: Leaves groups of User julian.lubenov as on the server. Read it.",
    ]);
  });

  test("two providers stand before one address", () => {
    const changed = now.add("ProviderProxy", "matomo-admin", "another", { name: "another" });
    expect(unsafe(changed)).toEqual([
      "outpost-host: Providers another, matomo-admin stand before the same address, https://analytics.trial.example.org: either may decide who enters.",
    ]);
  });

  test.each([
    "^/.*$",
    "^.*$",
    "^/[A-Za-z0-9_-][A-Za-z0-9_.-]*$",
    "^/([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*([A-Za-z0-9_-][A-Za-z0-9_.-]*)?$",
    "^/a?.+$",
    "^/index\\.php.$",
    "^/(a|)$",
    "^/[^x]$",
  ])("an expression between anchors is wide all the same: %s", (path) => {
    const said = unsafe(now.update("ProviderProxy", "matomo-admin", { skipPathRegex: path }));
    expect(said).toEqual([expect.stringMatching(/^public-path-wide: .*matomo-admin/)]);
  });
});

describe("an application is told", () => {
  const mappings = (name = "grafana") =>
    now.resource("ProviderOauth2", name).inputs.propertyMappings as string[];

  test("by tokens that another key signs", () => {
    expect(unsafe(now.update("ProviderOauth2", "grafana", { signingKey: "another" }))).toEqual([
      "provider-weak: Application grafana signs its tokens with another key than before: whoever holds that key can log in as anybody.",
    ]);
  });

  test("by a mapping in place of another one of its scope", () => {
    const urn = now.urn("PropertyMappingProviderScope", "plana-groups").replace(/[^:]*$/, "more");
    const changed = now.add("PropertyMappingProviderScope", "plana-groups", "more", { name: "more" }).update(
      "ProviderOauth2",
      "grafana",
      {
        propertyMappings: [
          ...mappings().filter((one) => one !== id("PropertyMappingProviderScope", "plana-groups")),
          "[unknown]",
        ],
      },
      { propertyMappings: [urn] },
    );
    expect(unsafe(changed)).toEqual([
      "mapping: A further scope mapping, more, tells grafana about groups: read the change.",
      "mapping: Scope mapping plana-groups no longer tells grafana about groups, others still do: read the change.",
    ]);
  });

  test("by a mapping of a new scope, and by one that nobody here knows", () => {
    const urn = now.urn("PropertyMappingProviderScope", "plana-groups").replace(/[^:]*$/, "more");
    const changed = now
      .add("PropertyMappingProviderScope", "plana-groups", "more", { name: "more", scopeName: "roles" })
      .update(
        "ProviderOauth2",
        "grafana",
        { propertyMappings: [...mappings(), "elsewhere", "[unknown]"] },
        { propertyMappings: [urn] },
      );
    expect(unsafe(changed)).toEqual([
      "mapping: A new scope mapping, elsewhere, tells grafana about people: read the change.",
      "mapping: A new scope mapping, more, tells grafana about people: read the change.",
    ]);
  });

  test("by no refresh token any more", () => {
    expect(findings(now.update("ProviderOauth2", "grafana", { grantTypes: ["authorization_code"] }))).toEqual(
      ["application-provider: Application grafana no longer grants refresh_token."],
    );
  });

  test("by its Secret, without a reissue", () => {
    expect(unsafe(now.update("Secret", "grafana-oidc", { data: "[unknown]" }))).toEqual([
      "consumer: Tells grafana something else (Secret grafana-oidc): who administers there may depend on it. Read it.",
    ]);
  });

  test("by its Secret, after a reissue", () => {
    const changed = now
      .update("ProviderOauth2", "grafana", { clientSecret: "[unknown]" })
      .update("Secret", "grafana-oidc", { data: "[unknown]" });
    expect(findings(changed)).toEqual([expect.stringMatching(/^secret-reissued: /)]);
  });

  test("by its Secret, written in the other way", () => {
    const changed = ["grafana-oidc", "authentik-settings"].reduce(
      (recording, name) => recording.update("Secret", name, { data: undefined, stringData: SECRET }),
      now,
    );
    expect(findings(changed)).toEqual([
      "object-changed: Writes Secret authentik-settings, Secret grafana-oidc in another way (data, stringData); whether they hold the same is not seen.",
    ]);
  });
});

describe("the server runs", () => {
  const values = () =>
    JSON.parse(JSON.stringify(now.resource("Release", "authentik").inputs.values)) as Values;
  interface Values {
    global: { podAnnotations: Record<string, string>; env?: unknown };
    server: { replicas: number; resources: unknown; ingress: { hosts: string[] } };
    worker: { replicas: number };
  }

  test("with more pods, other resources and other settings", () => {
    const other = values();
    other.server.replicas = 3;
    other.worker.replicas = 3;
    other.server.resources = { limits: { memory: "2Gi" } };
    other.global.podAnnotations = { "plana.solutions/settings-checksum": "another" };
    const changed = now.update("Release", "authentik", { values: other, version: "2026.8.1" });
    expect(unsafe(changed)).toEqual([]);
  });

  test("under another host, and with more in its environment", () => {
    const other = values();
    other.server.ingress.hosts.push("elsewhere.example.org");
    other.global.env = [{ name: "AUTHENTIK_COOKIE_DOMAIN", value: "x" }];
    expect(unsafe(now.update("Release", "authentik", { values: other }))).toEqual([
      "server-setting: Changes how the server runs (global.env, server.ingress.hosts of Release authentik). Read it.",
    ]);
  });

  test("from another repository", () => {
    const changed = now.update("Release", "authentik", { repositoryOpts: { repo: "https://example.org" } });
    expect(unsafe(changed)).toEqual([
      "server-setting: Changes how the server runs (repositoryOpts of Release authentik). Read it.",
    ]);
  });
});

test.each([
  ["PolicyBinding", "odoo-tenants-tenant-impersonators", "negate"],
  ["User", "julian.lubenov", "isActive"],
  ["Group", "plana-staff", "isSuperuser"],
  ["Outpost", "embedded-outpost", "config"],
])("what decides is not known yet: %s %s %s", (type, name, property) => {
  expect(unsafe(now.update(type, name, { [property]: "[unknown]" }))).toContainEqual(
    `not-known: Is not known yet: ${property} of ${type} ${name}. What is told about it may turn out otherwise.`,
  );
});

test("a person comes into a group that the program does not manage, also through another one", () => {
  const said = "comes into a group that the program does not manage: elsewhere. Read it.";
  expect(unsafe(now.update("User", "julian.lubenov", { groups: ["elsewhere"] }))).toEqual([
    `unread: julian.lubenov ${said}`,
  ]);
  expect(unsafe(now.update("Group", "plana-finance", { parents: ["elsewhere"] }))).toEqual([
    `unread: martin.kotrulev ${said}`,
    `unread: ramona.gospodinova ${said}`,
  ]);
});

test("a group administers no longer, and is below another no longer", () => {
  expect(findings(now.update("Group", "plana-admins", { isSuperuser: false }))).toContainEqual(
    "role: Group plana-admins no longer administers Authentik.",
  );
  const below = now.standing("Group", "plana-finance", { parents: [id("Group", "tenant-impersonators")] });
  expect(findings(below.update("Group", "plana-finance", { parents: [] }))).toContainEqual(
    "group-parent: Whoever is in group plana-finance is no longer in tenant-impersonators by that.",
  );
});
