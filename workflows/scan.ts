import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import { Command } from "commander";

import { parse } from "../shell/parse";
import { run } from "../shell/process";
import { leaksOf, type Leak } from "./leaks";

/** Made by tools, and full of digests. */
const GENERATED = /(?:^|\/)(?:package-lock\.json|go\.sum)$/;
/** Folders that are never committed. */
const LOCAL = new Set([".git", "node_modules", ".local", "coverage"]);
/** Files given to secretlint at once: what a command line can hold. */
const BATCH = 200;

/**
 * `npm run scan`: looks for secrets in clear, with secretlint's recommended rules and those of this project.
 *
 * @returns 0 none, 1 found or could not look, 2 wrong use.
 */
export async function scan(root: string, args: readonly string[]): Promise<number> {
  const command = new Command("npm run scan --")
    .description("Looks for secrets in clear in everything that is committed, or would be.")
    .option("--staged", "look at what the next commit holds")
    .argument("[files...]", "files to look at instead")
    .exitOverride();
  const ended = parse(command, args);
  if (ended !== undefined) return ended;
  const { staged } = command.opts<{ staged?: boolean }>();
  if (staged && command.args.length > 0) {
    console.error("--staged and files exclude each other");
    return 2;
  }
  if (staged) return scanStaged(root);
  const files = command.args.length > 0 ? within(root, command.args) : await committed(root);
  return look(root, root, files);
}

/** @throws Error for what is not there or not in this repository: it would be passed over in silence. */
function within(root: string, files: readonly string[]): string[] {
  return files.map((file) => {
    const path = relative(root, resolve(root, file));
    if (path.startsWith("..") || !existsSync(resolve(root, file)))
      throw new Error(`${file}: expected a file of this repository`);
    return path;
  });
}

/** What is committed, or would be; without git all but what is local. */
async function committed(root: string): Promise<string[]> {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const { code, stdout } = await git(root, args).catch(() => ({ code: 1, stdout: "" }));
  return code === 0 ? stdout.split("\0").filter(Boolean) : below(root, root);
}

function below(root: string, folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LOCAL.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? below(root, path) : [relative(root, path)];
  });
}

/** The index may differ from the files: what is looked at is what would be committed. */
async function scanStaged(root: string): Promise<number> {
  const listed = await git(root, [
    "diff",
    "--cached",
    "--name-only",
    "--no-renames",
    "--diff-filter=d",
    "-z",
  ]);
  if (listed.code !== 0) throw new Error(`git does not tell what is staged:\n${listed.stderr.trim()}`);
  const files = listed.stdout.split("\0").filter(Boolean);
  if (files.length === 0) return 0;
  mkdirSync(join(root, ".local"), { recursive: true });
  const folder = mkdtempSync(join(root, ".local", "staged-"));
  try {
    const args = ["checkout-index", `--prefix=${folder}/`, "-z", "--stdin"];
    const { code, stderr } = await git(root, args, files.join("\0"));
    if (code !== 0) throw new Error(`git does not give what is staged:\n${stderr.trim()}`);
    return await look(root, folder, files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function look(root: string, folder: string, given: readonly string[]): Promise<number> {
  const files = given.filter((file) => {
    const path = resolve(folder, file);
    return !GENERATED.test(file) && existsSync(path) && lstatSync(path).isFile();
  });
  const leaks = files.flatMap((file) => leaksOf(file, readFileSync(resolve(folder, file), "utf8")));
  const clean = await secretlint(root, folder, files);
  if (leaks.length > 0) console.error(told(leaks));
  if (clean && leaks.length === 0) {
    console.error(`no secret in ${files.length} files`);
    return 0;
  }
  console.error(
    "A secret in clear was found; nothing of it is shown here.\n" +
      "  mend: take it out and give it a new value, for it may have been seen; stack secrets go in with `pulumi config set --secret <key>`",
  );
  return 1;
}

/** @returns whether it found nothing; what it found has been shown, masked. */
async function secretlint(root: string, folder: string, files: readonly string[]): Promise<boolean> {
  const program = join(root, "node_modules", "secretlint", "bin", "secretlint.js");
  let clean = true;
  for (let at = 0; at < files.length; at += BATCH) {
    const args = [
      program,
      "--no-glob",
      "--no-color",
      "--no-terminalLink",
      "--secretlintrc",
      join(root, ".secretlintrc.json"),
      ...files.slice(at, at + BATCH),
    ];
    const { code, stdout, stderr } = await run(process.execPath, args, { cwd: folder, env: process.env });
    if (code > 1) throw new Error(`secretlint could not look:\n${(stderr || stdout).trim()}`);
    if (code === 1) {
      console.error(stdout.replaceAll(`${folder}/`, "").trim());
      clean = false;
    }
  }
  return clean;
}

function told(leaks: readonly Leak[]): string {
  return leaks.map(({ file, line, what }) => `${file}:${line}: ${what}`).join("\n");
}

function git(root: string, args: readonly string[], stdin?: string) {
  return run("git", args, { cwd: root, env: process.env, stdin });
}
