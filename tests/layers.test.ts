import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { ROOT } from "./stack-files";

/** Folders that import each other; nothing is to be added. */
const KNOWN = ["adoption repair"];

function filesOf(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed
    .split("\n")
    .filter((file) => file.includes("/") && !/^(?:sdks|tests)\//.test(file) && existsSync(join(ROOT, file)));
}

/** Folders by the folders that they import. */
function importsOf(files: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const folderOf = (file: string) => file.split("/")[0] ?? "";
  const graph = new Map<string, Set<string>>();
  for (const file of files) {
    const text = readFileSync(join(ROOT, file), "utf8");
    for (const [, target = ""] of text.matchAll(/(?:\bfrom|\bimport\()\s*"(\.\.?\/[^"]*)"/g)) {
      const [from, to] = [folderOf(file), folderOf(relative(".", join(dirname(file), target)))];
      if (from !== to) graph.set(from, (graph.get(from) ?? new Set()).add(to));
    }
  }
  return graph;
}

function reached(graph: ReadonlyMap<string, ReadonlySet<string>>, from: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [from];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const next of graph.get(folder) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(next);
    }
  }
  return found;
}

test("folders import each other in one direction", () => {
  const files = filesOf();
  expect(files.length).toBeGreaterThan(200);
  const graph = importsOf(files);
  expect([...(graph.get("stacks") ?? [])].sort()).toEqual(["components"]);
  expect(graph.get("commands")?.size).toBeGreaterThan(5);
  const circles = new Set(
    [...graph.keys()].flatMap((folder) => {
      const circle = [...reached(graph, folder)].filter((other) => reached(graph, other).has(folder));
      return circle.length > 0 ? [[...new Set([folder, ...circle])].sort().join(" ")] : [];
    }),
  );
  expect([...circles]).toEqual(KNOWN);
});
