import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Workspace } from "../commands/workspace";
import type { Json } from "../live/authentik";
import type { Live } from "../live/connect";
import { kindOf } from "../identity/kinds";
import { LiveObjects } from "../identity/live-objects";
import { labelOf, Resolver, type Candidate, type Hint } from "../identity/resolver";
import { readPreview, type Resource, type Step } from "../state/resources";
import { differencesOf, type Difference } from "./differences";
import { keyOf, narrow, type ImportFile, type ImportList } from "./import-file";
import { must } from "./rehearsal";
import { managedIds, unmanaged, type Unmanaged } from "./unmanaged";

/** A resource of the program, and the object on the servers it stands for. */
export interface Adopted {
  readonly resource: Resource;
  readonly id: string;
  readonly object: Json;
  readonly by: string;
  readonly notes: readonly string[];
}

/** What adoption would do to a stack. */
export interface Plan {
  readonly adopt: readonly Adopted[];
  /** Resources that the first `up` makes, because nothing of their identity is there. */
  readonly create: readonly { readonly resource: Resource; readonly notes: readonly string[] }[];
  readonly ambiguous: readonly { readonly resource: Resource; readonly candidates: readonly Candidate[] }[];
  readonly refused: readonly { readonly resource: Resource; readonly reason: string }[];
  readonly unmanaged: readonly Unmanaged[];
  readonly importFile: ImportFile;
}

const RELEASE = "kubernetes:helm.sh/v3:Release";

/**
 * Plans the adoption in a rehearsal: takes the engine's own list of what would be created, finds each object on the
 * servers, imports what is there into the rehearsal's state and asks the engine what the first `up` would then write.
 * Nothing is written to a server or to the stack.
 *
 * @param copy the rehearsal of the stack.
 * @throws Error with what the program or the engine said, when the stack cannot be previewed.
 */
export async function plan(
  copy: Workspace,
  { authentik, cluster }: Live,
  hints: readonly Hint[],
): Promise<Plan> {
  const place = join(copy.configFile(), "..");
  const listFile = join(place, "to-create.json");
  const steps = await preview(copy, ["--import-file", listFile]);
  const list = JSON.parse(readFileSync(listFile, "utf8")) as ImportList;
  const desired = steps.flatMap(({ after }) => (after ? [after] : []));
  const live = new LiveObjects(authentik);
  const resolver = new Resolver({ resources: desired, live, cluster, hints });

  const adopt: Adopted[] = [];
  const create: { resource: Resource; notes: readonly string[] }[] = [];
  const ambiguous: { resource: Resource; candidates: readonly Candidate[] }[] = [];
  const refused: { resource: Resource; reason: string }[] = [];
  for (const { op, after: resource } of steps) {
    if (!resource?.custom || (op !== "create" && op !== "import")) continue;
    const answer = await resolver.resolve(resource);
    switch (answer.found) {
      case "one":
        adopt.push({ resource, ...answer.candidate, notes: answer.notes });
        break;
      case "none":
        create.push({ resource, notes: answer.notes });
        break;
      case "several":
        ambiguous.push({ resource, candidates: answer.candidates });
        break;
      case "refused":
        refused.push({ resource, reason: answer.reason });
        break;
      case "nothing to look for":
        if (op === "create" && !resource.type.startsWith("pulumi:")) create.push({ resource, notes: [] });
    }
  }
  refused.push(...takenTwice(adopt), ...ofAnotherApplication(adopt));

  // The release is imported by the program itself, which alone keeps its old values secret in the state.
  const ids = new Map(
    adopt
      .filter(({ resource }) => resource.type !== RELEASE)
      .map(({ resource, id }) => [keyOf(resource.type, resource.name), id]),
  );
  const importFile = narrow(list, ids);
  const managed = managedIds([
    ...steps.flatMap(({ before }) => (before ? [before] : [])),
    ...adopt.map(({ resource, id }) => ({ ...resource, id })),
  ]);
  return {
    adopt,
    create,
    ambiguous,
    refused,
    unmanaged: await unmanaged(live, managed),
    importFile,
  };
}

