import { production } from "../stack-files";
import { productionWith, productionWithSecrets, refusal, runProgram } from "../program";
import { containing, matching } from "../matchers";

// Every value a stack may set, and what is said of one that is wrong. `refusal` fails when anything was registered.

const before = { url: process.env.AUTHENTIK_URL, token: process.env.AUTHENTIK_TOKEN };

beforeEach(() => {
  delete process.env.AUTHENTIK_URL;
  delete process.env.AUTHENTIK_TOKEN;
});

afterAll(() => {
  for (const [name, value] of [
    ["AUTHENTIK_URL", before.url],
    ["AUTHENTIK_TOKEN", before.token],
  ] as const) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

/** The one problem of an error: its key, the rest of its line, its mend. */
function problem(message: string): { key: string; text: string; mend: string } {
  const match = /^1 problem in stack "prod"; nothing was changed\.\n {2}(\S+): (.*)\n {6}mend: (.*)$/.exec(
    message,
  );
  if (!match) throw new Error(`not one problem:\n${message}`);
  const [, key = "", text = "", mend = ""] = match;
  return { key, text, mend };
}

/** A password of no worth, put into addresses here: none may stand whole in a file. */
const WORD = "S3cret";

const HOST = "a host name in lower case, without scheme, port or path";

/** Values that are refused, by key, and what is expected instead. */
const MALFORMED: readonly (readonly [key: string, expected: string, values: readonly string[]])[] = [
  [
    "domain",
    HOST,
    [
      "https://planapulse.com",
      "planapulse.com:443",
      "Planapulse.com",
      "planapulse.com/",
      "",
      "a..b",
      "-a.b",
      "a_b.c",
      "a b",
    ],
  ],
  ["databaseHost", HOST, ["pg01:5432", "PG01", "pg_01", "", `postgres://authentik:${WORD}@pg01/authentik`]],
  ["databasePort", "a port number", ["0", "65536", "99999", "abc", "5432.0", "-1", ""]],
  ["databaseName", "", [""]],
  ["databaseUser", "", [""]],
  ["google", "true or false", ["yes", "True", "1", ""]],
  ["waitForServer", "true or false", ["maybe"]],
  ["generateSecrets", "true or false", ["TRUE"]],
  ["serverReplicas", "a whole number from 1 to 99", ["0", "-1", "1.5", "100", "two"]],
  ["workerReplicas", "a whole number from 1 to 99", ["0"]],
  ["ingressController", "nginx or traefik", ["haproxy", "Nginx"]],
  ["ingressClass", "a Kubernetes name", ["Nginx", "a..b", "-a"]],
  ["clusterDomain", HOST, ["cluster.local.", ".local", "Cluster.local", ""]],
  ["tlsIssuer", "a Kubernetes name", ["Let's Encrypt", ""]],
  ["consumerNamespaces", "existing or create", ["none", "true"]],
  ["clusterAdminRole", "", [""]],
  ["embeddedOutpostId", "a uuid", ["13", "10e469fe-81ff-48d1-ac11", "not-a-uuid"]],
  [
    "tenantRedirectPath",
    "a path such as /auth_oauth/signin",
    ["auth_oauth/signin", "/auth_oauth/", "/a?b=c", "/a#b", "/a/../b", "/.*", "/a b", "", "//a", "/a\n"],
  ],
  [
    "hosts",
    "an object of host names by application slug, or `auth`",
    [
      "matrix.planapulse.com",
      '["a"]',
      '{"matrix": "https://a.b"}',
      '{"matrix": 1}',
      '{"matrix": "A.b"}',
      "{",
      '{"__proto__": "a.b"}',
    ],
  ],
  [
    "lokiUrl",
    "an address such as",
    [`u:${WORD}@example.org`, `https://user:${WORD}@loki`, `https://loki/?x=${WORD}`],
  ],
  ["matrixHomeserver", "https: http only inside", ["http://matrix.planapulse.com", "http://[2001:db8::1]"]],
  ["chartPath", "", [""]],
];

const rows = MALFORMED.flatMap(([key, expected, values]) =>
  values.map((value) => [key, value, expected] as const),
);

test.each(rows)("plana-sso:%s refuses %j", async (key, value, expected) => {
  const said = problem(await refusal(productionWith({ [`plana-sso:${key}`]: value })));
  expect(said.key).toBe(`plana-sso:${key}`);
  const found = /[@?]/.test(value) ? "(an address that may carry credentials)" : value;
  expect(said.text).toContain(`found ${JSON.stringify(found)}; expected ${expected}`);
  expect(said.mend).toBe(`pulumi config set plana-sso:${key} <${key}> --stack prod`);
});

test("an issuer and a class with a dot are Kubernetes names, too", async () => {
  await runProgram(
    productionWith({
      "plana-sso:tlsIssuer": "letsencrypt.prod",
      "plana-sso:ingressClass": "nginx.internal",
      "plana-sso:matrixHomeserver": "http://[::1]:8008",
    }),
  );
});

test("an address in `hosts` that carries a password is not repeated", async () => {
  const message = await refusal(
    productionWith({ "plana-sso:hosts": `{"matrix": "https://u:${WORD}@x.org"}` }),
  );
  expect(problem(message).text).toContain("(look at matrix): a host name");
  expect(message).not.toContain(WORD);
});

test("of a malformed object the place is told", async () => {
  const said = problem(await refusal(productionWith({ "plana-sso:hosts": '{"matrix": "HTTP://x"}' })));
  expect(said.text).toContain("(look at matrix)");
});

/** Secrets of a form that is refused. */
const MALFORMED_SECRETS: readonly (readonly [key: string, expected: string, value: string])[] = [
  ["secretKey", "at least 50 characters", "short-secret-key-of-no-worth"],
  ["secretKey", "printable characters without white space", `with a space ${"k".repeat(60)}`],
  ["bootstrapToken", "at least 20 characters", "short-token"],
  ["bootstrapToken", "printable characters without white space", `token-with-line-break-${"t".repeat(20)}\n`],
  ["databasePassword", "printable characters without white space", "pass word"],
  ["googleClientSecret", "printable characters without white space", "google secret"],
  ["clients", "an object {<slug>: {clientId, clientSecret}}", "not-json-but-secret"],
  ["clients", "an object {<slug>: {clientId, clientSecret}}", '{"forgejo": "bare-client-secret"}'],
  ["clients", "(look at forgejo.clientSecret)", '{"forgejo": {"clientSecret": "five5"}}'],
  ["clients", "(look at forgejo)", '{"forgejo": {"secret": "unknown-field-secret"}}'],
  ["serverSettings", "an object {AUTHENTIK_<NAME>: <value>}", "not-json-but-secret"],
  [
    "clients",
    "(look at forgejo.clientSecret): at most 255",
    `{"forgejo": {"clientSecret": "${"c-".repeat(128)}"}}`,
  ],
  ["clients", "an object {<slug>: {clientId, clientSecret}}", '{"__proto__": {"clientId": "of-no-worth"}}'],
  ["serverSettings", "(look at AUTHENTIK_EMAIL__PORT): a text", '{"AUTHENTIK_EMAIL__PORT": 587}'],
  [
    "serverSettings",
    "(look at AUTHENTIK_POSTGRESQL__HOST): another setting: this one is plana-sso:databaseHost",
    '{"AUTHENTIK_POSTGRESQL__HOST": "host-of-no-worth"}',
  ],
  ["serverSettings", "(look at EMAIL__HOST)", '{"EMAIL__HOST": "mail-of-no-worth"}'],
  ["serverSettings", "(look at AUTHENTIK_WEB__PATH)", '{"AUTHENTIK_WEB__PATH": "/sso/"}'],
  ["serverSettings", "(look at AUTHENTIK_SECRET_KEY)", '{"AUTHENTIK_SECRET_KEY": "another-key"}'],
];

test.each(MALFORMED_SECRETS)("plana-sso:%s must be %s", async (key, expected, value) => {
  const said = problem(await refusal(productionWithSecrets({ [`plana-sso:${key}`]: value })));
  expect(said.key).toBe(`plana-sso:${key}`);
  expect(said.text).toContain("a secret of another form");
  expect(said.text).toContain(expected);
  expect(said.mend).toBe(`pulumi config set --secret plana-sso:${key} --stack prod`);
  for (const part of value.match(/[A-Za-z0-9]+-[A-Za-z0-9-]+|five5/g) ?? [value]) {
    expect([said.text, said.mend].join()).not.toContain(part);
  }
});

const SECRETS = ["secretKey", "bootstrapToken", "databasePassword", "googleClientSecret"];

test.each(SECRETS)("plana-sso:%s is missed", async (name) => {
  const key = `plana-sso:${name}`;
  const said = problem(await refusal(productionWithSecrets({ [key]: undefined })));
  expect(said).toEqual({
    key,
    text: matching(/^missing; expected \S/),
    mend: `pulumi config set --secret ${key} --stack prod`,
  });
});

test.each([...SECRETS, "clients"])("plana-sso:%s in clear is refused and not repeated", async (name) => {
  const key = `plana-sso:${name}`;
  const { values, secrets } = productionWithSecrets({ [key]: undefined });
  const clear = "value-that-stood-there-in-clear-".padEnd(60, "c");
  const message = await refusal({ values: { ...values, [key]: clear }, secrets });
  const said = problem(message);
  expect(said.key).toBe(key);
  expect(said.text).toMatch(/^found "\(a plain value\)"; expected .*, stored as a secret$/);
  expect(said.mend).toContain(`pulumi config set --secret ${key}  --stack prod`.replace("  ", " "));
  expect(message).not.toContain("in-clear");
});

test("the API token in clear is refused and not repeated", async () => {
  const { values, secrets } = productionWithSecrets({ "authentik:token": undefined });
  const message = await refusal({ values: { ...values, "authentik:token": "token-in-clear" }, secrets });
  expect(problem(message)).toMatchObject({
    key: "authentik:token",
    text: containing("a plain value"),
  });
  expect(message).not.toContain("token-in-clear");
});

test.each([
  ["authentik:headers", '{"Authorization":"Basic in-clear"}'],
  ["kubernetes:kubeconfig", "apiVersion: v1\nusers: [{token: in-clear}]"],
])("%s in clear is refused and not repeated", async (key, clear) => {
  const { values, secrets } = production();
  const message = await refusal({ values: { ...values, [key]: clear }, secrets });
  expect(problem(message)).toMatchObject({ key, text: containing("a plain value") });
  expect(message).not.toContain("in-clear");
});

test.each(["google", "domain", "databaseHost"])("plana-sso:%s is missed", async (name) => {
  const said = problem(await refusal(productionWith({ [`plana-sso:${name}`]: undefined })));
  expect(said).toMatchObject({
    key: `plana-sso:${name}`,
    text: matching(/^missing; expected \S/),
    mend: `pulumi config set plana-sso:${name} <${name}> --stack prod`,
  });
});

test("Google without a client is refused", async () => {
  const { values, secrets } = productionWithSecrets({ "plana-sso:googleClientSecret": undefined });
  const message = await refusal({
    values: Object.fromEntries(Object.entries(values).filter(([key]) => key !== "plana-sso:googleClientId")),
    secrets,
  });
  expect(message).toMatch(/^2 problems/);
  expect(message).toContain(
    "plana-sso:googleClientId: missing; expected client id of the Google OAuth client",
  );
  expect(message).toContain("plana-sso:googleClientSecret: missing");
});

test.each([
  ["plana-sso:domian", "plana-sso:domain"],
  ["plana-sso:serverReplica", "plana-sso:serverReplicas"],
  ["plana-sso:GoogleClientID", "plana-sso:googleClientId"],
])("the unknown key %s is refused, and %s suggested", async (key, suggestion) => {
  const said = problem(await refusal(productionWith({ [key]: "some-value" })));
  expect(said).toEqual({
    key,
    text: `found "(set)"; expected a key of this program; did you mean ${suggestion}?`,
    mend: `pulumi config rm ${key} --stack prod`,
  });
});

test.each(["plana-sso:xyzzyxyzzy", "plana-sso:toString", "plana-sso:constructor"])(
  "the unknown key %s, which resembles none, is refused without a suggestion",
  async (key) => {
    const said = problem(await refusal(productionWith({ [key]: "some-value" })));
    expect(said.key).toBe(key);
    expect(said.text).toContain("expected a key of this program");
  },
);

test.each([
  undefined,
  "",
  "auth.planapulse.com",
  "ftp://auth.planapulse.com",
  "https://auth.planapulse.com/path",
  "https://",
  "http://auth.planapulse.com",
  "http://8.8.8.8",
  "https://auth.planapulse.com?a=b",
  "https:auth.planapulse.com",
  "https:\\\\auth.planapulse.com",
  " https://auth.planapulse.com",
  "https://auth.planapulse%2ecom",
  "http://[2001:db8::1]",
])("authentik:url refuses %j", async (url) => {
  const said = problem(await refusal(productionWith({ "authentik:url": url })));
  expect(said).toMatchObject({
    key: "authentik:url",
    text: containing("expected the address of Authentik"),
    mend: "pulumi config set authentik:url https://<host> --stack prod",
  });
});

test("authentik:url with a password is refused and not repeated", async () => {
  const word = "word-of-no-worth";
  const message = await refusal(
    productionWith({ "authentik:url": `https://user:${word}@auth.planapulse.com` }),
  );
  expect(problem(message)).toMatchObject({ key: "authentik:url" });
  expect(message).not.toContain(word);
});

test("authentik:url with a token in its query is refused and not repeated", async () => {
  const message = await refusal(productionWith({ "authentik:url": `https://x.org/?token=${WORD}` }));
  expect(problem(message).text).toContain("(an address that may carry credentials)");
  expect(message).not.toContain(WORD);
});

test.each(["http://[::1]:9000", "http://[fd00::1]", "http://[fe80::1]", "HTTPS://auth.planapulse.com"])(
  "authentik:url may be %s",
  async (url) => {
    await runProgram(productionWith({ "authentik:url": url }));
  },
);

test.each(["token-of-no-worth\n", "token of no worth", "token-öf"])(
  "the API token %j is refused and not repeated",
  async (token) => {
    const message = await refusal(productionWithSecrets({ "authentik:token": token }));
    expect(problem(message)).toEqual({
      key: "authentik:token",
      text: containing('found "(a secret of another form)"; expected printable characters'),
      mend: containing("pulumi config set --secret authentik:token --stack prod"),
    });
    expect(message).not.toContain(token.trim());
  },
);

test("authentik:token is missed", async () => {
  expect(problem(await refusal(productionWithSecrets({ "authentik:token": undefined })))).toEqual({
    key: "authentik:token",
    text: matching(/^missing; expected an API token/),
    mend: "pulumi config set --secret authentik:token --stack prod",
  });
});

describe.each(["Secret", "ConfigMap"])("kubernetes:enable%sMutable", (kind) => {
  const key = `kubernetes:enable${kind}Mutable`;

  test.each([undefined, "false", "True", ""])("refuses %j", async (value) => {
    const said = problem(await refusal(productionWith({ [key]: value })));
    expect(said).toEqual({
      key,
      text: containing(`expected true, so that a changed ${kind} is updated in place and never replaced`),
      mend: `pulumi config set ${key} true --stack prod`,
    });
  });
});

test("an unknown stack says which compositions there are", async () => {
  const message = await refusal(production(), undefined, "staging");
  expect(message).toContain('1 problem in stack "staging"');
  expect(message).toContain('plana-sso:composition: found "staging"; expected one of prod, local;');
  expect(message).toContain("mend: pulumi config set plana-sso:composition prod --stack staging");
});

test.each([
  ["produ", "; did you mean prod?"],
  ["toString", ""],
])("the unknown composition %s is refused%s", async (composition, guess) => {
  const said = problem(await refusal(productionWith({ "plana-sso:composition": composition })));
  expect(said.key).toBe("plana-sso:composition");
  expect(said.text).toContain(`found "${composition}"; expected one of prod, local; a stack of`);
  expect(said.text.endsWith(`runs${guess}`)).toBe(true);
});
