#!/usr/bin/env node
// Entry of every npm command: installs what is missing, bundles the commands and the sandbox and hands over to it.
// Plain JavaScript without dependencies, since nothing is installed yet on a fresh clone.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { bundleCommands, bundlePolicy } from "./bundles.mjs";

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

const wanted = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.node.replace(">=", "");
const [[major, minor], [leastMajor, leastMinor]] = [process.versions.node, wanted].map((version) =>
  version.split(".").map(Number),
);
if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  console.error(`Node ${process.versions.node} is too old: install Node ${wanted} or later.`);
  process.exit(1);
}
install();
bundleCommands(root);
await bundlePolicy(root);
// Not `import`, which reads a bundle twice to find the names that it exports.
createRequire(import.meta.url)(join(local, "build", "command.cjs"));
