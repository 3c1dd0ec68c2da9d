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
