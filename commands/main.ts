import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import { buildEngine } from "../sandbox/engine/build";
import type { Organisation } from "../stacks/organisation";
import { visibleLines } from "../stacks/visible";
import { compositionOf } from "../state/stack-file";
import { saidOf } from "../live/server-error";
import { converge } from "../repair/converge";
import { answerSignals, Interrupted, stoppable } from "../shell/interrupt";
import { policyArguments } from "../state/policy";
import { run, type Finished } from "../shell/process";
import { unreachable } from "../live/reach";
import { serversText } from "./servers";
import { stackArgument } from "./stack-argument";
import { swallowed } from "./swallowed";
import { accessTable, type StackOutputs } from "./table";
import { test } from "./test";
import { openWorkspace, type Workspace } from "../state/workspace";
import { placeKubeconfig } from "../workflows/kubeconfig";

const root = resolve(__dirname, "..", "..");

/** A command that works on a stack. */
type StackCommand = (workspace: Workspace, args: readonly string[]) => Promise<number>;

/** Commands of package.json by name: on the sandbox, or on real servers (see `openWorkspace`). */
const STACK_COMMANDS: Readonly<Record<string, StackCommand>> = {
  up,
  preview,
  destroy,
  repair: async (workspace, args) => (await import("../repair")).repair(workspace, args),
  adopt: async (workspace, args) =>
    (await import("../adoption")).adopt(workspace, args, await organisationOf(workspace)),
};

/** Commands that need no stack. */
const OTHER_COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  bench: async (args) => (await import("../benchmark")).bench(root, args),
  faults: async (args) => (await import("../faults")).faults(root, args),
  ops,
  pulumi: passOn,
  review: async (args) => (await import("../review")).review(args, open),
  sdk: generateSdk,
  test: (args) => test(root, args),
  scan: async (args) => (await import("../workflows/scan")).scan(root, args),
  comment: async (args) => (await import("../workflows/comment")).comment(args),
  drift: async (args) => (await import("../workflows/drift")).drift(root, args),
  outcome: async (args) => (await import("../workflows/outcome")).outcome(args),
};

async function main([command = "", ...args]: readonly string[]): Promise<number> {
  const known = [...Object.keys(STACK_COMMANDS), ...Object.keys(OTHER_COMMANDS)];
  const wrong = known.includes(command)
    ? swallowed(command, args, process.env)
    : `unknown command "${command}"; one of ${known.join(", ")}`;
  if (wrong !== undefined) {
    console.error(visibleLines(wrong));
    return 2;
  }
  if (Object.hasOwn(OTHER_COMMANDS, command)) return (await OTHER_COMMANDS[command]?.(args)) ?? 2;
  const { stack, rest } = stackArgument(args);
  const workspace = await open(stack);
  try {
    return (await STACK_COMMANDS[command]?.(workspace, rest)) ?? 2;
  } finally {
    await workspace.close();
  }
}

async function open(stack: string): Promise<Workspace> {
  placeKubeconfig(process.env);
  const workspace = await openWorkspace(root, stack);
  // Not on standard output, which may be read by a program.
  console.error(visibleLines(serversText(workspace)));
  return workspace;
}

/** Selects the stack; says why it could not. */
async function selected(workspace: Workspace): Promise<number | undefined> {
  const { select } = await import("../state/folder-backend");
  const finished = await select(workspace, (text) => console.error(text));
  return finished.code === 0 ? undefined : said(finished);
}

/** The data of the composition that a stack runs. */
async function organisationOf(workspace: Workspace): Promise<Organisation> {
  const name = compositionOf(workspace);
  const { COMPOSITIONS } = await import("../stacks/compositions");
  const organisation = Object.hasOwn(COMPOSITIONS, name) ? COMPOSITIONS[name] : undefined;
  if (!organisation) throw new Error(await unknownStack(workspace.stack, name));
  return organisation;
}

