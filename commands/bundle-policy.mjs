import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Of the Pulumi SDK the policy SDK uses these two. The whole takes as long to load as all rules take to run. */
const LEAN = `
exports.asset = require("@pulumi/pulumi/asset");
exports.Output = require("@pulumi/pulumi/output").Output;
`;

/** Bundles the policy pack, SDK included, into .local/build/policy, unless it is there already. */
export async function bundlePolicy(root) {
  const folder = join(root, ".local", "build", "policy");
  const stamp = join(folder, "stamp");
  const digest = digestOf(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return folder;
  // Made beside its place: another command may be reading the old one.
  const draft = `${folder}.${process.pid}`;
  const { build } = createRequire(join(root, "package.json"))("esbuild");
  await build({
    absWorkingDir: root,
    entryPoints: ["policy/index.ts"],
    outfile: join(draft, "index.js"),
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
  writeFileSync(join(draft, "package.json"), JSON.stringify({ ...manifest, main: "index.js" }));
  writeFileSync(
    join(draft, "PulumiPolicy.yaml"),
    readFileSync(join(root, "policy", "PulumiPolicy.yaml"), "utf8"),
  );
  // Last, so that an interrupted build is done again.
  writeFileSync(join(draft, "stamp"), digest);
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
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
