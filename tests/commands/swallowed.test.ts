import { run } from "../../shell/process";
import { swallowed } from "../../commands/swallowed";
import { ROOT } from "../stack-files";

test.each<[string, NodeJS.ProcessEnv, string, string]>([
  ["--stack=prod", { npm_config_stack: "prod" }, "person offboard x", "--stack prod"],
  // npm passes the name on as an argument.
  ["--stack prod", { npm_config_stack: "true" }, "prod person offboard x", "--stack <name>"],
  ["--dry-run", { npm_config_dry_run: "true" }, "--stack prod token rotate", "--dry-run"],
  ["--now", { npm_config_now: "true" }, "-sprod person offboard x", "--now"],
  ["--leave-pods", { npm_config_leave_pods: "true" }, "-s prod secret reissue forgejo", "--leave-pods"],
  [
    "all of them",
    { npm_config_stack: "prod", npm_config_dry_run: "true", npm_config_now: "true" },
    "person offboard x",
    "--stack prod --dry-run --now",
  ],
])("what npm took for itself is refused: %s", (_, env, args, options) => {
  const said = swallowed("ops", args.split(" "), env);
  expect(said).toContain(`npm has taken ${options} for itself`);
  expect(said).toContain(`\n  mend: npm run ops -- ${options} …`);
});

test.each([
  ["repair", "--state-only"],
  ["adopt", "--import-only"],
])("%s %s, taken so, would run `up` on production", async (command, option) => {
  const env = { [`npm_config_${option.slice(2).replace("-", "_")}`]: "true" };
  expect(swallowed(command, ["--stack", "prod"], env)).toContain(`mend: npm run ${command} -- ${option} …`);
  expect(swallowed(command, ["--stack", "prod", option], env)).toBeUndefined();
  const { code, stderr } = await run("npm", ["run", command, option], { cwd: ROOT, env: process.env });
  expect([code, stderr]).toEqual([2, expect.stringContaining(`npm has taken ${option} for itself`)]);
});

test.each<[string, NodeJS.ProcessEnv, string]>([
  ["nothing", {}, "person offboard x"],
  ["what npm sets by itself", { npm_config_dry_run: "", npm_config_stack: "", npm_config_yes: "" }, "doctor"],
  ["what it was told not to", { npm_config_dry_run: "false", npm_config_now: "false" }, "doctor"],
  ["what may stand in an .npmrc", { npm_config_yes: "true", npm_config_json: "true" }, "doctor"],
  [
    "what stands after --, too",
    { npm_config_stack: "prod", npm_config_dry_run: "true" },
    "-s prod --dry-run",
  ],
  ["what stands after --, otherwise written", { npm_config_stack: "prod" }, "--stack=prod doctor"],
])("and %s is not", (_, env, args) => {
  expect(swallowed("ops", args.split(" "), env)).toBeUndefined();
});

test("npm really takes it so, and no stack is opened", async () => {
  // No verb: what went on in spite of it would end, too.
  const args = ["run", "ops", "--stack=prod", "--dry-run", "--", "no-verb"];
  const { code, stderr } = await run("npm", args, { cwd: ROOT, env: process.env });
  expect(stderr).toContain("npm has taken --stack prod --dry-run for itself");
  expect(stderr).not.toContain("unknown command");
  expect(code).toBe(2);
}, 60_000);