/**
 * Imports in the rehearsal what was found, and asks the engine what the first `up` would then write.
 *
 * @param copy the rehearsal, after `plan`.
 */
export async function rehearse(
  copy: Workspace,
  { adopt, importFile }: Plan,
  live: Live,
): Promise<Difference[]> {
  if (takesRelease(adopt)) await adoptRelease(copy);
  await importAll(copy, importFile);
  return differences(await preview(copy), new LiveObjects(live.authentik));
}

/** Whether the Helm release is there. */
export function takesRelease(adopt: readonly Adopted[]): boolean {
  return adopt.some(({ resource }) => resource.type === RELEASE);
}

/** Tells the program that the Helm release is there, and to be imported. */
export async function adoptRelease(workspace: Workspace): Promise<void> {
  const { stack } = workspace;
  await must(workspace, ["config", "set", "plana-sso:adoptRelease", "true", "--stack", stack]);
}

/** Imports what a plan found into the state of a stack. */
export async function importAll(workspace: Workspace, file: ImportFile): Promise<void> {
  if (file.resources.length === 0) return;
  const path = join(workspace.directory, `import-${workspace.stack}.json`);
  writeFileSync(path, JSON.stringify(file, null, 2));
  // Without code generation: it fails for a parameterised package, after the import has been done.
  await must(workspace, [
    "import",
    "--file",
    path,
    "--generate-code=false",
    "--yes",
    "--stack",
    workspace.stack,
  ]);
}

/** What a previewed `up` would write on objects that are there. */
export async function differences(steps: readonly Step[], live: LiveObjects): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const step of steps) {
    const { op, before } = step;
    if (!before?.custom || ["import", "same", "read", "create"].includes(op)) continue;
    const kind = kindOf(before.type);
    const object = kind?.singleton
      ? await live.single(kind.path)
      : kind && (await live.list(kind.path)).find((each) => String(each[kind.id]) === before.id);
    found.push(...differencesOf(step, object));
  }
  return found;
}

/** What the engine would do to a stack. @throws Error with what it said. */
export async function preview(workspace: Workspace, args: readonly string[] = []): Promise<Step[]> {
  const command = ["preview", "--json", "--show-sames", ...args, "--stack", workspace.stack];
  const { code, stdout, stderr } = await workspace.cli(command);
  if (code !== 0) throw new Error(`the stack cannot be previewed:\n${diagnostics(stdout) || stderr.trim()}`);
  return readPreview(stdout);
}

/** What went wrong, out of the answer of a preview that failed. */
function diagnostics(stdout: string): string {
  const start = stdout.indexOf("{");
  if (start < 0) return "";
  try {
    const { diagnostics: said } = JSON.parse(stdout.slice(start)) as {
      diagnostics?: readonly { severity: string; message: string }[];
    };
    return (said ?? [])
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message.trim())
      .join("\n");
  } catch {
    return "";
  }
}

/** Two resources that would stand for one object. */
function takenTwice(adopted: readonly Adopted[]): Plan["refused"] {
  const first = new Map<string, Adopted>();
  return adopted.flatMap((each) => {
    const place = keyOf(each.resource.type, each.id);
    const other = first.get(place);
    if (!other) {
      first.set(place, each);
      return [];
    }
    const reason = `${labelOf(each.object)} (${each.id}) is already ${other.resource.name}, by ${other.by}`;
    return [{ resource: each.resource, reason }];
  });
}

/** A provider belongs to one application: one that is another's would have to be taken away from it. */
function ofAnotherApplication(adopted: readonly Adopted[]): Plan["refused"] {
  const applications = adopted.filter(({ resource }) => resource.type.endsWith(":Application"));
  return adopted.flatMap(({ resource, object }) => {
    const live = object.assigned_application_slug;
    if (typeof live !== "string" || live === "") return [];
    const owner = applications.find(({ resource: each }) =>
      each.propertyDependencies.protocolProvider?.includes(resource.urn),
    );
    if (owner?.id === live) return [];
    return [
      {
        resource,
        reason:
          `${labelOf(object)} belongs to application "${live}" there, and the program has no such application for it: ` +
          "give the application that slug, in the data or in Authentik",
      },
    ];
  });
}
