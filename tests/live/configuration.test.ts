import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CliOptions, Workspace } from "../../state/workspace";
import { configuration, configure, configured } from "../../live/configuration";
import { compositionOf } from "../../state/stack-file";
import { Secret } from "../../live/secret";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-configuration-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["config:\n  plana-sso:composition: prod\n", "prod"],
  ["config:\n  plana-sso:domain: example.org\n", "trial"],
  ["config: {}\n", "trial"],
  ["", "trial"],
  [undefined, "trial"],
])("the composition of the stack file %j is %s", (text, composition) => {
  const file = join(folder, "Pulumi.trial.yaml");
  if (text !== undefined) writeFileSync(file, text);
  expect(compositionOf({ stack: "trial", configFile: () => file })).toBe(composition);
});

const HIDDEN = "hidden-value-4f1d";

/** A stack whose CLI ends so; what it was asked is noted. */
function stackThat(ended: { readonly code?: number; readonly stdout?: string; readonly stderr?: string }) {
  const asked: { args: readonly string[]; stdin?: string }[] = [];
  const pulumi = (args: readonly string[], { stdin }: CliOptions = {}) => {
    asked.push({ args, stdin });
    return Promise.resolve({ code: 0, stdout: "", stderr: "", ...ended });
  };
  const workspace = { stack: "trial", configFile: () => "Pulumi.trial.yaml", pulumi };
  return { asked, workspace: workspace as unknown as Workspace };
}

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => String(error),
  );

const CONFIGURATION = {
  "authentik:token": { value: `${HIDDEN}\n`, secret: true },
  "plana-sso:clients": { value: '{"a":{}}', objectValue: { a: {} }, secret: true },
  "plana-sso:domain": { value: "example.org", secret: false },
  "plana-sso:lokiUrl": { value: "", secret: false },
};

test("the configuration is read past a warning of the CLI, and shows no value when it is printed", async () => {
  const { workspace } = stackThat({ stdout: `warning: a new version\n${JSON.stringify(CONFIGURATION)}` });
  const read = await configuration(workspace);
  expect([...read].map(([key, { secret, isObject }]) => [key, secret, isObject])).toEqual([
    ["authentik:token", true, false],
    ["plana-sso:clients", true, true],
    ["plana-sso:domain", false, false],
    ["plana-sso:lokiUrl", false, false],
  ]);
  expect(JSON.stringify([...read])).not.toContain(HIDDEN);
  expect((await configured(workspace, "authentik:token"))?.reveal()).toBe(HIDDEN);
  expect((await configured(workspace, "plana-sso:clients"))?.reveal()).toBe('{"a":{}}');
  expect(await configured(workspace, "plana-sso:lokiUrl")).toBeUndefined();
  expect(await configured(workspace, "plana-sso:google")).toBeUndefined();
});

test.each([
  ["one cut off", { stdout: JSON.stringify(CONFIGURATION).slice(0, -9) }, "cannot be read as JSON"],
  ["no JSON", { stdout: `{${HIDDEN}` }, "cannot be read as JSON"],
  [
    "none",
    { code: 255, stdout: JSON.stringify(CONFIGURATION), stderr: "error: incorrect passphrase\n" },
    "the configuration of stack trial cannot be read: error: incorrect passphrase\n  mend: npm run pulumi -- stack ls --stack trial",
  ],
])("of an answer that is %s nothing is told", async (_, ended, told) => {
  const message = await messageOf(configuration(stackThat(ended).workspace));
  expect(message).toContain(told);
  expect(message).not.toContain(HIDDEN);
});

test.each([
  ["authentik:token", true, ["--secret", "authentik:token"]],
  ["plana-sso:clients.a.clientSecret", true, ["--secret", "--path", "plana-sso:clients.a.clientSecret"]],
  ["plana-sso:googleClientId", false, ["--plaintext", "plana-sso:googleClientId"]],
])("%s is stored through standard input; secret: %j", async (path, secret, args) => {
  const { asked, workspace } = stackThat({});
  await configure(workspace, path, new Secret(HIDDEN), secret);
  expect(asked).toEqual([{ args: ["config", "set", "--raw", ...args], stdin: HIDDEN }]);
});

test("what the CLI says of a value that it does not store is told without the value", async () => {
  const { workspace } = stackThat({ code: 255, stderr: `error: cannot encrypt ${HIDDEN}\n` });
  expect(await messageOf(configure(workspace, "authentik:token", new Secret(HIDDEN)))).toBe(
    "Error: authentik:token could not be stored for stack trial: error: cannot encrypt [secret]\n" +
      "  mend: make sure that Pulumi.trial.yaml can be written, then run this again",
  );
  expect(await messageOf(configure(workspace, "authentik:token", new Secret("")))).toContain(
    "encrypt hidden",
  );
});
