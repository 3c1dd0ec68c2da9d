import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { version } from "pulumi/package.json";

import { ROOT } from "../stack-files";

// The commands as npm starts them, with a CLI where its package keeps it that ends in order, slowly, and says so to the end.
let folder: string;
let log: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plana-sso-interrupt-"));
  log = join(folder, "log");
  const cli = `#!${process.execPath}
    const { appendFileSync, existsSync } = require("node:fs");
    const note = (text) => appendFileSync(${JSON.stringify(log)}, text + "\\n");
    const args = process.argv.slice(2);
    if (args[0] === "version") {
      console.log(${JSON.stringify(`v${version}`)});
      process.exit(0);
    }
    note(args.slice(0, 2).join(" "));
    let asked = 0;
    const end = () => {
      const kubeconfig = existsSync(process.env.KUBECONFIG) ? "there" : "gone";
      const said = (error) => {
        note(\`ended, asked \${asked}, \${error ? "nobody listens" : "heard"}, kubeconfig \${kubeconfig}\`);
        process.exit(0);
      };
      process.stdout.on("error", () => undefined);
      process.stdout.write("ending in order\\n", said);
    };
    for (const signal of ["SIGINT", "SIGTERM"]) {
      process.on(signal, () => {
        asked += 1;
        if (asked === 1) setTimeout(end, 1500);
        console.log(signal + " received; " + (asked === 1 ? "cancelling" : "terminating"));
      });
    }
    console.log("working");
    setInterval(() => undefined, 1000);`;
  const bin = join(folder, "versions", version, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "pulumi"), cli, { mode: 0o755 });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly noted: readonly string[];
}

/** Starts a command, as a terminal does in a process group of its own, and interrupts it once its CLI works. */
async function interrupted(args: readonly string[], interrupt: (pid: number) => void): Promise<Ended> {
  const env = { ...process.env };
  Reflect.deleteProperty(env, "KUBECONFIG");
  const child = spawn(process.execPath, [join(ROOT, "commands", "start.mjs"), ...args], {
    cwd: ROOT,
    env: {
      ...env,
      PATH: `${join(ROOT, "node_modules", ".bin")}${delimiter}${env.PATH ?? ""}`,
      PULUMI_HOME: folder,
      AUTHENTIK_URL: "http://127.0.0.1:9",
      AUTHENTIK_TOKEN: "worthless",
      KUBECONFIG_CONTENT: "apiVersion: v1\nkind: Config\nclusters: []\n",
      CI: "true",
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  }
  const noted = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);
  const begun = setInterval(() => {
    if (noted().length === 0 || child.pid === undefined) return;
    clearInterval(begun);
    // Until it listens.
    const { pid } = child;
    setTimeout(() => interrupt(pid), 300);
  }, 50);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  clearInterval(begun);
  // A CLI that is left alone ends later, or never.
  const bound = Date.now() + 5_000;
  while (!noted().some((line) => line.startsWith("ended")) && Date.now() < bound)
    await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    group("SIGKILL")(child.pid ?? 0);
  } catch {
    // Nobody is left.
  }
  return { code, said, noted: noted() };
}

const group = (signal: NodeJS.Signals) => (pid: number) => void process.kill(-pid, signal);
const alone = (signal: NodeJS.Signals) => (pid: number) => void process.kill(pid, signal);
/** Ctrl-C at a terminal: npm, which gets it as well, hands it on to the command. */
const throughNpm = (pid: number) => {
  group("SIGINT")(pid);
  setTimeout(() => alone("SIGINT")(pid), 50);
};

const IN_ORDER = "ended, asked 1, heard, kubeconfig there";

test.each([
  ["Ctrl-C", group("SIGINT"), 130],
  ["Ctrl-C, of which npm tells again", throughNpm, 130],
  ["SIGTERM of the command alone", alone("SIGTERM"), 143],
  ["SIGTERM of all", group("SIGTERM"), 143],
  ["SIGHUP of the command alone", alone("SIGHUP"), 129],
])(
  "%s lets what runs end in order, with its kubeconfig, and begins nothing after it",
  async (_way, way, code) => {
    expect(await interrupted(["up"], way)).toMatchObject({ code, noted: ["stack select", IN_ORDER] });
  },
);

test("a second Ctrl-C goes to what runs, too", async () => {
  const { code, noted } = await interrupted(["pulumi", "refresh"], (pid) => {
    group("SIGINT")(pid);
    setTimeout(() => group("SIGINT")(pid), 700);
  });
  expect([code, noted[1]]).toEqual([130, IN_ORDER.replace("asked 1", "asked 2")]);
});

test("an operator's command, too, waits for what runs, and a Ctrl-C of which npm tells again is one", async () => {
  const reissue = ["ops", "--yes", "secret", "reissue", "forgejo"];
  const { code, said, noted } = await interrupted(reissue, throughNpm);
  expect(noted).toEqual(["stack export", IN_ORDER]);
  expect([code, said]).toEqual([1, expect.stringContaining("stopping after this step")]);
});
