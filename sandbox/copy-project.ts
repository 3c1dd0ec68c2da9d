import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** What is no part of the program: installed, built, or the repository's own. */
const LEFT = new Set(["node_modules", ".git", ".local", "sdks", "tests", "docs"]);

/** Copies the project with its commands into a folder of its own, whose data may be changed; packages are shared. */
export function copyProject(root: string, folder: string): void {
  mkdirSync(join(folder, ".local"), { recursive: true });
  cpSync(root, folder, {
    recursive: true,
    filter: (path) => !LEFT.has(path.slice(root.length + 1).split("/")[0] ?? "") || path === root,
  });
  for (const name of ["node_modules", "sdks", join(".local", "pulumi")]) {
    symlinkSync(join(root, name), join(folder, name));
  }
  for (const name of ["installed", "cache", "build"]) {
    const path = join(root, ".local", name);
    if (existsSync(path)) cpSync(path, join(folder, ".local", name), { recursive: true });
  }
}
