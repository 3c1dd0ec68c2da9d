import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { sealed } from "../adoption/sealed-import";
import type { Workspace } from "../state/workspace";
import { backendUrl, filesIn, folderAt, foldersOf, projectOf } from "../state/folder-backend";

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

/**
 * Takes away copies in which values of a Helm release stand in clear.
 *
 * @returns what is left of them where the backend is no folder, and what to do about it.
 */
export async function dropCopiesInClear(
  workspace: Workspace,
  say: (text: string) => void,
): Promise<string | undefined> {
  const url = await backendUrl(workspace);
  if (folderAt(url) === undefined) return keptElsewhere(url, projectOf(workspace), workspace.stack);
  for (const path of await copiesOf(workspace)) {
    const copy = readCopy(path);
    if (!copy || sealed(copy.text) === undefined) continue;
    for (const file of [path, `${path}.attrs`]) rmSync(file, { force: true });
    say(`${path} held them, too, and is taken away.`);
  }
  return undefined;
}

function keptElsewhere(url: string, project: string, stack: string): string {
  const place = `${project}/${stack}`;
  return /^https?:/.test(url)
    ? `Pulumi Cloud keeps every version of the state: those that were written since the import began hold it in clear, and whoever may read stack ${stack} gets them (pulumi stack export --version <number>).\n` +
        "  mend: give nobody else access to the stack; renew what others could read already"
    : `Copies that the engine has made since the import began hold it in clear, and lie in the backend (${url || "it could not be asked which"}).\n` +
        `  mend: delete there what was written since then under .pulumi/history/${place}/ and .pulumi/backups/${place}/; where the bucket keeps versions, those of .pulumi/stacks/${place}.json and ${stack}.json.bak as well`;
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
