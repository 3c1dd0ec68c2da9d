import { sealed } from "../../adoption/sealed-import";
import { chartValues } from "../../components/server/chart-values";
import { RELEASE } from "../../state/resources";

const state = (values: unknown, type = RELEASE) =>
  JSON.stringify({ version: 3, deployment: { resources: [{ urn: "urn", type, inputs: { values } }] } });

const VALUES = {
  authentik: { secret_key: "key-in-clear", postgresql: { host: "pg01", password: "password-in-clear" } },
  server: {
    replicas: 3,
    ingress: { hosts: ["auth.example.org"] },
    env: [{ name: "A", value: "env-in-clear" }],
  },
  postgresql: { auth: { password: "chart-in-clear" }, enabled: false },
};

const OWN = chartValues({
  host: "auth.example.org",
  ingress: { controller: "nginx", className: "nginx", tlsIssuer: "letsencrypt" },
  settingsSecret: "authentik-settings",
  settingsChecksum: "digest",
  replicas: { server: 2, worker: 2 },
});

test("what may be a secret among a release's values is marked, the rest stays to be compared", () => {
  const text = sealed(state(VALUES)) ?? "";
  const { deployment } = JSON.parse(text) as { deployment: { resources: [{ inputs: { values: object } }] } };
  const secret = (value: string) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
  });
  expect(deployment.resources[0].inputs.values).toEqual({
    authentik: {
      secret_key: secret("key-in-clear"),
      postgresql: { host: secret("pg01"), password: secret("password-in-clear") },
    },
    server: {
      replicas: 3,
      ingress: { hosts: ["auth.example.org"] },
      env: [{ name: "A", value: secret("env-in-clear") }],
    },
    postgresql: { auth: { password: secret("chart-in-clear") }, enabled: false },
  });
});

test("what a Secret of the cluster holds is marked, wherever an import has written it down", () => {
  const text = "c2VjcmV0LWluLWNsZWFy";
  const marked = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(text),
  };
  const encrypted = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    ciphertext: "v1:x",
  };
  const inputs = (value: unknown) => ({
    metadata: {
      name: "authentik",
      // A copy of the data, as text.
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": value, "example.org/note": "kept" },
    },
    data: { A: value, B: encrypted },
  });
  const resource = (value: unknown) => ({
    urn: "urn",
    type: "kubernetes:core/v1:Secret",
    inputs: inputs(value),
    outputs: { ...inputs(value), __inputs: inputs(value) },
  });
  const exported = (value: unknown) =>
    JSON.stringify({ version: 3, deployment: { resources: [resource(value)] } });
  expect(JSON.parse(sealed(exported(text)) ?? "")).toEqual(JSON.parse(exported(marked)));
  expect(sealed(exported(marked))).toBeUndefined();
});

test.each([
  ["sealed already", sealed(state(VALUES)) ?? ""],
  ["the program's own values", state(OWN)],
  ["of another type", state(VALUES, "kubernetes:core/v1:Secret")],
  ["empty", JSON.stringify({ version: 3, deployment: {} })],
])("a state that is %s is left alone", (_name, text) => {
  expect(sealed(text)).toBeUndefined();
});
