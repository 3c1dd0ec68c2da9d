import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename } from "node:path";
import zlib from "node:zlib";

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

/** Told of a copy that this Node cannot unpack: what it holds is not known here. */
const PACKED = `is packed with zstd, which Node reads from 22.15 on (this is ${process.version})`;

/**
 * The newest copy that the engine keeps of a stack's state in a backend that is a folder: the file as it was before the
 * last write (`.bak`), else what one of the updates before ended with (`backups`, `history`), or what was kept of every write
 * (`PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS`).
 *
 * @returns undefined where the backend is no folder, or holds no copy that can be read.
 */
export async function lastSoundCopy(
  workspace: Workspace,
  say: (text: string) => void,
): Promise<SoundCopy | undefined> {
  const copies: SoundCopy[] = [];
  for (const path of await copiesOf(workspace)) {
    const copy = readCopy(path);
    if (copy === "packed")
      say(
        `${path} ${PACKED}: it may be a newer copy of the state\n` +
          "  mend: delete it, or run this again with a Node that reads it",
      );
    else if (copy !== "damaged" && copy !== undefined) copies.push(copy);
  }
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
    if (copy === "packed" || copy === "damaged") {
      const why = copy === "packed" ? PACKED : "is damaged";
      say(`${path} ${why}, and may hold them, too\n  mend: delete it, with ${basename(path)}.attrs`);
      continue;
    }
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
        `  mend: delete there what was written since then under .pulumi/history/${place}/ and .pulumi/backups/${place}/, and every .pulumi/stacks/${place}.json.<number>; where the bucket keeps versions, those of .pulumi/stacks/${place}.json and ${stack}.json.bak as well. Packed, they have .gz or .zst after .json`;
}

/** Files in which a backend that is a folder keeps earlier states of the stack. */
async function copiesOf(workspace: Workspace): Promise<string[]> {
  const folders = await foldersOf(workspace);
  if (!folders) return [];
  const beside = filesIn(folders.stacks)
    .filter((path) => basename(path).startsWith(`${workspace.stack}.json`))
    .map((path) => ({ path, rest: basename(path).slice(`${workspace.stack}.json`.length) }));
  // Of the same state packed in several ways the engine takes the one that was written last.
  const [live] = beside
    .filter(({ rest }) => /^(?:\.gz|\.zst)?$/.test(rest))
    .map(({ path }) => ({ path, written: statSync(path).mtimeMs }))
    .sort((a, b) => b.written - a.written || (a.path < b.path ? 1 : -1));
  return [
    ...beside
      .filter(({ path, rest }) => path !== live?.path && /^(?:\.gz|\.zst)?(?:\.bak|\.\d+)?$/.test(rest))
      .map(({ path }) => path),
    ...filesIn(folders.backups),
    ...filesIn(folders.history).filter((file) => file.includes(".checkpoint.")),
  ];
}

/** What a copy holds; undefined of a file that is none. */
function readCopy(path: string): SoundCopy | "packed" | "damaged" | undefined {
  if (!path.includes(".json") || path.endsWith(".attrs") || !existsSync(path)) return undefined;
  try {
    const text = unpacked(readFileSync(path));
    if (text === undefined) return "packed";
    const { version, checkpoint } = JSON.parse(text) as Checkpoint;
    const latest = checkpoint?.latest;
    if (!latest) return undefined;
    const written = latest.manifest?.time ?? statSync(path).mtime.toISOString();
    return { path, written, text: JSON.stringify({ version, deployment: latest }) };
  } catch {
    return "damaged";
  }
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/**
 * The text of a file of the engine's, which tells by the first bytes how it is packed, as the engine does
 * (`DetectCompression` of its `encoding`): `PULUMI_DIY_BACKEND_GZIP`, `PULUMI_DIY_BACKEND_ZSTD`.
 *
 * @returns undefined where this Node cannot unpack it.
 */
function unpacked(bytes: Buffer): string | undefined {
  const begins = (magic: Buffer) => bytes.subarray(0, magic.length).equals(magic);
  if (begins(GZIP)) return zlib.gunzipSync(bytes).toString("utf8");
  if (!begins(ZSTD)) return bytes.toString("utf8");
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (packed: Buffer) => Buffer };
  return zstdDecompressSync?.(bytes).toString("utf8");
}
