import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import { buildEngine } from "./engine/build";
import { realEnvironment } from "./real";
import { run, Sandbox, type Finished } from "./sandbox";
import { accessTable, type StackOutputs } from "./table";

/** Commands of package.json that run the program: on the sandbox, or on real servers where the environment names them. */
const COMMANDS = ["up", "preview", "destroy", "pulumi", "sdk"] as const;

/** Runs the CLI with its output on the terminal, or collected. */
type Cli = (args: readonly string[], show: boolean) => Promise<Finished>;

const root = resolve(__dirname, "..", "..");

async function main([command = "", ...args]: readonly string[]): Promise<number> {
  if (!(COMMANDS as readonly string[]).includes(command)) {
    console.error(`unknown command "${command}"; one of ${COMMANDS.join(", ")}`);
    return 2;
  }
  if (command === "sdk") return generateSdk();
  const real = realEnvironment(root);
  if (real) {
    console.error(`Authentik at ${real.env.AUTHENTIK_URL}; cluster of ${real.env.KUBECONFIG}`);
    return drive(command, args, (cliArgs, show) =>
      run(real.cli.command, [...real.cli.args, ...cliArgs], { cwd: root, env: real.env, show }),
    );
  }
  const sandbox = await Sandbox.start({ root, directory: join(root, ".local", "sandbox") });
  try {
    return await drive(command, args, (cliArgs, show) => sandbox.pulumi(cliArgs, { show }));
  } finally {
    await sandbox.close();
  }
}

async function drive(command: string, args: readonly string[], cli: Cli): Promise<number> {
  if (command === "pulumi") return (await cli(args, true)).code;
  const { stack, rest } = stackOf(args);
  const selected = await cli(["stack", "select", stack, "--create"], false);
  if (selected.code !== 0) return said(selected);
  switch (command) {
    case "preview":
      return (await cli(["preview", "--stack", stack, ...rest], true)).code;
    case "up": {
      const { code } = await cli(["up", "--yes", "--stack", stack, ...rest], true);
      if (code !== 0) return code;
      const outputs = await cli(["stack", "output", "--json", "--stack", stack], false);
      if (outputs.code !== 0) return said(outputs);
      console.log(accessTable(JSON.parse(outputs.stdout) as StackOutputs));
      return 0;
    }
    default: {
      if (stack !== "local") {
        console.error(
          `destroy is for stack local only, not for ${stack}: its identity objects are protected`,
        );
        return 2;
      }
      // The only place where protection is lifted, and only for the embedded default.
      const lifted = await cli(["state", "unprotect", "--all", "--yes", "--stack", stack], false);
      if (lifted.code !== 0) return said(lifted);
      return (await cli(["destroy", "--yes", "--stack", stack, ...rest], true)).code;
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
