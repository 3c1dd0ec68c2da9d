import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Trial, type List } from "../../sandbox/trial";
import { operator as run, type Ended } from "./operator";

let trial: Trial;
const stack = "reissue";
const seen: string[] = [];

beforeAll(async () => {
  trial = await Trial.start();
  await trial.createStack(stack);
  const clients = { matomo: { clientSecret: ADOPTED } };
  await trial.setSecret("plana-sso:clients", JSON.stringify(clients), stack);
  await trial.must(["up", "--yes", "--refresh", "--stack", stack]);
  await plantDeployment("forgejo", "forgejo", "forgejo-oidc");
  await plantDeployment("forgejo", "bystander", "something-else");
  await plantDeployment("matomo", "matomo", "matomo-oidc");
}, 900_000);
afterAll(() => trial.stop());
jest.setTimeout(600_000);

const ADOPTED = "adopted-client-secret-0123456789";

async function plantDeployment(namespace: string, name: string, secret: string) {
  const response = await fetch(
    `${trial.sandbox.kubernetes.url}/apis/apps/v1/namespaces/${namespace}/deployments`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${trial.sandbox.token}`, "content-type": "application/json" },
      body: JSON.stringify({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace },
        spec: {
          selector: { matchLabels: { app: name } },
          template: {
            metadata: { labels: { app: name } },
            spec: { containers: [{ name, image: "example", envFrom: [{ secretRef: { name: secret } }] }] },
          },
        },
      }),
    },
  );
  if (!response.ok) throw new Error(await response.text());
}

async function operator(args: readonly string[], interruptAfter?: number): Promise<Ended> {
  const ended = await run(trial, args, { stack, interruptAfter });
  seen.push(ended.printed, ended.said, JSON.stringify(ended.lines));
  return ended;
}

async function provider(slug: string) {
  const { results } = await trial.authentik<List<{ client_id: string; client_secret: string }>>(
    `/providers/oauth2/?name=${slug}`,
  );
  const [found] = results;
  if (!found) throw new Error(`no provider ${slug}`);
  return found;
}

async function delivered(namespace: string, name: string): Promise<string> {
  const { data } = await trial.cluster<{ data: Record<string, string> }>(
    `/api/v1/namespaces/${namespace}/secrets/${name}`,
  );
  return Buffer.from(data.OIDC_CLIENT_SECRET ?? "", "base64").toString();
}

async function restartedAt(namespace: string, name: string) {
  const { spec } = await trial.cluster<{
    spec: { template: { metadata: { annotations?: Record<string, string> } } };
  }>(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  return spec.template.metadata.annotations?.["kubectl.kubernetes.io/restartedAt"];
}

async function askToken(clientId: string, clientSecret: string): Promise<string> {
  const response = await fetch(`${trial.sandbox.authentik.url}/application/o/token/`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: "none",
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  return ((await response.json()) as { error: string }).error;
}

const data = () => readFileSync(join(trial.folder, "stacks/prod/applications.ts"), "utf8");

test("a dry run changes nothing", async () => {
  const before = [trial.stateOf("authentik"), trial.stateOf("kubernetes"), data()];
  const { code, printed, lines } = await operator(["--dry-run", "secret", "reissue", "forgejo"]);
  expect({ code, printed }).toEqual({
    code: 0,
    printed:
      "Nothing was done. The client secret of forgejo would be reissued.\nCommit stacks/prod/applications.ts.",
  });
  expect(lines.map(({ outcome }) => outcome)).toEqual(lines.map(() => "would be done"));
  expect([trial.stateOf("authentik"), trial.stateOf("kubernetes"), data()]).toEqual(before);
});

test("one application gets a new secret everywhere, and nothing else changes", async () => {
  const old = await provider("forgejo");
  const others = await provider("grafana");
  const { code, said, printed } = await operator(["secret", "reissue", "forgejo"]);
  expect({ code, said }).toMatchObject({ code: 0 });
  expect(printed).toContain("the token endpoint accepts the new one and refuses any other");
  expect(printed).toContain(
    "Merge stacks/prod/applications.ts before the next `up` or deploy of stack reissue: until then the program is refused",
  );
  const now = await provider("forgejo");
  expect(now.client_id).toBe(old.client_id);
  expect(now.client_secret).not.toBe(old.client_secret);
  expect(await delivered("forgejo", "forgejo-oidc")).toBe(now.client_secret);
  expect(await askToken(now.client_id, now.client_secret)).toBe("invalid_grant");
  expect(await askToken(now.client_id, old.client_secret)).toBe("invalid_client");
  expect(await provider("grafana")).toEqual(others);
  expect(data()).toMatch(/slug: "forgejo",(?:(?!\n {2}\}).)*\n {4}secretGeneration: 2,\n {2}\}/s);
  expect(data().match(/secretGeneration/g)).toHaveLength(1);
  expect(await restartedAt("forgejo", "forgejo")).toBeDefined();
  expect(await restartedAt("forgejo", "bystander")).toBeUndefined();
  expect(await trial.changes(stack, "--refresh")).toEqual([]);
});

test("with the data from before, nothing is touched, however the program is run", async () => {
  const file = join(trial.folder, "stacks/prod/applications.ts");
  const merged = data();
  const before = [trial.stateOf("authentik"), trial.stateOf("kubernetes")];
  writeFileSync(file, merged.replace(/\n {4}secretGeneration: 2,/, ""));
  for (const args of [["preview"], ["up", "--yes", "--skip-preview", "--refresh=false"]]) {
    const { code, stdout, stderr } = await trial.pulumi([...args, "--stack", stack]);
    expect([args, code === 0]).toEqual([args, false]);
    expect(stdout + stderr).toContain(
      'applications: forgejo: found "secretGeneration: 1"; expected 2 or more',
    );
  }
  expect([trial.stateOf("authentik"), trial.stateOf("kubernetes")]).toEqual(before);
  writeFileSync(file, merged);
  expect(await trial.changes(stack, "--refresh")).toEqual([]);
});

test("an adopted client gets its new secret in the configuration", async () => {
  const before = data();
  const { code, said, printed } = await operator(["secret", "reissue", "matomo"]);
  expect({ code, said }).toMatchObject({ code: 0 });
  const now = await provider("matomo");
  expect(now.client_secret).not.toBe(ADOPTED);
  expect(await askToken(now.client_id, ADOPTED)).toBe("invalid_client");
  expect(await delivered("matomo", "matomo-oidc")).toBe(now.client_secret);
  expect(data()).toBe(before);
  expect(printed).toContain(
    "before the next `up` or deploy of stack reissue: until then the program gives matomo the old secret back",
  );
  seen.push(readFileSync(join(trial.folder, `Pulumi.${stack}.yaml`), "utf8"));
});

// After every step and at every request: secret-faults.test.ts. Here where the engine has still to act.
test.each([
  ["forgejo", [1]],
  ["matomo", [1]],
])("%s: interrupted after step %j, the next run finishes it", async (slug, steps) => {
  const whole = await operator(["--dry-run", "secret", "reissue", slug]);
  expect(whole.lines).toHaveLength(5);
  for (const after of steps) {
    const old = await provider(slug);
    const cut = await operator(["secret", "reissue", slug], after);
    expect(cut).toMatchObject({ code: 1, said: expect.stringContaining("interrupted") as string });
    const between = await provider(slug);
    const ended = await operator(["secret", "reissue", slug]);
    expect({ code: ended.code, said: ended.said }).toMatchObject({ code: 0 });
    const now = await provider(slug);
    expect(now.client_secret).not.toBe(old.client_secret);
    // Going on is not issuing yet another one.
    if (after >= 2) expect(now.client_secret).toBe(between.client_secret);
    expect(await delivered(slug, `${slug}-oidc`)).toBe(now.client_secret);
  }
});

test("a change that does not belong to the secret is refused before anything is touched", async () => {
  const before = await provider("grafana");
  trial.edit("stacks/prod/applications.ts", '["/login/generic_oauth"]', '["/login/generic_oauth", "/other"]');
  const reviewed = data();
  const refused = await operator(["secret", "reissue", "grafana"]);
  expect(refused.code).toBe(1);
  expect(data()).toBe(reviewed);
  expect(refused.said).toContain("would also change what does not belong to it");
  expect(refused.said).toContain("allowedRedirectUris");
  expect(await provider("grafana")).toEqual(before);
  trial.edit("stacks/prod/applications.ts", ', "/other"', "");
  expect((await operator(["secret", "reissue", "grafana"])).code).toBe(0);
  // After all of that.
  expect(await trial.changes(stack, "--refresh")).toEqual([]);
});

test("an unknown application is wrong use, with the nearest name", async () => {
  const { code, said } = await operator(["secret", "reissue", "forgjo"]);
  expect(code).toBe(2);
  expect(said).toContain('there is no application "forgjo" in stack reissue; did you mean forgejo?');
});

test("an application behind the outpost has no client secret", async () => {
  const { code, said } = await operator(["secret", "reissue", "matomo-admin"]);
  expect(code).toBe(1);
  expect(said).toContain("matomo-admin is behind the outpost");
});

test("the manifest is given out in clear only where that is asked for", async () => {
  const { client_secret: secret } = await provider("forgejo");
  const clear = await run(trial, ["secret", "manifest", "forgejo", "--plain"], { stack });
  expect(clear.printed).toContain(`OIDC_CLIENT_SECRET: ${secret}`);
  expect(clear.printed).toMatch(/^apiVersion: v1\nkind: Secret\nmetadata:\n {2}name: forgejo-oidc\n/);
  expect(clear.said + JSON.stringify(clear.lines)).not.toContain(secret);
});

test("no secret was let be seen", async () => {
  const secrets = await Promise.all(
    ["forgejo", "matomo", "grafana"].map(async (slug) => (await provider(slug)).client_secret),
  );
  for (const secret of [...secrets, ADOPTED, trial.sandbox.token]) {
    for (const text of seen) expect(text.includes(secret)).toBe(false);
  }
});
