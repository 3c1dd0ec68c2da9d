import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// The SDK's own runner loads a TypeScript compiler before any pack. A bundle needs none: its runner is the pack itself.
// The language host looks for the runner from the pack's folder, so it finds this one first.
const RUNNER = "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js";

/** Of the Pulumi SDK a policy pack uses these two; the whole would bring the compiler along. */
const LEAN = `
exports.asset = require("@pulumi/pulumi/asset");
exports.Output = require("@pulumi/pulumi/output").Output;
`;

/** Bundles the policy pack into .local/build/policy, unless it is there already. */
export async function bundlePolicy(root) {
  const folder = join(root, ".local", "build", "policy");
  const stamp = join(folder, "stamp");
  const digest = digestOf(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return folder;
  rmSync(folder, { recursive: true, force: true });
  const { build } = createRequire(join(root, "package.json"))("esbuild");
  await build({
    absWorkingDir: root,
    entryPoints: ["policy/index.ts"],
    outfile: join(folder, "index.js"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "error",
    plugins: [
      {
        name: "lean",
        setup(build) {
          build.onResolve({ filter: /^@pulumi\/pulumi$/ }, () => ({ path: "lean", namespace: "lean" }));
          build.onLoad({ filter: /.*/, namespace: "lean" }, () => ({ contents: LEAN, resolveDir: root }));
        },
      },
    ],
  });
  const manifest = JSON.parse(readFileSync(join(root, "policy", "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, main: "index.js" }));
  writeFileSync(
    join(folder, "PulumiPolicy.yaml"),
    readFileSync(join(root, "policy", "PulumiPolicy.yaml"), "utf8"),
  );
  mkdirSync(join(folder, RUNNER, ".."), { recursive: true });
  writeFileSync(join(folder, RUNNER), `require("../../../../../index.js");\n`);
  // Last, so that an interrupted build is done again.
  writeFileSync(stamp, digest);
  return folder;
}

function digestOf(root) {
  const hash = createHash("sha256").update(readFileSync(join(root, "package-lock.json")));
  const files = readdirSync(join(root, "policy"), { recursive: true, encoding: "utf8" }).sort();
  for (const file of [
    ...files.filter((name) => /\.(ts|yaml|json)$/.test(name)).map((name) => join("policy", name)),
    "commands/bundle-policy.mjs",
  ]) {
    hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}
