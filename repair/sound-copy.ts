import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { sealed } from "../adoption/sealed-import";
import type { Workspace } from "../commands/workspace";
import { filesIn, foldersOf } from "./folder-backend";

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

/**
 * The newest copy that the engine keeps of a stack's state in a backend that is a folder: the file as it was before the
 * last write (`.bak`), else what one of the updates before ended with (`backups`, `history`).
 *
 * @returns undefined where the backend is no folder, or holds no copy that can be read.
 */
export async function lastSoundCopy(workspace: Workspace): Promise<SoundCopy | undefined> {
  const copies = (await copiesOf(workspace)).flatMap((path) => readCopy(path) ?? []);
  // The engine writes times of the zone of the machine it runs on.
  return copies.sort((a, b) => Date.parse(b.written) - Date.parse(a.written))[0];
}

/** Takes away copies in which values of a Helm release stand in clear. */
export async function dropCopiesInClear(workspace: Workspace, say: (text: string) => void): Promise<void> {
  for (const path of await copiesOf(workspace)) {
    const copy = readCopy(path);
    if (!copy || sealed(copy.text) === undefined) continue;
    for (const file of [path, `${path}.attrs`]) rmSync(file, { force: true });
    say(`${path} held them, too, and is taken away.`);
  }
}

/** Files in which a backend that is a folder keeps earlier states of the stack. */
async function copiesOf(workspace: Workspace): Promise<string[]> {
  const folders = await foldersOf(workspace);
  if (!folders) return [];
  return [
    join(folders.stacks, `${workspace.stack}.json.bak`),
    ...filesIn(folders.backups),
    ...filesIn(folders.history).filter((file) => file.includes(".checkpoint.")),
  ];
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
