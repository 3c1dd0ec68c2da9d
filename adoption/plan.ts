import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { WITHOUT_CHECKPOINTS, type Workspace } from "../state/workspace";
import type { Json } from "../live/authentik";
import type { Live } from "../live/connect";
import { placeOfId, refOf } from "../identity/cluster-objects";
import { kindOf } from "../identity/kinds";
import { LiveObjects } from "../identity/live-objects";
import { labelOf, Resolver, type Candidate, type Hint } from "../identity/resolver";
import { preview } from "../state/engine";
import { RELEASE, type Resource, type Step } from "../state/resources";
import { differencesOf, differencesOfOnlyOne, type Difference } from "./differences";
import { keyOf, narrow, type ImportFile, type ImportList } from "./import-file";
import { writePrivately } from "./private-file";
import { ofAnotherApplication, takenNames, takenTwice, unreadableSources } from "./refusals";
import { must } from "./rehearsal";
import { releaseRefusals } from "./release";
import { routesInTheWay, type RouteInTheWay } from "./routes";
import { managedIds, unmanaged, type Unmanaged } from "./unmanaged";

/** A resource of the program, and the object on the servers it stands for. */
export interface Adopted {
  readonly resource: Resource;
  readonly id: string;
  readonly object: Json;
  readonly by: string;
  readonly notes: readonly string[];
  /** Written whole by the first `up`, and not imported before. */
  readonly onlyOne?: true;
}

/** What adoption would do to a stack. */
export interface Plan {
  readonly adopt: readonly Adopted[];
  /** Resources that the first `up` makes, because nothing of their identity is there. */
  readonly create: readonly { readonly resource: Resource; readonly notes: readonly string[] }[];
  readonly ambiguous: readonly { readonly resource: Resource; readonly candidates: readonly Candidate[] }[];
  readonly refused: readonly { readonly resource: Resource; readonly reason: string }[];
  /** Live routes with the host and path of one that `up` makes. */
  readonly routes: readonly RouteInTheWay[];
  readonly unmanaged: readonly Unmanaged[];
  readonly importFile: ImportFile;
  /** What the ids that objects name each other by are called, for people to read. */
  readonly names: ReadonlyMap<string, string>;
}

/** Lists of what other objects name by id. */
const NAMED = [
  "/core/groups/",
  "/flows/instances/",
  "/stages/all/",
  "/propertymappings/all/",
  "/sources/all/",
];

const WRITTEN_WHOLE = "not imported: the first `up` writes it whole, and what that overwrites is told below";

/**
 * Plans the adoption in a rehearsal: takes the engine's own list of what would be created, finds each object on the
 * servers, imports what is there into the rehearsal's state and asks the engine what the first `up` would then write.
 * Nothing is written to a server or to the stack.
 *
 * @param copy the rehearsal of the stack.
 * @throws Error with what the program or the engine said, when the stack cannot be previewed.
 */
export async function plan(copy: Workspace, servers: Live, hints: readonly Hint[]): Promise<Plan> {
  const { authentik, cluster } = servers;
  const place = join(copy.configFile(), "..");
  const listFile = join(place, "to-create.json");
  const steps = await withoutDryRun(copy, () => preview(copy, ["--import-file", listFile]));
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
      case "the only one":
        adopt.push({ resource, ...answer.candidate, notes: [WRITTEN_WHOLE], onlyOne: true });
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
  const unreadable = unreadableSources(adopt);
  refused.push(
    ...takenTwice(adopt),
    ...unreadable,
    ...ofAnotherApplication(adopt, steps),
    ...(await takenNames([...adopt, ...create], live)),
    ...(await releaseRefusals(servers, adopt, create)),
  );

  // The release is imported by the program itself, which alone keeps its old values secret in the state.
  const ids = new Map(
    adopt
      .filter(({ resource, onlyOne }) => resource.type !== RELEASE && !onlyOne)
      // Else the rehearsal would end with the provider's own words for it.
      .filter(({ resource }) => !unreadable.some((each) => each.resource === resource))
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
    routes: await routesInTheWay(desired, servers),
    unmanaged: await unmanaged(live, managed),
    importFile,
    names: await namesOf(live),
  };
}

/** What ingress-nginx's webhook says to a second route with the host and path of another one. */
const ROUTE_TAKEN = "is already defined in ingress";

/**
 * A preview tries what it would make on the API server, where a route in the way ends it: what is in the way could then not
 * be told. The rehearsal tries nothing there once that has been refused.
 */
async function withoutDryRun<T>(copy: Workspace, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes(ROUTE_TAKEN)) throw error;
    await must(copy, ["config", "set", "kubernetes:enableServerSideApply", "false", "--stack", copy.stack]);
    return act();
  }
}

async function namesOf(live: LiveObjects): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const path of NAMED) {
    for (const object of await live.list(path)) names.set(String(object.pk), labelOf(object).slice(1, -1));
  }
  return names;
}

/**
 * Imports in the rehearsal what was found, and asks the engine what the first `up` would then write.
 *
 * @param copy the rehearsal, after `plan`.
 */
export async function rehearse(copy: Workspace, { importFile }: Plan, live: Live): Promise<Difference[]> {
  await importAll(copy, importFile, WITHOUT_CHECKPOINTS);
  return differences(await preview(copy), live);
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

/**
 * Imports what a plan found into the state of a stack.
 *
 * @param env added to the workspace's environment.
 */
export async function importAll(
  workspace: Workspace,
  file: ImportFile,
  env?: NodeJS.ProcessEnv,
): Promise<void> {
  if (file.resources.length === 0) return;
  const name = `import-${workspace.stack}.json`;
  const path = writePrivately(workspace.directory, name, JSON.stringify(file, null, 2));
  try {
    // Without code generation: it fails for a parameterised package, after the import has been done.
    const args = ["import", "--file", path, "--generate-code=false", "--yes", "--stack", workspace.stack];
    await must(workspace, args, { env });
  } finally {
    rmSync(path, { force: true });
  }
}

/** What a previewed `up` would write on objects that are there. */
export async function differences(steps: readonly Step[], servers: Live): Promise<Difference[]> {
  const live = new LiveObjects(servers.authentik);
  const found: Difference[] = [];
  for (const step of steps) {
    const { op, before, after } = step;
    const onlyOne = op === "create" && after?.custom ? kindOf(after.type) : undefined;
    if (after && onlyOne?.singleton) {
      const object = await live.single(onlyOne.path);
      if (object) found.push(...differencesOfOnlyOne(after, object));
    }
    if (!before?.custom || ["import", "same", "read", "create"].includes(op)) continue;
    found.push(...differencesOf(step, await objectOf(before, live, servers)));
  }
  return found;
}

/** The live object of a resource that the engine knows the id of. */
async function objectOf(resource: Resource, live: LiveObjects, { cluster }: Live) {
  const { type, id = "" } = resource;
  if (!type.startsWith("kubernetes:")) return live.of(resource);
  if (type === RELEASE || id === "") return undefined;
  return cluster.read<Json & { apiVersion?: string }>(refOf(type, placeOfId(id)));
}
