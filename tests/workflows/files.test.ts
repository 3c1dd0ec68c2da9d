import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";
import { z } from "zod";

import { ROOT } from "../stack-files";

const FOLDER = join(ROOT, ".forgejo", "workflows");
const ENV = z.record(z.string(), z.string());
const PERMISSIONS = z.record(z.string(), z.enum(["read", "write", "none"]));

/** Everything that a workflow of this repository may say: an unknown key is a slip that a forge passes over. */
const STEP = z.strictObject({
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  env: ENV.optional(),
});
const JOB = z.strictObject({
  if: z.string().optional(),
  "runs-on": z.literal("docker"),
  "timeout-minutes": z.int().min(5).max(360),
  permissions: PERMISSIONS,
  steps: z.array(STEP).min(3),
});
const WORKFLOW = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({}),
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.boolean() }),
  jobs: z.record(z.string(), JOB),
});
type Step = z.output<typeof STEP>;

const FILES = readdirSync(FOLDER).sort();
const text = (file: string) => readFileSync(join(FOLDER, file), "utf8");
const WORKFLOWS = new Map(FILES.map((file) => [file, WORKFLOW.parse(load(text(file)))]));
const workflow = (name: string) => {
  const found = WORKFLOWS.get(`${name}.yaml`);
  if (!found) throw new Error(`no workflow ${name}`);
  return found;
};
const JOBS = [...WORKFLOWS].flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => ({ where: `${file} ${name}`, job })),
);
const STEPS = JOBS.flatMap(({ where, job }) =>
  job.steps.map((step, index) => ({ where: `${where} ${index}`, step })),
);
const jobOf = (file: string, name: string) => {
  const job = workflow(file).jobs[name];
  if (!job) throw new Error(`no job ${name}`);
  return job;
};
const runs = (file: string, name: string) => jobOf(file, name).steps.flatMap(({ run }) => run ?? []);
const secretsOf = (value: unknown) =>
  [...JSON.stringify(value).matchAll(/secrets\.(\w+)/g)].map(([, name = ""]) => name);

test("these are the workflows, triggered by this and nothing else", () => {
  expect(FILES).toEqual(["deploy.yaml", "drift.yaml", "pull-request.yaml"]);
  expect(workflow("pull-request").on).toEqual({
    pull_request: { branches: ["main"], types: ["opened", "synchronize", "reopened"] },
  });
  expect(workflow("deploy").on).toEqual({ push: { branches: ["main"] }, workflow_dispatch: null });
  expect(workflow("drift").on).toEqual({
    schedule: [{ cron: expect.stringMatching(/^\d+ \d+ \* \* \*$/) as string }],
    workflow_dispatch: null,
  });
  for (const file of FILES) expect(text(file)).not.toContain("pull_request_target");
});

test("what runs is commands of this repository, one a step", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
  // Both are written by others and land with this.
  const known = [...Object.keys(scripts), "review"];
  for (const { where, step } of STEPS) {
    expect([where, (step.run === undefined) !== (step.uses === undefined)]).toEqual([where, true]);
    if (step.run === undefined) continue;
    // No expression: what a pull request is named may not become a command.
    expect(step.run).toMatch(/^npm (test|run [a-z]+( -- [a-z0-9 ./-]+)?)$/);
    expect([where, known]).toEqual([where, expect.arrayContaining([step.run.split(" ").slice(1, 3).at(-1)])]);
  }
});

test("actions are pinned by digest, with their version beside it", () => {
  const lines = FILES.flatMap((file) => text(file).split("\n")).filter((line) => line.includes("uses:"));
  expect(lines.length).toBeGreaterThan(8);
  for (const line of lines)
    expect(line).toMatch(
      /^ {6}(- | {2})uses: https:\/\/data\.forgejo\.org\/(actions|forgejo)\/[a-z-]+@[0-9a-f]{40} # v\d+(\.\d+\.\d+)?$/,
    );
  // One action, one digest.
  const digests = new Map(lines.map((line) => line.replace(/.*uses: /, "").split("@") as [string, string]));
  expect(new Set(lines.map((line) => line.replace(/.*uses: /, ""))).size).toBe(digests.size);
});

test("the token may do what the job does, and no more", () => {
  expect(Object.fromEntries(JOBS.map(({ where, job }) => [where, job.permissions]))).toEqual({
    "deploy.yaml deploy": { contents: "read", issues: "write" },
    "drift.yaml drift": { contents: "read", issues: "write" },
    "pull-request.yaml check": { contents: "read" },
    "pull-request.yaml review": { contents: "read", issues: "write", "pull-requests": "write" },
  });
  const checkouts = STEPS.filter(({ step }) => step.uses?.includes("/checkout@"));
  expect(checkouts).toHaveLength(JOBS.length);
  for (const { step } of checkouts) expect(step.with).toEqual({ "persist-credentials": false });
});

