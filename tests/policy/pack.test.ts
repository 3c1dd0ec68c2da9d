import { readFileSync } from "node:fs";
import { join } from "node:path";

import { resourceTypes } from "./schemas";
import { AUTHENTIK, KUBERNETES, RANDOM } from "../../policy/tokens";
import { DEFAULTS, KNOBS } from "../../policy/knobs";
import { holdsSecret } from "../../policy/rules/secrets";
import { RULES } from "../../policy/rules";
import { prod } from "../../stacks/prod";
import { ROOT } from "../stack-files";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

const TOKENS = Object.values({ ...AUTHENTIK, ...KUBERNETES, ...RANDOM });

test.each(TOKENS.filter((token) => token !== KUBERNETES.middleware))("%s is a type of an SDK", (token) => {
  expect(resourceTypes()).toContain(token);
});

test("the short form that previews print is a type of no SDK", () => {
  expect(resourceTypes()).not.toContain("authentik:index:Group");
});

test("every input that the schema calls a secret is held for one", () => {
  const { resources } = JSON.parse(read("sdks/authentik.schema.json")) as {
    resources: Record<string, { inputProperties: Record<string, { secret?: boolean; type?: string }> }>;
  };
  const flagged = Object.entries(resources).flatMap(([type, { inputProperties }]) =>
    Object.entries(inputProperties).flatMap(([property, { secret }]) =>
      secret ? [[type, property] as const] : [],
    ),
  );
  expect(flagged.length).toBeGreaterThan(2);
  expect(flagged.filter(([type, property]) => !holdsSecret(type, property))).toEqual([]);
});

test("rule names are unique and in kebab case", () => {
  const names = RULES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
});

const FILES = ["kinds", "access", "providers", "doors", "login", "routes", "server"]
  .map((file) => read(`tests/policy/${file}.test.ts`))
  .join("\n");

test.each(RULES.map(({ name }) => name))("%s has a test that fails it", (name) => {
  expect(FILES).toContain(`rule: "${name}"`);
});

test("the defaults are those of production", () => {
  expect(DEFAULTS).toEqual({
    staffDomain: prod.staffDomain,
    staffGroup: prod.staffGroup,
    superuserGroups: prod.groups.filter(({ superuser }) => superuser).map(({ name }) => name),
    impersonatorGroup: "tenant-impersonators",
    tenantApplication: prod.applications.find(({ mode }) => mode === "tenants")?.slug,
    tenantDomains: prod.applications.flatMap((application) =>
      application.mode === "tenants" ? application.tenants : [],
    ),
    furtherKinds: [],
  });
  expect(Object.keys(KNOBS)).toEqual(Object.keys(DEFAULTS));
});

const rows = (page: string, heading: string) => {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const cells = section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return cells.slice(2);
};

test("docs/policy.md tells every rule as the pack does", () => {
  expect(rows(read("docs/policy.md"), "Rules")).toEqual(
    RULES.map(({ name, level, reason, mend }) => [`\`${name}\``, level, reason, mend]),
  );
});

test("docs/policy.md tells every knob as the pack does", () => {
  expect(rows(read("docs/policy.md"), "Knobs")).toEqual(
    Object.entries(KNOBS).map(([name, { description, default: value }]) => [
      `\`${name}\``,
      description,
      `\`${JSON.stringify(value)}\``,
    ]),
  );
});
