import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { load } from "js-yaml";

import type { Finished } from "../shell/process";
import type { Workspace } from "./workspace";

/** What the engine says of a state file, packed or not, or of what is noted beside it, that is cut off, empty or no JSON. */
const UNREADABLE =
  /^error:(?!.*https?:\/\/).*(?:unexpected end of JSON|invalid character|flate: corrupt|gzip: invalid|\bEOF$)/m;

/** Whether the engine complains of the state itself, and not of a lock, a login or a missing stack. */
export function isUnreadable(said: string): boolean {
  return UNREADABLE.test(said);
}

/** Address of the backend; empty where the CLI tells none. */
export async function backendUrl(workspace: Workspace): Promise<string> {
  const { code, stdout } = await workspace.cli(["whoami", "--json"]);
  return code === 0 ? ((JSON.parse(stdout) as { url?: string }).url ?? "") : "";
}

/** Name under which the backend keeps the project. */
export function projectOf({ folder }: Workspace): string {
  return (load(readFileSync(join(folder, "Pulumi.yaml"), "utf8")) as { name: string }).name;
}

/** The folder of a backend that is one. */
export function folderAt(url: string): string | undefined {
  const whole = url.replace(/^file:\/\/~/, `file://${homedir()}`);
  return whole.startsWith("file:///") ? fileURLToPath(whole) : undefined;
}

/** Where a backend that is a folder keeps what. */
export async function foldersOf(workspace: Workspace) {
  const { stack } = workspace;
  const root = folderAt(await backendUrl(workspace));
  if (root === undefined) return undefined;
  const project = projectOf(workspace);
  const kept = join(root, ".pulumi");
  return {
    root,
    stacks: join(kept, "stacks", project),
    backups: join(kept, "backups", project, stack),
    history: join(kept, "history", project, stack),
    locks: join(kept, "locks", "organization", project, stack),
  };
}

/**
 * Takes away notes that were cut off. Beside each file in a folder the engine keeps a note of its type and digest
 * (`.attrs`), which it writes over in place: killed meanwhile, it can no longer read the file itself, which is whole.
 * Without a note the file is read all the same.
 *
 * @returns whether there were any; it has been said then.
 */
export async function dropCutNotes(workspace: Workspace, say: (text: string) => void): Promise<boolean> {
  const folders = await foldersOf(workspace);
  if (!folders) return false;
  const { stacks, backups, history, locks } = folders;
  const files = filesIn(stacks).filter((file) => basename(file).startsWith(`${workspace.stack}.json.`));
  const cut = [...files, ...[backups, history, locks].flatMap(filesIn)].filter(
    (file) => file.endsWith(".attrs") && !isJson(file),
  );
  for (const file of cut) {
    rmSync(file, { force: true });
    say(`${file} was cut off, and is taken away: the file beside it is read without it.`);
  }
  return cut.length > 0;
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

/**
 * Selects the stack, also where the engine was killed while it wrote.
 *
 * @returns what the CLI said.
 */
export async function select(workspace: Workspace, say: (text: string) => void): Promise<Finished> {
  const selected = await workspace.select();
  if (selected.code === 0 || !isUnreadable(selected.stderr)) return selected;
  return (await dropCutNotes(workspace, say)) ? workspace.select() : selected;
}

export function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
