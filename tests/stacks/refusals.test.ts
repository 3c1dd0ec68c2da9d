import type { Application, OidcApplication } from "../../stacks/organisation";
import { nearest } from "../../stacks/problem";
import { prod } from "../../stacks/prod";
import { prodWith, productionWith, refusal, runProgram } from "../program";
import { PROD_SECRETS, production } from "../stack-files";

// What is wrong with data and configuration stops the whole program before it has registered anything (`refusal`
// fails otherwise). What is said of each kind is asserted beside the reader of that data: roster, catalogue, config.

const [, , forgejo] = prod.applications;

function sample(): OidcApplication {
  if (forgejo?.mode !== "oidc") throw new Error("Forgejo is an OIDC application");
  return forgejo;
}

const withApplication = (changes: Partial<OidcApplication>) =>
  prodWith({
    applications: prod.applications.map((application): Application =>
      application.slug === "forgejo" ? { ...sample(), ...changes } : application,
    ),
  });

const withPerson = (changes: Partial<(typeof prod.people)[number]>) =>
  prodWith({ people: [...prod.people, { first: "Ada", last: "Test", ...changes }] });

const CASES: readonly (readonly [what: string, organisation: typeof prod, said: readonly string[]])[] = [
  [
    "an unknown group on a person",
    withPerson({ groups: ["plana-staf"] }),
    ["people: Ada Test", "plana-staff?"],
  ],
  ["an unknown role", withPerson({ roles: ["ctoo"] }), ["people: Ada Test", "did you mean cto?"]],
  [
    "two people with one address",
    withPerson({ email: "boyan.rabchev@plana.solutions" }),
    ["people: Boyan Rabchev and Ada Test", "an address of their own"],
  ],
  [
    "an address elsewhere",
    withPerson({ email: "ada@gmail.com" }),
    ["ada@gmail.com", "only staff log in here"],
  ],
  [
    "two applications with one host",
    withApplication({ label: "grafana" }),
    ["applications: forgejo and grafana", "host grafana.planapulse.com"],
  ],
  [
    "two applications with one provider",
    withApplication({ existingProviderId: 14 }),
    ["applications: matomo and forgejo", "provider 14"],
  ],
  [
    "an http redirect URI",
    withApplication({ redirectUris: ["http://forgejo.planapulse.com/x"] }),
    ["applications: forgejo", "is not https"],
  ],
  [
    "a redirect URI with a wildcard",
    withApplication({ redirectUris: ["https://forgejo.planapulse.com/*"] }),
    ["applications: forgejo", "carries a wildcard"],
  ],
  [
    "an unknown group in access",
    withApplication({ access: ["staff-only"] }),
    ["staff-only", "one of the groups"],
  ],
  [
    "no access",
    prodWith({
      applications: prod.applications.map((application) => Object.assign({}, application, { access: [] })),
    }),
    ["applications: matomo-admin", "access: []", "9 problems"],
  ],
];

test.each(CASES)("%s stops everything", async (_what, organisation, said) => {
  const message = await refusal(production(), organisation);
  expect(message).toContain("nothing was changed.");
  expect(message).toMatch(/\n {6}mend: \S/);
  for (const part of said) expect(message).toContain(part);
});

/** Data as nobody has checked it: `up` does not look at types. */
const untyped = (kind: "people" | "groups" | "applications", entry: Record<string, unknown>, last = 1) =>
  Object.assign({}, prod, { [kind]: [...(prod[kind] as readonly object[]).slice(0, -last), entry] });

const [matomoAdmin] = prod.applications;
const elena = { first: "Elena", last: "Encheva" };
const wiki = { ...sample(), slug: "wiki", label: "wiki", namespace: "wiki", redirectPaths: ["/back"] };

