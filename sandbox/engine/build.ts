import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What is built: the CLI, the Node language host beside it, and the SDK generator. */
const BINARIES = {
  pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  "pulumi-language-nodejs": "./cmd/pulumi-language-nodejs",
  "generate-sdk": "./cmd/generate-sdk",
} as const;

/**
 * Builds the Pulumi engine from its Go module, where npm's package of that version would look for the download, so
 * that `npx pulumi` is the one CLI everywhere. Done once; a changed recipe builds again.
 *
 * @param root the project.
 * @param home PULUMI_HOME of the sandbox.
 * @returns the folder with the binaries.
 * @throws Error when Go is missing or a build fails.
 */
export async function buildEngine(root: string, home: string): Promise<string> {
  const source = join(root, "sandbox", "engine");
  const version = (
    JSON.parse(readFileSync(join(root, "node_modules/pulumi/package.json"), "utf8")) as {
      version: string;
    }
  ).version;
  const folder = join(home, "versions", version, "bin");
  const stamp = join(home, "engine.stamp");
  const recipe = digest(source);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === recipe) return folder;

  const go = spawnSync("go", ["version"], { encoding: "utf8" });
  if (go.error)
    throw new Error("Go is not installed; the sandbox builds the Pulumi engine with it (https://go.dev)");
  mkdirSync(folder, { recursive: true });
  console.error(`Building the Pulumi engine ${version} (once; some minutes when nothing is cached) …`);
  for (const [name, target] of Object.entries(BINARIES)) {
    await build(source, join(folder, name), target, version);
  }
  writeFileSync(stamp, recipe);
  return folder;
}

function digest(source: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(go|mod|sum)$/.test(file),
  );
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(source, file)));
  return hash.digest("hex");
}

/** One `go build`, with a sign of life every ten seconds. */
async function build(source: string, output: string, target: string, version: string): Promise<void> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  // Built beside its place and moved, so that an interrupted build leaves no half binary.
  const next = `${output}.next`;
  const child = spawn("go", ["build", "-v", "-trimpath", "-ldflags", flags, "-o", next, target], {
    cwd: source,
    env: { ...process.env, GOFLAGS: "-mod=readonly", CGO_ENABLED: "0" },
    stdio: ["ignore", "inherit", "pipe"],
  });
  let packages = 0;
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    const lines = text.split("\n").filter(Boolean);
    packages += lines.length;
    said.push(...lines);
    said.splice(0, Math.max(0, said.length - 30));
  });
  const life = setInterval(
    () => console.error(`  ${target}: ${packages} packages compiled, ${seconds()} s`),
    10_000,
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  }).finally(() => clearInterval(life));
  if (code !== 0) throw new Error(`go build ${target} failed:\n${said.join("\n")}`);
  renameSync(next, output);
  console.error(`  ${target}: built in ${seconds()} s`);
}
