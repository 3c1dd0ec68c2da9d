import { differingFields } from "../adoption/differences";
import { isByProvider } from "../identity/field-managers";
import { kindOf } from "../identity/kinds";
import { LiveObjects } from "../identity/live-objects";
import { labelOf, Resolver, type Candidate } from "../identity/resolver";
import type { Live } from "../live/connect";
import { RELEASE, type Deployment, type PendingOperation, type Resource } from "../state/resources";
import type { Found } from "./import-pending";
import { isHalfInstalled } from "./stuck-release";

/** The objects of unfinished creations that are there. Undefined where one cannot be told. */
export async function resolvePending(
  { authentik, cluster }: Live,
  { resources, pending }: Deployment,
  say: (text: string) => void,
): Promise<Found[] | undefined> {
  const known = new Set(resources.map(({ urn }) => urn));
  const creations = pending.filter(({ type, resource }) => type === "creating" && !known.has(resource.urn));
  const all = [...resources, ...creations.map(({ resource }) => resource)];
  const resolver = new Resolver({ resources: all, live: new LiveObjects(authentik), cluster });
  const found: Found[] = [];
  let certain = true;
  for (const { resource } of creations) {
    const answer = await resolver.resolve(resource);
    const name = `${resource.type.slice(resource.type.lastIndexOf(":") + 1)} ${resource.name}`;
    const others =
      answer.found === "one" && kindOf(resource.type)
        ? differingFields(resource, answer.candidate.object)
        : [];
    if (answer.found === "one" && others.length > 0) {
      // Imported, the next `up` would write over it, its secrets too.
      const fields = others.map(({ field }) => field).join(", ");
      say(
        `  ${name}: is there (${answer.candidate.id}) with another ${fields}, so somebody else made it; not imported`,
      );
    } else if (answer.found === "one" && isForeign(resource, answer.candidate)) {
      say(`  ${name}: is there (${answer.candidate.id}), and not made by Pulumi; not imported`);
    } else if (answer.found === "one" && !isHalfInstalled(answer.candidate.object)) {
      say(`  ${name}: was made (${answer.candidate.id}); imported`);
      found.push({ resource, id: answer.candidate.id });
    } else if (answer.found === "several") {
      certain = false;
      const candidates = answer.candidates.map(({ id, object }) => `${labelOf(object)} (${id})`).join(" or ");
      say(`  ${name}: may be ${candidates}; change or remove the one that is not meant, and run this again`);
    } else {
      say(`  ${name}: was not made; forgotten`);
    }
  }
  tellOthers(pending, known, say);
  return certain ? found : undefined;
}

/** An object of the cluster that somebody else made. Of a release Helm's record is looked at, which Helm makes. */
function isForeign({ type }: Resource, { object }: Candidate): boolean {
  return type.startsWith("kubernetes:") && type !== RELEASE && !isByProvider(object);
}

function tellOthers(
  pending: readonly PendingOperation[],
  known: ReadonlySet<string>,
  say: (text: string) => void,
) {
  for (const { type, resource } of pending) {
    if (type === "creating" && !known.has(resource.urn)) continue;
    say(`  ${resource.name}: ${type} was interrupted; a refresh reads what came of it`);
  }
}