const STACK = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "KUBECONFIG"];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "deploy repair": ["PULUMI_CONFIG_PASSPHRASE", ...STACK],
  "deploy up": ["PULUMI_CONFIG_PASSPHRASE", ...STACK],
  "deploy outcome": ["GITHUB_TOKEN"],
  "drift repair": ["PULUMI_CONFIG_PASSPHRASE", ...STACK],
  "drift drift": ["PULUMI_CONFIG_PASSPHRASE", ...STACK, "GITHUB_TOKEN"],
  "drift outcome": ["GITHUB_TOKEN"],
  "pull-request preview": ["PULUMI_CONFIG_PASSPHRASE", ...STACK.map((name) => `PREVIEW_${name}`)],
  "pull-request review": ["PULUMI_CONFIG_PASSPHRASE", ...STACK.map((name) => `PREVIEW_${name}`)],
  "pull-request comment": ["GITHUB_TOKEN"],
};

test("secrets stand only on the steps that use them, and only in their environment", () => {
  for (const { where, step } of STEPS) {
    const name = `${where.split(".")[0] ?? ""} ${/^npm run (\w+)/.exec(step.run ?? "")?.[1] ?? "-"}`;
    expect([where, secretsOf(step.env ?? {}).sort()]).toEqual([where, [...(ALLOWED[name] ?? [])].sort()]);
    expect([where, secretsOf({ ...step, env: undefined })]).toEqual([where, []]);
  }
  // Neither at the top nor on a job.
  const all = [...WORKFLOWS.values()].flatMap((one) => secretsOf(one));
  expect(all).toHaveLength(STEPS.flatMap(({ step }) => secretsOf(step)).length);
});

test("what is installed is installed by a step that has no secret", () => {
  for (const { where, job } of JOBS) {
    const first = job.steps.find(({ run }) => run !== undefined);
    expect([where, first?.run, first?.env]).toEqual([where, "npm run scan", undefined]);
  }
});

test("a pull request from a fork gets the checks without secrets, and nothing else", () => {
  const { jobs } = workflow("pull-request");
  const forFork = Object.entries(jobs).filter(([, job]) => job.if === undefined);
  expect(forFork.map(([name]) => name)).toEqual(["check"]);
  expect(secretsOf(jobs.check)).toEqual([]);
  expect(JSON.stringify(jobs.check)).not.toContain("vars.");
  expect(jobs.review?.if).toBe("github.event.pull_request.head.repo.full_name == github.repository");
  expect(runs("pull-request", "check")).toEqual(["npm run scan", "npm test"]);
});

test("a pull request is previewed with the policy pack, reviewed and told, also where it is refused", () => {
  expect(runs("pull-request", "review")).toEqual([
    "npm run scan",
    "npm run preview -- --stack prod",
    "npm run review -- --stack prod --fail-on unsafe --output .local/report/",
    "npm run comment -- --stack prod --file .local/report/access.md",
  ]);
  const { steps } = jobOf("pull-request", "review");
  const afterPreview = steps.slice(steps.findIndex(({ run }) => run?.includes("preview")) + 1);
  expect(afterPreview.map((step: Step) => step.if)).toEqual(afterPreview.map(() => "${{ !cancelled() }}"));
  expect(workflow("pull-request").concurrency["cancel-in-progress"]).toBe(true);
});

test.each(["deploy", "drift"])("%s runs alone, is not cancelled half way, and tells how it ended", (name) => {
  expect(workflow(name).concurrency).toEqual({ group: "stack-prod", "cancel-in-progress": false });
  const { steps } = jobOf(name, name);
  expect(runs(name, name)).toEqual([
    "npm run scan",
    "npm run repair -- --stack prod --state-only",
    `npm run ${name === "deploy" ? "up" : "drift"} -- --stack prod`,
    `npm run outcome -- --job ${name} --stack prod --status success`,
    `npm run outcome -- --job ${name} --stack prod --status failure`,
  ]);
  expect(steps.slice(-2).map((step) => step.if)).toEqual([
    "${{ success() }}",
    "${{ failure() || cancelled() }}",
  ]);
});

test("a deployment has time enough not to be cut off", () => {
  expect(jobOf("deploy", "deploy")["timeout-minutes"]).toBeGreaterThanOrEqual(120);
});
