import type { Examination } from "../../operations/doctor/examination";
import { clusterSecrets } from "../../operations/doctor/cluster-secrets";
import { totp } from "../../operations/doctor/totp";
import { versions } from "../../operations/doctor/versions";
import { Secret } from "../../live/secret";
import { ROOT } from "../stack-files";

const pinned = "2026.5.6";

test.each([
  [pinned, []],
  // Within a release nothing that the program or these commands rely on changes.
  ["2026.5.9", [`warning: package @goauthentik/api: is ${pinned}, where 2026.5.9 is wanted`]],
  [
    "2026.8.1",
    [
      `error: package @goauthentik/api: is ${pinned}, where 2026.8.1 is wanted`,
      "error: provider: is 2026.5, where 2026.8 is wanted",
    ],
  ],
])("a server of version %s: %j", async (server, expected) => {
  const found = await versions.run({
    authentik: { get: () => Promise.resolve({ version_current: server }) },
    resources: [],
    context: { workspace: { folder: ROOT } },
  } as unknown as Examination);
  expect(found.map(({ severity, subject, meaning }) => `${severity}: ${subject}: ${meaning}`)).toEqual(
    expected,
  );
});

test("an answer that tells nothing of a person makes no second factor good", async () => {
  const examination = {
    authentik: { get: () => Promise.resolve({}) },
    resources: [{ type: "authentik:index/user:User", name: "julian.lubenov", id: "8", inputs: {} }],
  } as unknown as Examination;
  await expect(totp.run(examination)).rejects.toThrow("the answer is no person");
});

describe("a Secret in the state", () => {
  const SIGNATURE = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const secret = (value: unknown) => ({ ...SIGNATURE, plaintext: JSON.stringify(value) });
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  const type = "kubernetes:core/v1:Secret";
  const urn = `urn:pulumi:prod::plana-sso::${type}::forgejo-oidc`;

  async function found(inputs: object): Promise<string[]> {
    const exported = { deployment: { resources: [{ urn, type, inputs }] } };
    const answer = { code: 0, stdout: JSON.stringify(exported), stderr: "" };
    const metadata = { name: "forgejo-oidc", namespace: "forgejo" };
    const examination = {
      cluster: { secret: () => Promise.resolve({ A: new Secret("live") }) },
      context: { workspace: { stack: "prod", pulumi: () => Promise.resolve(answer) } },
      resources: [{ urn, type, name: "forgejo-oidc", inputs: { metadata }, propertyDependencies: {} }],
    } as unknown as Examination;
    return (await clusterSecrets.run(examination)).map(({ subject, meaning }) => `${subject}: ${meaning}`);
  }

  // As the provider keeps it: what the program says, or, after a refresh, what the cluster tells.
  test.each([
    ["stringData, whole", { stringData: secret({ A: "live" }) }, { stringData: secret({ A: "other" }) }],
    ["stringData, each", { stringData: { A: secret("live") } }, { stringData: { A: secret("other") } }],
    ["data", { data: secret({ A: encoded("live") }) }, { data: secret({ A: encoded("other") }) }],
    [
      "both, of which stringData counts",
      { data: { A: secret(encoded("other")) }, stringData: { A: secret("live") } },
      { data: { A: secret(encoded("live")) }, stringData: { A: secret("other") } },
    ],
  ])("as %s is compared with the cluster's", async (_name, same, other) => {
    expect(await found(same)).toEqual([]);
    expect(await found(other)).toEqual(["Secret forgejo/forgejo-oidc: is not the program's: A differs"]);
  });
});