test.each<[string, unknown, string]>([
  [
    "a field that is none",
    untyped("people", { ...elena, leavin: true }),
    'people.ts: elena.encheva: found "leavin"; expected one of the fields .*; did you mean leaving\\?',
  ],
  [
    "a text for true",
    untyped("people", { ...elena, leaving: "yes" }),
    'people.ts: elena.encheva: leaving: found "yes"; expected true without quotes',
  ],
  [
    "a person without a last name",
    untyped("people", { first: "Elena" }),
    "people.ts: entry 6: last: missing; expected a text",
  ],
  [
    "one role that is no list",
    untyped("people", { ...elena, roles: "cto" }),
    'people.ts: elena.encheva: roles: found "cto"; expected a list of texts',
  ],
  [
    "attributes that are no JSON",
    untyped("people", { ...elena, attributes: { at: () => 1 } }),
    'people.ts: elena.encheva: attributes.at: found "\\(a function\\)"; expected plain JSON',
  ],
  [
    "a person that is none",
    untyped("people", [] as never),
    "people.ts: entry 6: found .*; expected an object",
  ],
  [
    "a superuser in words",
    untyped("groups", { name: "wizards", grants: "all", superuser: "false" }),
    'groups.ts: wizards: superuser: found "false"; expected true or false, without quotes',
  ],
  [
    "a typing error in access",
    untyped("applications", { ...wiki, access: undefined, acess: ["plana-staff"] }),
    'applications.ts: wiki: found "acess"; expected one of the fields .*; did you mean access\\?',
  ],
  [
    "no redirect path",
    untyped("applications", { ...wiki, redirectPaths: [] }),
    'applications.ts: wiki: redirectPaths: found "\\[\\]"; expected a list of at least one text',
  ],
  [
    "an unknown consumer",
    untyped("applications", { ...wiki, consumer: "graphana" }),
    'applications.ts: wiki: consumer: found "graphana"; expected one of .*; did you mean grafana\\?',
  ],
  [
    "an unknown mode",
    untyped("applications", { ...wiki, mode: "oicd" }),
    'applications.ts: wiki: mode: found "oicd"; expected .* one of oidc, tenants, proxy; did you mean oidc\\?',
  ],
  [
    "a port in quotes",
    untyped("applications", { ...matomoAdmin, slug: "old", service: { name: "old", port: "80" } }),
    'applications.ts: old: service.port: found "80"; expected a number',
  ],
  [
    "a public path of no kind",
    untyped("applications", { ...matomoAdmin, slug: "old", publicPaths: [{ exakt: "/x" }] }),
    "applications.ts: old: publicPaths.0: found .*; expected one of \\{exact",
  ],
  ["no people", Object.assign({}, prod, { people: undefined }), "people.ts: missing; expected a list"],
  [
    "no staff domain",
    Object.assign({}, prod, { staffDomain: undefined }),
    "index.ts: staffDomain: missing; expected a text",
  ],
])("%s in data that no compiler has seen stops everything", async (_what, organisation, said) => {
  const message = await refusal(production(), organisation as typeof prod);
  expect(message).toMatch(/^1 problem in stack "prod"; nothing was changed\./);
  expect(message).toMatch(new RegExp(`\n {2}${said}.*\n {6}mend: correct it in the stack's \\w+\\.ts$`));
});

test("all problems are told at once, of configuration, roster and applications alike, without a secret", async () => {
  const { values, secrets } = productionWith({
    "plana-sso:domian": "x",
    "plana-sso:serverReplicas": "none",
    "kubernetes:enableSecretMutable": undefined,
    "plana-sso:secretKey": PROD_SECRETS["plana-sso:secretKey"],
  });
  const rest = Object.fromEntries(Object.entries(secrets).filter(([key]) => key !== "plana-sso:secretKey"));
  const organisation = {
    ...withPerson({ roles: ["ctoo"] }),
    applications: withApplication({ access: ["nobody"] }).applications,
  };
  const message = await refusal({ values, secrets: rest }, organisation);
  expect(message).toMatch(/^6 problems in stack "prod"; nothing was changed\./);
  for (const key of [
    "plana-sso:domian",
    "plana-sso:serverReplicas",
    "kubernetes:enableSecretMutable",
    "plana-sso:secretKey",
    "people: Ada Test",
    "applications: forgejo",
  ]) {
    expect(message).toContain(`\n  ${key}: `);
  }
  expect(message.match(/\n {6}mend: \S/g)).toHaveLength(6);
  for (const secret of Object.values(PROD_SECRETS)) expect(message).not.toContain(secret);
});

test("the applications are checked even where a secret is missing", async () => {
  const { values } = production();
  const message = await refusal({ values, secrets: {} }, withApplication({ access: ["nobody"] }));
  expect(message).toMatch(/^8 problems/);
  expect(message).toContain("applications: forgejo");
});

test("the same data without a fault is not refused", async () => {
  const { recorder } = await runProgram(production(), withPerson({}));
  expect(recorder.resources.length).toBeGreaterThan(100);
});

test.each([
  ["plana-staf", "plana-staff"],
  ["PLANA-ADMINS", "plana-admins"],
  ["finance", undefined],
  ["", undefined],
])("the name nearest to %j is %j", (wanted, expected) => {
  expect(nearest(wanted, ["plana-staff", "plana-admins", "plana-finance"])).toBe(expected);
});
