import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";

import { readConfig, type ReadResult } from "../../stacks/config";
import { KEYS, PROJECT, type Key } from "../../stacks/config-keys";
import { checkApplications } from "../../stacks/application-checks";
import { authHost } from "../../stacks/hosting";
import { refuse } from "../../stacks/problem";
import { prod } from "../../stacks/prod";
import { checkClients, checkConfigured, checkHosts } from "../../stacks/settings-checks";
import { useMocks } from "../mocks";
import { production } from "../stack-files";
import { always, hostile, LABEL, SUBDOMAIN } from "./properties";

// Config is read without the engine, as the program reads it: every value is a text.

const { values, secrets } = production();

type Name = keyof typeof KEYS;
const NAMES = Object.keys(KEYS) as Name[];
const isSecretKey = (name: Name) => (KEYS[name] as Key).secret === true;

beforeAll(() => useMocks("prod", production()));

/** Production with one value changed; a secret is stored as one. */
function configured(name: string, text: string, secret = false): ReadResult {
  const key = `${PROJECT}:${name}`;
  const all = { ...values, ...secrets, [key]: text };
  const encrypted = [...Object.keys(secrets), ...(secret ? [key] : [])];
  pulumi.runtime.setAllConfig(all, encrypted);
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(encrypted);
  return readConfig("prod", ["prod", "local"]);
}

/** Everything that is said of a configuration, before anything is registered. */
function problemsOf({ problems, settings, hosting, credentials }: ReadResult) {
  return [
    ...problems,
    ...(hosting ? checkApplications(prod, hosting) : []),
    ...(hosting ? checkHosts(prod, hosting, "prod") : []),
    ...(credentials ? checkClients(prod, credentials) : []),
    ...(settings ? checkConfigured(prod, settings) : []),
  ];
}

/** Near to what is right: of the letters that names, hosts and addresses are made of. */
const near = fc.string({ unit: fc.constantFrom(..."a b z 0 9 - . _ / : A".split(" ")), maxLength: 80 });
const json = fc.dictionary(hostile, fc.oneof(hostile, near, fc.integer())).map((of) => JSON.stringify(of));
/** Right but for the name of the application. */
const named = fc
  .tuple(hostile, fc.constantFrom<unknown>("wiki.example.org", { clientId: "wiki" }))
  .map(([slug, of]) => JSON.stringify({ [slug]: of }));
const anything = fc.oneof(hostile, near, json, named);

test("as committed, nothing is wrong", () => {
  expect(problemsOf(configured("databaseHost", "pg01"))).toEqual([]);
});

test.each(NAMES)(
  "%s: any text is taken, or refused by its key, with what was expected and a mend",
  (name) => {
    always(anything, (text) => {
      const secret = isSecretKey(name);
      const result = configured(name, text, secret);
      for (const { key, value, expected, mend } of problemsOf(result)) {
        expect(key).toContain(PROJECT);
        expect(expected).not.toBe("");
        expect(mend).not.toBe("");
        // It is copied into a shell.
        expect(mend).not.toMatch(/[`$;|&\\\p{C}]/u);
        expect(mend.split("'").length % 2).toBe(1);
        // A secret is not repeated; what stands before one in an object is, where it has the form of a slug.
        if (secret && value !== undefined)
          expect(value).toMatch(/^(?:\(a secret of another form\)|[\w-]{1,50})$/);
      }
      // What is wrong stops the program; what is not is read.
      expect(result.settings === undefined).toBe(result.problems.length > 0);
    });
  },
);

test("a prefix that is accepted makes namespaces that Kubernetes takes, of every length", () => {
  const long = {
    ...prod,
    applications: prod.applications.map((one) => ({ ...one, namespace: "n".repeat(50) })),
  };
  const prefix = fc.oneof(
    near.map((text) => `${text}-`),
    hostile,
    fc.integer({ min: 1, max: 25 }).map((length) => `${"p".repeat(length)}-`),
  );
  const accepted = { short: 0, long: 0 };
  always(prefix, (text) => {
    const { settings } = configured("namespacePrefix", text);
    if (!settings) return;
    for (const [kind, of] of Object.entries({ short: prod, long }) as ["short" | "long", typeof prod][]) {
      if (checkConfigured(of, settings).length > 0) continue;
      accepted[kind] += 1;
      for (const name of ["authentik", ...of.applications.map(({ namespace }) => namespace)]) {
        expect(`${settings.namespacePrefix}${name}`).toMatch(LABEL);
      }
    }
  });
  expect(accepted.short).toBeGreaterThan(accepted.long);
  expect(accepted.long).toBeGreaterThan(20);
});

test("class, issuer, domain and hosts that are accepted are names that Kubernetes and DNS take, and nothing beside", () => {
  const label = fc.integer({ min: 1, max: 70 }).map((length) => "d".repeat(length));
  const domain = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
  let accepted = 0;
  always(fc.oneof(hostile, near, domain), (text) => {
    for (const name of ["ingressClass", "tlsIssuer", "domain", "databaseHost", "clusterDomain"] as const) {
      const { settings } = configured(name, text);
      if (!settings || checkConfigured(prod, settings).length > 0) continue;
      accepted += 1;
      expect(text).toMatch(SUBDOMAIN);
      expect(new URL(`https://${authHost(settings)}:1/x`).href).toBe(`https://${authHost(settings)}:1/x`);
      expect(authHost(settings)).toMatch(SUBDOMAIN);
    }
    const { settings } = configured("hosts", JSON.stringify({ auth: text }));
    if (settings) expect(authHost(settings)).toMatch(SUBDOMAIN);
  });
  expect(accepted).toBeGreaterThan(100);
});

test("a redirect path, an address and a client id that are accepted stay what they stand in", () => {
  const accepted = { path: 0, address: 0, id: 0 };
  always(fc.oneof(hostile, near), (text) => {
    const path = configured("tenantRedirectPath", `/${text}`).settings?.tenantRedirectPath;
    if (path !== undefined) {
      accepted.path += 1;
      // It stands in a regular expression, after the host.
      expect(path).toMatch(/^[/A-Za-z0-9_-]+$/);
    }
    const address = `https://${text}`;
    const { problems } = configured("matrixHomeserver", address);
    if (problems.length === 0) {
      accepted.address += 1;
      const { username, password, search, hash } = new URL(address);
      expect(username + password + search + hash).toBe("");
    }
    const id = configured("googleClientId", text).settings?.google?.clientId;
    if (id !== undefined) {
      accepted.id += 1;
      expect(id).not.toMatch(/[\s"'\\<>`$(){}]/);
    }
  });
  expect(Math.min(...Object.values(accepted))).toBeGreaterThan(5);
});

test("a key that is none is refused, and what is to be run is one command", () => {
  always(hostile, (text) => {
    if (Object.hasOwn(KEYS, text)) return;
    const { problems } = configured(text, "x");
    expect(problems).toHaveLength(1);
    expect(problems[0]?.mend).toMatch(
      /^(?:pulumi config rm plana-sso:[\w:.-]* --stack prod|take it out of Pulumi\.prod\.yaml)$/,
    );
  });
});

test("what is said of hostile values is a line for each, in which nothing is hidden or turned", () => {
  always(fc.tuple(hostile, hostile, hostile), ([key, value, expected]) => {
    let said = "";
    try {
      refuse("prod", [{ key, value, expected, mend: "mend it" }]);
    } catch (error) {
      said = error instanceof Error ? error.message : "";
    }
    expect(said.split("\n")).toHaveLength(3);
    expect(said.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });
});
