import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { uncovered } from "../adoption/cluster-differences";
import { differingFields } from "../adoption/differences";
import { keyOf, narrow, type ImportFile, type ImportList } from "../adoption/import-file";
import type { Workspace } from "../state/workspace";
import { isByProvider } from "../identity/field-managers";
import { kindOf } from "../identity/kinds";
import { LiveObjects } from "../identity/live-objects";
import { Resolver, type Candidate } from "../identity/resolver";
import type { Live } from "../live/connect";
import { preview } from "../state/engine";
import { RELEASE, type Resource, type Step } from "../state/resources";

const GENERATED = /random:index\/random(?:Password|String):/;

/** What an `up` would make although it is there. */
export interface Unrecorded {
  /** The program's resources; none where the program cannot be previewed. */
  readonly desired: readonly Resource[];
  /** Objects as the program would make them: made by an update that never got the answer. */
  readonly importFile: ImportFile;
  /** Whether `up` must not run: it would change a secret of something that works. */
  readonly stop: boolean;
  /** Whether there may be more, which can be told once these are imported: objects that name them by an id. */
  readonly waiting: boolean;
}

/**
 * Finds objects that a failed update made and never heard of: its request arrived, and the answer was lost. They are in
 * Authentik or the cluster and neither in the state nor among the unfinished operations, so the next `up` would make them
 * again: it is refused ("must be unique", "already exists"), or, where nothing need be unique, doubles them.
 *
 * Only what is there exactly as the program would make it is imported, and of the cluster what the provider has made: a
 * namespace looks the same whoever made it. Anything else was made by somebody else, and is `adopt`'s to take over. What
 * names another object by its id can only be told once that one is imported: it waits.
 */
export async function findUnrecorded(
  workspace: Workspace,
  { authentik, cluster }: Live,
  say: (text: string) => void,
): Promise<Unrecorded> {
  const listFile = join(workspace.directory, `unrecorded-${workspace.stack}.json`);
  let steps: readonly Step[];
  let list: ImportList;
  try {
    steps = await preview(workspace, ["--import-file", listFile]);
    list = JSON.parse(readFileSync(listFile, "utf8")) as ImportList;
  } catch {
    // What is wrong with the program is `up`'s to say.
    return { desired: [], importFile: { resources: [] }, stop: false, waiting: false };
  } finally {
    rmSync(listFile, { force: true });
  }
  const desired = steps.flatMap(({ after }) => (after ? [after] : []));
  const made = new Set(steps.flatMap(({ op, urn }) => (op === "create" ? [urn] : [])));
  const resolver = new Resolver({ resources: desired, live: new LiveObjects(authentik), cluster });
  const adopt = `\`npm run adopt -- --stack ${workspace.stack}\` shows what taking it over would change`;
  const ids = new Map<string, string>();
  // There and not imported, with what names such an object; imported now, with what waits for that.
  const left = new Set<string>();
  const awaited = new Set<string>();
  let stop = false;
  let waiting = false;
  // In the order in which the engine would make them: each after what it depends on.
  for (const resource of desired) {
    const { urn } = resource;
    const kind = kindOf(resource.type);
    const inCluster = resource.type.startsWith("kubernetes:") && resource.type !== RELEASE;
    if (!made.has(urn) || !(inCluster || (kind && kind.singleton === undefined))) continue;
    const anew = generatedAnew(resource, made);
    if (anew === undefined && dependsOn(resource, left)) {
      left.add(urn);
      continue;
    }
    if (anew === undefined && dependsOn(resource, awaited)) {
      awaited.add(urn);
      waiting = true;
      continue;
    }
    const answer = await resolver.resolve(resource);
    if (answer.found === "none" || answer.found === "nothing to look for") continue;
    const name = nameOf(resource);
    if (answer.found !== "one") {
      left.add(urn);
      say(`  ${name}: more than one object may be it; ${adopt}`);
      continue;
    }
    const { candidate } = answer;
    if (anew !== undefined) {
      stop = true;
      say(`  ${name}: is there (${candidate.id}), and \`up\` would give it another ${anew}; ${adopt}`);
    } else if (inCluster && !isByProvider(candidate.object)) {
      left.add(urn);
      say(
        `  ${name}: is there (${candidate.id}), and not made by Pulumi; ${adopt}${ofOthers(resource, workspace)}`,
      );
    } else {
      const others = kind ? otherFields(resource, candidate) : uncovered(resource, candidate.object);
      if (others.length > 0) {
        left.add(urn);
        say(`  ${name}: is there (${candidate.id}) with another ${others.join(", ")}; ${adopt}`);
        continue;
      }
      awaited.add(urn);
      say(`  ${name}: was made (${candidate.id}), and its answer was lost; imported`);
      ids.set(keyOf(resource.type, resource.name), candidate.id);
    }
  }
  return { desired, importFile: narrow(list, ids), stop, waiting };
}

function nameOf({ type, name }: Resource): string {
  return `${type.slice(type.lastIndexOf(":") + 1)} ${name}`;
}

/** A namespace of an application may be another's to make, and to keep. */
function ofOthers({ type }: Resource, { stack }: Workspace): string {
  if (type !== "kubernetes:core/v1:Namespace") return "";
  return `, or, where it is an application's, leave it to whoever made it: npm run pulumi -- config set plana-sso:consumerNamespaces existing --stack ${stack}`;
}

function otherFields(resource: Resource, { object }: Candidate): string[] {
  return differingFields(resource, object).map(({ field }) => field);
}

function dependsOn({ propertyDependencies }: Resource, some: ReadonlySet<string>): boolean {
  return Object.values(propertyDependencies).some((urns) => urns.some((urn) => some.has(urn)));
}

/** The input that would come from a value that is generated only now: what is there has another one. */
function generatedAnew({ propertyDependencies }: Resource, made: ReadonlySet<string>): string | undefined {
  const fields = Object.entries(propertyDependencies);
  return fields.find(([, urns]) => urns.some((urn) => made.has(urn) && GENERATED.test(urn)))?.[0];
}
