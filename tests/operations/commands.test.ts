import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";

import type { AuthentikApi } from "../../live/authentik";
import { operate } from "../../operations";
import { askTerminal } from "../../operations/confirm";
import type { Context } from "../../operations/context";
import type { Account } from "../../operations/person/accounts";
import { AUTHENTICATORS } from "../../operations/person/holdings";
import { Steps } from "../../operations/steps";
import type { AddVerb } from "../../operations/verb";
import { ROOT } from "../stack-files";
import { Office } from "./office";
import { commandsIn, faultOf } from "./typed";

const PAGES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => join("docs", name))];

test.each(PAGES)("%s: every command can be typed as it stands there", async (page) => {
  for (const command of commandsIn(readFileSync(join(ROOT, page), "utf8"))) {
    const fault = await faultOf(command);
    // A table names a verb without what it is done to.
    if (!fault?.startsWith("error: missing required argument"))
      expect([command, fault]).toEqual([command, undefined]);
  }
});

test("a command that cannot be typed is found out", async () => {
  expect(await faultOf("npm run ops -- --stack prod person offbord x")).toContain("Did you mean offboard?");
  expect(await faultOf("npm run opps -- x")).toBe("no script opps");
});

async function help(...args: string[]): Promise<string> {
  const printed: string[] = [];
  const code = await operate([...args, "--help"], () => Promise.reject(new Error("not needed")), {
    print: (text) => printed.push(text),
  });
  expect(code).toBe(0);
  return printed.join("\n");
}

/** The examples of a help: what comes after the usage, which is none. */
const examplesOf = (text: string) => commandsIn(text.replace(/^Usage:.*$/m, ""));

const VERBS = [
  ["person", "add"],
  ["person", "invite"],
  ["person", "offboard"],
  ["access"],
  ["token", "rotate"],
  ["secret", "reissue"],
  ["secret", "manifest"],
  ["doctor"],
];

test.each(VERBS.map((verb) => [verb]))(
  "the help of %j has examples that can be typed, and every option",
  async (verb) => {
    const text = await help(...verb);
    const commands = examplesOf(text);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect([command, await faultOf(command)]).toEqual([command, undefined]);
    for (const option of ["--stack", "--dry-run", "--json", "--yes"]) expect(text).toContain(option);
    expect(text).not.toContain("default: false");
  },
);

test("the help of all names every verb", async () => {
  const text = await help();
  for (const noun of ["person", "access", "token", "secret", "doctor"]) expect(text).toMatch(`\n  ${noun}`);
  for (const command of examplesOf(text))
    expect([command, await faultOf(command)]).toEqual([command, undefined]);
});

test.each([
  [["persn"], "Did you mean person?"],
  [["token", "rotate", "--which", "bootstap"], "Allowed choices are bootstrap, automation"],
  [["doctor", "--thruogh", "x"], "Did you mean --through?"],
  [["secret", "reissue"], "missing required argument 'app'"],
  [["access", "a", "b"], "too many arguments"],
])("wrong use is exit 2 and says what was meant: %j", async (args, told) => {
  const said: string[] = [];
  const code = await operate(args, () => Promise.reject(new Error("not needed")), {
    say: (text) => said.push(text),
  });
  expect([code, said.join("\n")]).toEqual([2, expect.stringContaining(told)]);
});

describe("a question before access is cut", () => {
  const answer = async (keys: string, terminal = false) => {
    const input = Object.assign(new PassThrough(), terminal ? { isTTY: true, setRawMode: () => input } : {});
    const output = Object.assign(new PassThrough(), terminal ? { isTTY: true } : {});
    const asked = askTerminal("Cut off?", input, output);
    if (keys === "") input.end();
    else input.write(keys);
    return asked;
  };

  test.each([
    ["y\n", true],
    ["Yes\n", true],
    ["\n", false],
    ["n\n", false],
    ["yep\n", false],
  ])("%j is %s", async (keys, expected) => {
    expect(await answer(keys)).toBe(expected);
  });

  test("the end of the input, and Ctrl-C, are a no, and not the end of the command", async () => {
    expect(await answer("")).toBe(false);
    expect(await answer("\u0003", true)).toBe(false);
    expect(await answer("\u0004", true)).toBe(false);
  });
});

