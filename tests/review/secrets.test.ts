import { reportOf } from "../../review/report";
import { readPreview, type Properties } from "../../state/resources";
import { formats } from "./formats";
import { Recording, STACK } from "./recording";

let now: Recording;

beforeAll(async () => {
  now = await Recording.make();
}, 900_000);

const PLANTED = "planted-secret-4711";

/** As the engine writes a secret with `--show-secrets`. */
const SECRET = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: PLANTED,
  plaintext: JSON.stringify(PLANTED),
};

/** What the report tells by name, so what is no secret. */
const TOLD: Record<string, readonly string[]> = {
  User: ["username", "name", "email"],
  Group: ["name"],
  Application: ["slug", "name"],
  ProviderOauth2: ["allowedRedirectUris", "grantTypes", "name"],
  ProviderProxy: ["skipPathRegex", "mode", "externalHost", "name"],
  PropertyMappingProviderScope: ["scopeName", "name"],
  Release: ["version", "chart"],
  SourceOauth: ["userMatchingMode", "slug", "name"],
  StageAuthenticatorValidate: ["deviceClasses", "lastAuthThreshold", "notConfiguredAction", "name"],
};

/** What ties objects together or decides, and so has to stay. */
const TIES = new Set([
  "target",
  "policy",
  "group",
  "stage",
  "protocolProvider",
  "propertyMappings",
  "groups",
  "name",
]);

test("what is planted as a secret, or in a property that is not told, is in no format", () => {
  // Every property of every object changes, so that whatever shows changes is tried.
  const steps = now.steps.map(({ op, urn, before, after }) => {
    const planted = (from: Properties, type: string, wrapped: boolean): Properties =>
      Object.fromEntries<unknown>([
        ...Object.entries(from).map(([key, value]): [string, unknown] => {
          const shown = (TOLD[type.split(":").at(-1) ?? ""] ?? []).includes(key) || TIES.has(key);
          if (shown || typeof value !== "string") return [key, value];
          return [key, wrapped ? SECRET : `${value} ${PLANTED}`];
        }),
        ["somethingElse", wrapped ? SECRET : PLANTED],
        ["nested", { deep: [wrapped ? SECRET : PLANTED] }],
      ]);
    const state = (resource: typeof before, wrapped: boolean) =>
      resource && {
        ...resource,
        inputs: planted(resource.inputs, resource.type, wrapped),
        outputs: planted(resource.outputs, resource.type, wrapped),
      };
    return {
      op: op === "same" ? "update" : op,
      urn,
      oldState: state(before, false),
      newState: state(after, true),
      detailedDiff: {
        somethingElse: { kind: "update" },
        "nested.deep[0]": { kind: "update" },
        clientSecret: { kind: "update" },
      },
    };
  });
  const report = reportOf({ stack: STACK, steps: readPreview(JSON.stringify({ steps })) });
  expect(report.findings.length).toBeGreaterThan(5);
  for (const [format, text] of Object.entries(formats(report))) {
    expect([format, text.includes(PLANTED)]).toEqual([format, false]);
    expect(text).not.toMatch(/ciphertext|plaintext/);
  }
});

test("the secrets of the stack are in no format", () => {
  const report = now.update("User", "julian.lubenov", { name: "J" }).report();
  for (const text of Object.values(formats(report))) {
    for (const secret of [
      "trial-database-password",
      "trial-secret-key",
      "trial-bootstrap-token",
      "trial-google-secret",
    ])
      expect(text).not.toContain(secret);
    expect(text).not.toContain("[secret]");
  }
});
