import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import { buildEngine } from "./engine/build";
import { realEnvironment } from "./real";
import { run, Sandbox, type Finished } from "./sandbox";
import { StackConfig } from "./stack-config";
import { accessTable, type StackOutputs } from "./table";
import { test } from "./test";

/** Commands of package.json that run the program: on the sandbox, or on real servers where the environment names them. */
const COMMANDS = ["up", "preview", "destroy", "pulumi", "sdk", "test"] as const;

/** Runs the CLI with its output on the terminal, or collected. */
type Cli = (args: readonly string[], show: boolean) => Promise<Finished>;

const root = resolve(__dirname, "..", "..");

async function main([command = "", ...args]: readonly string[]): Promise<number> {
  if (!(COMMANDS as readonly string[]).includes(command)) {
    console.error(`unknown command "${command}"; one of ${COMMANDS.join(", ")}`);
    return 2;
  }
  if (command === "sdk") return generateSdk();
  if (command === "test") return test(root, args);
  const real = realEnvironment(root);
  if (real) {
    console.error(`Authentik at ${real.env.AUTHENTIK_URL}; cluster of ${real.env.KUBECONFIG}`);
    return drive(command, args, real.directory, (cliArgs, show) =>
      run(real.cli.command, [...real.cli.args, ...cliArgs], { cwd: root, env: real.env, show }),
    );
  }
  const directory = join(root, ".local", "sandbox");
  const sandbox = await Sandbox.start({ root, directory });
  try {
    return await drive(command, args, directory, (cliArgs, show) => sandbox.pulumi(cliArgs, { show }));
  } finally {
    await sandbox.close();
  }
}

/** Commands of the CLI that read the stack's configuration. */
const CONFIGURED = new Set(["up", "preview", "destroy", "refresh", "config", "import"]);

async function drive(command: string, args: readonly string[], directory: string, cli: Cli): Promise<number> {
  const { stack, rest } = stackOf(args);
  const config = stack === "local" ? new StackConfig(root, directory, stack) : undefined;
  const configured = () => config?.arguments() ?? [];
  if (command === "pulumi") {
    return (await cli([...args, ...(CONFIGURED.has(args[0] ?? "") ? configured() : [])], true)).code;
  }
  if (command === "destroy" && stack !== "local") {
    console.error(`destroy is for stack local only, not for ${stack}: its identity objects are protected`);
    return 2;
  }
  const selected = await cli(["stack", "select", stack, "--create"], false);
  config?.settle();
  if (selected.code !== 0) return said(selected);
  const on = ["--stack", stack];
  switch (command) {
    case "preview":
      return (await cli(["preview", "--refresh", ...on, ...configured(), ...rest], true)).code;
    case "up": {
      const { code } = await cli(["up", "--yes", "--refresh", ...on, ...configured(), ...rest], true);
      if (code !== 0) return code;
      const outputs = await cli(["stack", "output", "--json", ...on], false);
      if (outputs.code !== 0) return said(outputs);
      console.log(accessTable(JSON.parse(outputs.stdout) as StackOutputs));
      return 0;
    }
    default: {
      // The only place where protection is lifted, and only for the embedded default.
      const lifted = await cli(["state", "unprotect", "--all", "--yes", ...on], false);
      if (lifted.code !== 0) return said(lifted);
      return (await cli(["destroy", "--yes", ...on, ...configured(), ...rest], true)).code;
    }
  }
}

function stackOf(args: readonly string[]): { stack: string; rest: readonly string[] } {
  const at = args.findIndex((arg) => arg === "--stack" || arg === "-s");
  const name = at >= 0 ? args[at + 1] : undefined;
  return name
    ? { stack: name, rest: args.filter((_, index) => index !== at && index !== at + 1) }
    : { stack: "local", rest: args };
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

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