describe("a command that is stopped", () => {
  let office: Office;
  beforeAll(async () => {
    office = await Office.open();
  });
  afterAll(() => office.close());

  test("finishes its step, begins no other, and says that it can be run again", async () => {
    const stop = new AbortController();
    const done: string[] = [];
    const verb: AddVerb = (program, run) => {
      program.command("work").action(() =>
        run(async (context: Context) => {
          const steps = new Steps(context, { verb: "work", whom: "x" });
          await steps.take("first", () => {
            stop.abort();
            done.push("first");
            return Promise.resolve();
          });
          await steps.take("second", () => Promise.resolve(done.push("second")));
          return { code: 0, text: "", data: {} };
        }),
      );
    };
    const { code, said, lines } = await office.ops(["work"], { signal: stop.signal, verbs: [verb] });
    expect([code, done]).toEqual([1, ["first"]]);
    expect(said).toContain("stopped before: second\n  mend: run this again; it goes on");
    expect(lines.map(({ step, outcome }) => [step, outcome])).toEqual([["first", "done"]]);
  });

  test("a step that takes long is told to go on, and how to stop it", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate"] });
    const said: string[] = [];
    const context = {
      signal: new AbortController().signal,
      dryRun: false,
      say: (text: string) => said.push(text),
      log: () => undefined,
    } as unknown as Context;
    const step = new Steps(context, { verb: "work", whom: "x" }).take(
      "pods rolled",
      () => new Promise((resolve) => setTimeout(resolve, 70_000)),
    );
    await jest.advanceTimersByTimeAsync(70_000);
    await step;
    jest.useRealTimers();
    expect(said).toEqual([
      "  … pods rolled: not yet, after 15 s",
      "  … pods rolled: not yet, after 30 s",
      "  … pods rolled: not yet, after 45 s",
      "  … pods rolled: not yet, after 60 s; Ctrl-C twice stops it, and the same command goes on",
      "pods rolled",
    ]);
  });

  test("what others chose as a name moves nothing on the operator's screen; JSON keeps it as it is", async () => {
    const device = { pk: 7, name: "x\r\x1b[2K\nLeft: none", type: "a.TOTPDevice", confirmed: true };
    const api = { get: () => Promise.resolve([device]) } as unknown as AuthentikApi;
    const verb: AddVerb = (program, run) => {
      program.command("look").action(() =>
        run(async (context) => {
          const [held] = await AUTHENTICATORS.list(api, { pk: 1 } as Account);
          context.say(`held:\x1b[2J\n  ${held?.label ?? ""}`);
          return { code: 0, text: `left:\u202e\n  ${held?.label ?? ""}`, data: { name: device.name } };
        }),
      );
    };
    const { printed, said } = await office.ops(["look"], { verbs: [verb] });
    const label = "totp x\\u{d}\\u{1b}[2K\\u{a}Left: none";
    expect(said).toContain(`held:\\u{1b}[2J\n  ${label}`);
    expect(printed.trimEnd()).toBe(`left:\\u{202e}\n  ${label}`);
    const json = await office.ops(["--json", "look"], { verbs: [verb] });
    expect(JSON.parse(json.printed)).toEqual({ name: device.name });
  });

  test("with --json standard output is JSON, also of what was refused", async () => {
    const refused = await office.ops(["--json", "person", "offboard", "nobody.at-all"]);
    expect(JSON.parse(refused.printed)).toEqual({ error: expect.stringContaining("is nobody") as string });
    const done = await office.ops(["--json", "--dry-run", "person", "add", "Ivan", "Petrov"]);
    expect(JSON.parse(done.printed)).toMatchObject({ email: "ivan.petrov@plana.solutions", dryRun: true });
  });

  test("a configuration that cannot be read is not taken for one that is not set", async () => {
    office.failing = "error: incorrect passphrase";
    const { code, said } = await office.ops(["token", "rotate", "--which", "automation"]);
    office.failing = undefined;
    expect([code, said]).toEqual([
      1,
      expect.stringContaining("the configuration of stack prod cannot be read: error: incorrect passphrase"),
    ]);
    expect(office.proxy.passed.filter(({ method }) => method !== "GET")).toEqual([]);
  });
});
