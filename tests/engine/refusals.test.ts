import { nobody } from "../nobody";
import { Trial } from "../../sandbox/trial";

// Everything that must stop a stack before anything is changed, with one clear error.
const STACK = "trial";
let trial: Trial;

beforeAll(async () => {
  trial = await Trial.start();
  await trial.createStack(STACK);
}, 900_000);

afterAll(() => trial.stop());

jest.setTimeout(120_000);

/** Runs `up`, expects it to fail and both servers to be as they were, and gives what was said. */
async function refused(env: NodeJS.ProcessEnv = {}, stack = STACK): Promise<string> {
  const before = [trial.stateOf("authentik"), trial.stateOf("kubernetes")];
  const kept = { ...trial.sandbox.env };
  Object.assign(trial.sandbox.env, env);
  const { code, stdout, stderr } = await trial.pulumi(["up", "--yes", "--skip-preview", "--stack", stack]);
  Object.assign(trial.sandbox.env, kept);
  expect(code).not.toBe(0);
  expect([trial.stateOf("authentik"), trial.stateOf("kubernetes")]).toEqual(before);
  expect(stdout + stderr).not.toMatch(/^\s+at .*\.ts:\d+/m);
  return stdout + stderr;
}

test("an unreachable Authentik", async () => {
  const url = await nobody();
  const said = await refused({ AUTHENTIK_URL: url });
  expect(said).toContain(`Authentik at ${url} cannot be reached`);
  expect(said).toContain("pulumi config set authentik:url");
});

test("a refused token", async () => {
  const said = await refused({ AUTHENTIK_TOKEN: "not-the-token" });
  expect(said).toContain("refused the API token");
  expect(said).toContain("pulumi config set --secret authentik:token");
  expect(said).not.toContain("not-the-token");
});

test("a missing secret, together with every other problem", async () => {
  await trial.must(["config", "rm", "plana-sso:databasePassword", "--stack", STACK]);
  await trial.must(["config", "set", "plana-sso:serverReplicas", "many", "--stack", STACK]);
  trial.edit("stacks/prod/people.ts", '["accountant"]', '["accountent"]');
  const said = await refused();
  expect(said).toContain("3 problems");
  expect(said).toContain("pulumi config set --secret plana-sso:databasePassword --stack trial");
  expect(said).toContain('plana-sso:serverReplicas: found "many"');
  expect(said).toContain("did you mean accountant?");
  trial.edit("stacks/prod/people.ts", '["accountent"]', '["accountant"]');
  await trial.must(["config", "rm", "plana-sso:serverReplicas", "--stack", STACK]);
});

test("a stack that does not say what it runs", async () => {
  await trial.createStack("other", ["plana-sso:composition"]);
  const said = await refused({}, "other");
  expect(said).toContain('plana-sso:composition: found "other"; expected one of prod, local');
});
