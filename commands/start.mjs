#!/usr/bin/env node
// Entry of every npm command: installs what is missing, bundles the commands and the sandbox and hands over to it.
// Plain JavaScript without dependencies, since nothing is installed yet on a fresh clone.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { bundlePolicy } from "./bundle-policy.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const local = join(root, ".local");

function install() {
  const wanted = createHash("sha256");
  for (const file of ["package.json", "package-lock.json", "sdks/authentik.schema.json"]) {
    wanted.update(readFileSync(join(root, file)));
  }
  const digest = wanted.digest("hex");
  const stamp = join(local, "installed");
  if (existsSync(stamp) && existsSync(join(root, "node_modules")) && readFileSync(stamp, "utf8") === digest)
    return;
  console.error("Installing the npm packages of package-lock.json …");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    console.error("npm ci failed; nothing was started. Mend what npm says above and run the command again.");
    process.exit(1);
  }
  mkdirSync(local, { recursive: true });
  writeFileSync(stamp, digest);
}

function bundle() {
  const { buildSync } = createRequire(join(root, "package.json"))("esbuild");
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: { command: "commands/main.ts", plugin: "sandbox/plugins/main.ts" },
    outdir: join(local, "build"),
    outExtension: { ".js": ".cjs" },
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "error",
    // Read at run time from node_modules: large, or found by its path.
    external: ["@goauthentik/api", "@pulumi/pulumi/cmd/*", "jest", "@kubernetes/client-node", "typescript"],
  });
  mkdirSync(join(local, "build"), { recursive: true });
  for (const { path, contents } of outputFiles) {
    // Moved to its place whole: another command may be starting from it.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, contents);
    renameSync(draft, path);
  }
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  console.error(`Node ${process.versions.node} is too old: install Node 20 or later.`);
  process.exit(1);
}
install();
bundle();
await bundlePolicy(root);
await import(pathToFileURL(join(local, "build", "command.cjs")).href);