async function unknownStack(stack: string, composition: string): Promise<string> {
  const files = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  if (stack === composition && !files.includes(stack)) {
    const { didYouMean, nearest } = await import("../stacks/problem");
    const guess = nearest(stack, files);
    return (
      `there is no stack ${JSON.stringify(stack)}${didYouMean(guess)}\n` +
      `  mend: one of ${files.join(", ")}, or: npm run pulumi -- stack init --stack ${stack}   and plana-sso:composition (docs/production.md)`
    );
  }
  return (
    `stack ${stack} runs ${JSON.stringify(composition)}, which is no composition\n` +
    `  mend: npm run pulumi -- config set plana-sso:composition prod --stack ${stack}`
  );
}

async function up(workspace: Workspace, args: readonly string[]): Promise<number> {
  const refused = await selected(workspace);
  if (refused !== undefined) return refused;
  const { code } = await converge(workspace, args);
  if (code !== 0) return code;
  const outputs = await workspace.pulumi(["stack", "output", "--json"]);
  if (outputs.code !== 0) return said(outputs);
  console.log(accessTable(JSON.parse(outputs.stdout) as StackOutputs));
  return 0;
}

async function preview(workspace: Workspace, args: readonly string[]): Promise<number> {
  const refused = await selected(workspace);
  if (refused !== undefined) return refused;
  const checks = policyArguments(workspace, args);
  const stopped = await unreachable(workspace);
  if (stopped) return stopped.code;
  const { notShown } = await import("../repair/hand-upgrade");
  const notes = notShown(workspace);
  const { code } = await workspace.pulumi(["preview", "--refresh", ...checks, ...args], { show: true });
  for (const note of await notes) console.error(note);
  return code;
}

async function destroy(workspace: Workspace, args: readonly string[]): Promise<number> {
  if (workspace.stack !== "local") {
    console.error(
      `destroy is for stack local only, not for ${workspace.stack}: its identity objects are protected`,
    );
    return 2;
  }
  const refused = await selected(workspace);
  if (refused !== undefined) return refused;
  // The only place where protection is lifted, and only for the embedded default.
  const lifted = await workspace.pulumi(["state", "unprotect", "--all", "--yes"]);
  if (lifted.code !== 0) return said(lifted);
  return (await workspace.pulumi(["destroy", "--yes", ...args], { show: true })).code;
}

/** Operator commands. The stack is opened only when a verb is run. */
async function ops(args: readonly string[]): Promise<number> {
  const { operate } = await import("../operations");
  const interrupted = new AbortController();
  const stop = (): void => {
    interrupted.abort();
    console.error("stopping after this step; once more stops at once");
  };
  let workspace: Workspace | undefined;
  const opened = async (stack: string) => {
    workspace = await open(stack);
    return { workspace, organisation: await organisationOf(workspace) };
  };
  try {
    return await stoppable(stop, () => operate(args, opened, { signal: interrupted.signal }));
  } finally {
    await workspace?.close();
  }
}

/** Any command of the CLI, on the same servers. At a terminal it may ask, as for a secret that is to be typed. */
async function passOn(args: readonly string[]): Promise<number> {
  const workspace = await open(stackArgument(args).stack);
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  try {
    return (await workspace.cli(args, terminal ? { terminal } : { show: true })).code;
  } finally {
    await workspace.close();
  }
}

function said({ code, stdout, stderr }: Finished): number {
  process.stderr.write(stdout + stderr);
  return code;
}

/** Generates sdks/authentik again from its schema, with Pulumi's own generator. */
async function generateSdk(): Promise<number> {
  const binaries = await buildEngine(root, join(root, ".local", "pulumi"));
  const folder = join(root, "sdks", "authentik");
  const bin = join(folder, "bin");
  if (existsSync(bin)) rmSync(bin, { recursive: true });
  const args = [join(root, "sdks", "authentik.schema.json"), folder];
  const { code } = await run(join(binaries, "generate-sdk"), args, {
    cwd: root,
    env: process.env,
    show: true,
  });
  if (code !== 0) return code;
  return (await run("npm", ["rebuild", "@pulumi/authentik"], { cwd: root, env: process.env, show: true }))
    .code;
}

// Who read this may be gone (`| head`), or the terminal itself: nothing may be left half done for that.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

answerSignals();
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(visibleLines(saidOf(error)));
    process.exitCode = error instanceof Interrupted ? error.code : 1;
  },
);
