import { statfsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Workspace } from "./workspace";

/** Least room on the disk, in megabytes: a large stack's state, its copy and its history. */
const LEAST = 100;

/**
 * Looks whether the disk that holds the state has room for it, where the backend is a folder. On a full disk the engine
 * cuts off the state in the middle of a write, and the copy beside it, too.
 *
 * @throws Error when there is too little; nothing was changed then.
 */
export async function checkRoom(workspace: Workspace): Promise<void> {
  const { stack, env } = workspace;
  const folder = await folderOf(workspace, env.PULUMI_BACKEND_URL ?? "");
  if (folder === undefined) return;
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1_000_000);
  if (free >= LEAST) return;
  throw new Error(
    `${folder}: ${free} MB are free, where the state of stack ${stack} is kept; expected ${LEAST} MB or more; nothing was changed.\n` +
      "  mend: make room on that disk",
  );
}

/** Only where the environment does not tell is the CLI asked, which takes longer. */
async function folderOf(workspace: Workspace, backend: string): Promise<string | undefined> {
  if (backend.startsWith("file:///")) return fileURLToPath(backend.replace(/\?.*$/, ""));
  if (backend !== "" && !backend.startsWith("file:")) return undefined;
  const { foldersOf } = await import("./folder-backend");
  return (await foldersOf(workspace))?.root;
}
