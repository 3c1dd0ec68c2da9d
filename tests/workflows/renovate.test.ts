import { readFileSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";
import { z } from "zod";

import { CHART_VERSION } from "../../stacks/versions";
import { ROOT } from "../stack-files";

const MANAGER = z.strictObject({
  description: z.string(),
  customType: z.literal("regex"),
  managerFilePatterns: z.array(z.string().regex(/^\/.+\/$/)).min(1),
  matchStrings: z.array(z.string()).min(1),
  depNameTemplate: z.string(),
  datasourceTemplate: z.enum(["helm", "terraform-provider", "github-releases"]),
  registryUrlTemplate: z.url().optional(),
  extractVersionTemplate: z.string().optional(),
});
const RULE = z.looseObject({
  description: z.string(),
  matchPackageNames: z.array(z.string()).optional(),
  matchManagers: z.array(z.string()).optional(),
  groupName: z.string().optional(),
  automerge: z.boolean().optional(),
});
const RENOVATE = z.looseObject({
  automerge: z.literal(false),
  rangeStrategy: z.literal("pin"),
  extends: z.array(z.string()),
  customManagers: z.array(MANAGER),
  packageRules: z.array(RULE),
});

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const renovate = RENOVATE.parse(JSON.parse(read("renovate.json")));
const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;

const WATCHED = ["stacks/versions.ts", "Pulumi.yaml", "sdks/authentik.schema.json"];

/** What the custom managers find, as Renovate does: every expression on every file that its patterns match. */
function found(): string[] {
  return renovate.customManagers.flatMap(({ managerFilePatterns, matchStrings, depNameTemplate }) =>
    WATCHED.filter((file) =>
      managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file)),
    ).flatMap((file) =>
      matchStrings.flatMap((expression) =>
        [...read(file).matchAll(new RegExp(expression, "g"))].map(
          (match) => `${file}: ${depNameTemplate} ${match.groups?.currentValue ?? "?"}`,
        ),
      ),
    ),
  );
}

const { packages } = load(read("Pulumi.yaml")) as {
  packages: { authentik: { version: string; parameters: [string, string] } };
};
const {
  version: bridge,
  parameters: [, provider],
} = packages.authentik;

test("every version is found where it stands, and nothing else is taken for one", () => {
  expect(found().sort()).toEqual(
    [
      `stacks/versions.ts: authentik ${CHART_VERSION}`,
      `Pulumi.yaml: goauthentik/authentik ${provider}`,
      `sdks/authentik.schema.json: goauthentik/authentik ${provider}`,
      `Pulumi.yaml: pulumi/pulumi-terraform-provider ${bridge}`,
      `sdks/authentik.schema.json: pulumi/pulumi-terraform-provider ${bridge}`,
    ].sort(),
  );
});

test("every file pattern matches a file that is there", () => {
  for (const { managerFilePatterns } of renovate.customManagers)
    for (const pattern of managerFilePatterns)
      expect(WATCHED.filter((file) => new RegExp(pattern.slice(1, -1)).test(file))).toHaveLength(1);
});

test("the SDK's schema names the same provider within its parameter, which no bot can write", () => {
  const { version, parameterization } = JSON.parse(read("sdks/authentik.schema.json")) as {
    version: string;
    parameterization: { baseProvider: { version: string }; parameter: string };
  };
  const parameter = JSON.parse(Buffer.from(parameterization.parameter, "base64").toString()) as unknown;
  expect(version).toBe(provider);
  expect(parameterization.baseProvider.version).toBe(bridge);
  expect(parameter).toEqual({
    remote: { url: "registry.opentofu.org/goauthentik/authentik", version: provider },
  });
});

test("no provider is ahead of the chart: a new release brings the server first", () => {
  const release = (version: string) => version.split(".").slice(0, 2).map(Number);
  const [year = 0, month = 0] = release(CHART_VERSION);
  const [ofYear = 0, ofMonth = 0] = release(provider);
  expect(ofYear * 100 + ofMonth).toBeLessThanOrEqual(year * 100 + month);
});

/** Whether a name is matched as Renovate matches it: exact, or a glob that ends in `/**`. */
function matches(names: readonly string[], name: string): boolean {
  const one = (pattern: string) =>
    pattern.endsWith("/**") ? name.startsWith(pattern.slice(0, -2)) : pattern === name;
  const positive = names.filter((pattern) => !pattern.startsWith("!"));
  const negative = names.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  return (positive.length === 0 || positive.some(one)) && !negative.some(one);
}

const groupsOf = (
  name: string,
  manager = Object.hasOwn(manifest.devDependencies ?? {}, name) ? "npm" : "other",
) =>
  renovate.packageRules
    .filter(({ matchPackageNames }) => matchPackageNames && matches(matchPackageNames, name))
    .filter(({ matchManagers }) => matchManagers?.includes(manager) ?? true)
    .flatMap(({ groupName }) => groupName ?? []);

test("what moves together is one group, and never merged by itself", () => {
  const identity = [...new Set(renovate.customManagers.map(({ depNameTemplate }) => depNameTemplate))];
  for (const name of [...identity, "@goauthentik/api"])
    expect([name, groupsOf(name)]).toEqual([name, ["authentik"]]);
  const engine = [
    "pulumi",
    "@pulumi/pulumi",
    "@pulumi/kubernetes",
    "@pulumi/random",
    "@pulumi/policy",
    "github.com/pulumi/pulumi/sdk/v3",
  ];
  for (const name of engine) expect([name, groupsOf(name)]).toEqual([name, ["pulumi"]]);
  expect(groupsOf("eslint")).toEqual(["development tools"]);
  expect(renovate.packageRules.filter(({ automerge }) => automerge === true)).toEqual([]);
});

test("npm packages and actions are pinned", () => {
  const { dependencies = {}, devDependencies = {} } = manifest;
  const versions = Object.entries({ ...dependencies, ...devDependencies });
  expect(versions.filter(([, version]) => !/^(\d+\.\d+\.\d+|file:sdks\/authentik)$/.test(version))).toEqual(
    [],
  );
  expect(renovate.extends).toContain("helpers:pinGitHubActionDigests");
});
