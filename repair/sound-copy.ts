import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { load } from "js-yaml";

import type { Workspace } from "../commands/workspace";

/** A copy of a stack's state that can be read. */
export interface SoundCopy {
  /** File that the engine keeps. */
  readonly path: string;
  /** When the engine wrote what it holds. */
  readonly written: string;
  /** In the form that `pulumi stack import` takes. */
  readonly text: string;
}

interface Checkpoint {
  readonly version?: number;
  readonly checkpoint?: { readonly latest?: { readonly manifest?: { readonly time?: string } } };
}

/** What the engine says of a state file that is cut off, empty or no JSON. */
const UNREADABLE = /failed to load checkpoint|unexpected end of JSON|invalid character/;

/** Whether the engine complains of the state itself, and not of a lock, a login or a missing stack. */
export function isUnreadable(said: string): boolean {
  return UNREADABLE.test(said);
}

/**
 * The newest copy that the engine keeps of a stack's state in a backend that is a folder: the file as it was before the
 * last write (`.bak`), else what one of the updates before ended with (`backups`, `history`).
 *
 * @returns undefined where the backend is no folder, or holds no copy that can be read.
 */
export async function lastSoundCopy(workspace: Workspace): Promise<SoundCopy | undefined> {
  const { code, stdout } = await workspace.cli(["whoami", "--json"]);
  const said = code === 0 ? ((JSON.parse(stdout) as { url?: string }).url ?? "") : "";
  const url = said.replace(/^file:\/\/~/, `file://${homedir()}`);
  if (!url.startsWith("file:///")) return undefined;
  const { name } = load(readFileSync(join(workspace.folder, "Pulumi.yaml"), "utf8")) as { name: string };
  const kept = join(fileURLToPath(url), ".pulumi");
  const { stack } = workspace;
  const files = [
    join(kept, "stacks", name, `${stack}.json.bak`),
    ...filesIn(join(kept, "backups", name, stack)),
    ...filesIn(join(kept, "history", name, stack)).filter((file) => file.includes(".checkpoint.")),
  ];
  const copies = files.flatMap((path) => readCopy(path) ?? []);
  return copies.sort((a, b) => (a.written < b.written ? 1 : -1))[0];
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function readCopy(path: string): SoundCopy | undefined {
  if (!path.includes(".json") || path.endsWith(".attrs") || !existsSync(path)) return undefined;
  try {
    const { version, checkpoint } = JSON.parse(readFileSync(path, "utf8")) as Checkpoint;
    const latest = checkpoint?.latest;
    if (!latest) return undefined;
    const written = latest.manifest?.time ?? statSync(path).mtime.toISOString();
    return { path, written, text: JSON.stringify({ version, deployment: latest }) };
  } catch {
    // This copy is damaged, too.
    return undefined;
  }
}
