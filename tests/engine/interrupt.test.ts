import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { copyProject } from "../../sandbox/copy-project";
import { buildEngine } from "../../sandbox/engine/build";
import { ROOT } from "../stack-files";

// `npm run up` on the embedded default, whose servers go with the command: what a first trial is interrupted in.
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-interrupt-"));
  const home = join(ROOT, ".local", "pulumi");
  await buildEngine(ROOT, home);
  copyProject(ROOT, folder);
  // The plugins of a sandbox are its own.
  const own = join(folder, ".local", "pulumi");
  rmSync(own);
  mkdirSync(own);
  symlinkSync(join(home, "versions"), join(own, "versions"));
  copyFileSync(join(home, "engine.stamp"), join(own, "engine.stamp"));
}, 900_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

jest.setTimeout(300_000);

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** A command of package.json in a process group of its own, as a terminal starts it. */
async function npmRun(
  command: string,
  heard: (said: string, group: number) => void = () => undefined,
): Promise<Ended> {
  const env = { ...process.env };
  for (const name of ["AUTHENTIK_URL", "AUTHENTIK_TOKEN", "KUBECONFIG"]) Reflect.deleteProperty(env, name);
  const child = spawn(process.execPath, [join(folder, "commands", "start.mjs"), command], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (child.pid !== undefined) heard(said, -child.pid);
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, said };
}

const place = (...parts: string[]) => join(folder, ".local", "sandbox", "state", ".pulumi", ...parts);

test("Ctrl-C in the middle of up leaves neither a lock nor an operation behind, and the next up goes on", async () => {
  let pressed = false;
  const { code, said } = await npmRun("up", (text, group) => {
    if (pressed || text.split(" created").length <= 40) return;
    pressed = true;
    process.kill(group, "SIGINT");
  });
  expect({ pressed, code, said }).toMatchObject({ pressed: true, code: 130 });
  expect(said).toMatch(/received; cancelling/);
  // The engine has got as far as to say what it did.
  expect(said).toMatch(/Resources:\n +\+ \d+ created/);
  const locks = place("locks", "organization", "plana-sso", "local");
  expect(existsSync(locks) ? readdirSync(locks) : []).toEqual([]);
  const { checkpoint } = JSON.parse(readFileSync(place("stacks", "plana-sso", "local.json"), "utf8")) as {
    checkpoint: { latest: { resources: unknown[]; pending_operations?: unknown[] } };
  };
  expect(checkpoint.latest.pending_operations ?? []).toEqual([]);
  expect(checkpoint.latest.resources.length).toBeGreaterThan(40);
  const next = await npmRun("up");
  expect(next).toMatchObject({ code: 0 });
  // Nothing had to be mended first.
  expect(next.said).not.toMatch(/(?:was|were) interrupted|locked by/);
});
