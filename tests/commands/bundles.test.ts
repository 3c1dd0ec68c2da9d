import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { copyProject } from "../../sandbox/copy-project";
import { ROOT } from "../stack-files";

// What the npm commands really run is bundled, and bundled again only after a change.
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-bundles-"));
  copyProject(ROOT, folder);
  bundle();
});

afterAll(() => rmSync(folder, { recursive: true }));

const COMMAND = join(".local", "build", "command.cjs");

function bundle(): void {
  const script = `
    import { bundleCommands, bundlePolicy } from ${JSON.stringify(`file://${join(folder, "commands", "bundles.mjs")}`)};
    bundleCommands(process.argv[1]);
    await bundlePolicy(process.argv[1]);`;
  execFileSync(process.execPath, ["--input-type=module", "-e", script, folder]);
}

const made = (file: string) => statSync(join(folder, file)).mtimeMs;

test("a change of the code is bundled by the next command, and nothing is without one", () => {
  const before = made(COMMAND);
  bundle();
  expect(made(COMMAND)).toBe(before);
  appendFileSync(join(folder, "stacks", "prod", "people.ts"), '\nconsole.log("bundled anew");\n');
  bundle();
  expect(made(COMMAND)).toBeGreaterThan(before);
  expect(readFileSync(join(folder, COMMAND), "utf8")).toContain("bundled anew");
});

test("a change of a rule is bundled by the next command, too", () => {
  const pack = join(".local", "build", "policy", "index.js");
  const before = made(pack);
  bundle();
  expect(made(pack)).toBe(before);
  appendFileSync(join(folder, "policy", "index.ts"), '\nconsole.error("a rule more");\n');
  bundle();
  expect(readFileSync(join(folder, pack), "utf8")).toContain("a rule more");
});

test("a reader that is gone ends no command", async () => {
  const child = spawn(process.execPath, [join(folder, COMMAND), "ops", "--help"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, said]).toEqual([0, ""]);
});

test("commands hold no component's SDK, which takes longer to load than most of them to run", () => {
  const text = readFileSync(join(folder, COMMAND), "utf8");
  expect(text).toContain("// stacks/prod/applications.ts");
  expect(text).not.toMatch(/^ *\/\/ (?:sdks\/|node_modules\/@pulumi\/pulumi\/index\.js)/m);
});
