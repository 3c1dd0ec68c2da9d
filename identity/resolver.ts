import type { Json } from "../live/authentik";
import { visible } from "../stacks/visible";
import { UNKNOWN, type Resource } from "../state/resources";
import { findInCluster, type Reading } from "./cluster-objects";
import { kindOf, type Identity, type Kind } from "./kinds";
import type { LiveObjects } from "./live-objects";

/** An object that may be the one a resource means. */
export interface Candidate {
  /** Id of the resource inside the engine. */
  readonly id: string;
  readonly object: Json;
  /** By what it was found, as `username chudomir.monevski`. */
  readonly by: string;
}

/** What was found of a resource on the servers. */
export type Resolution =
  | { readonly found: "one"; readonly candidate: Candidate; readonly notes: readonly string[] }
  | { readonly found: "none"; readonly notes: readonly string[] }
  | { readonly found: "several"; readonly candidates: readonly Candidate[] }
  /** An id that was given as a hint belongs to something else. */
  | { readonly found: "refused"; readonly reason: string }
  /** There is exactly one, and it is always there: whoever makes it writes it whole, so it is never imported. */
  | { readonly found: "the only one"; readonly candidate: Candidate }
  /** Nothing that could be there already: a component, a generated value. */
  | { readonly found: "nothing to look for" };

export interface ResolverOptions {
  /** All resources of the program or of the state, for the references between them. */
  readonly resources: readonly Resource[];
  readonly live: LiveObjects;
  readonly cluster: Reading;
  /** Numbers that were written down beside the data, by type and name of the resource. Never an identity. */
  readonly hints?: readonly Hint[];
}

export interface Hint {
  readonly type: string;
  readonly name: string;
  readonly id: number | string;
}

/**
 * Finds the object on the servers that a resource means, by its identity. Each list of objects is gone through once
 * for each way to know them, so that what it takes grows with the number of objects, not with its square.
 */
export class Resolver {
  private readonly resources: ReadonlyMap<string, Resource>;
  private readonly answers = new Map<string, Promise<Resolution>>();
  private readonly hints: ReadonlyMap<string, Hint>;
  /** The application that is to have a provider, by the provider's URN. */
  private readonly owners = new Map<string, Resource>();

  constructor(private readonly options: ResolverOptions) {
    this.resources = new Map(options.resources.map((resource) => [resource.urn, resource]));
    this.hints = new Map((options.hints ?? []).map((hint) => [`${hint.type} ${hint.name}`, hint]));
    for (const resource of options.resources) {
      for (const urn of resource.propertyDependencies.protocolProvider ?? []) this.owners.set(urn, resource);
    }
  }

  /** @throws ServerError when a server does not answer or refuses. */
  resolve(resource: Resource): Promise<Resolution> {
    let answer = this.answers.get(resource.urn);
    if (!answer) {
      answer = this.find(resource);
      this.answers.set(resource.urn, answer);
    }
    return answer;
  }

  private async find(resource: Resource): Promise<Resolution> {
    if (!resource.custom) return { found: "nothing to look for" };
    if (resource.type.startsWith("kubernetes:")) {
      const candidate = await findInCluster(resource, this.resources, this.options.cluster);
      return candidate ? { found: "one", candidate, notes: [] } : { found: "none", notes: [] };
    }
    const kind = kindOf(resource.type);
    if (!kind) return { found: "nothing to look for" };
    if (kind.singleton !== undefined) return this.singleton(kind, kind.singleton);
    const candidates = await this.candidates(resource, kind);
    return this.heedHint(resource, kind, candidates);
  }

  private async singleton({ path }: Kind, id: string): Promise<Resolution> {
    const object = await this.options.live.single(path);
    if (!object) return { found: "none", notes: [] };
    return { found: "the only one", candidate: { id, object, by: "there is only one" } };
  }

  private async candidates(resource: Resource, kind: Kind): Promise<Candidate[]> {
    for (const rank of kind.identities) {
      const found = new Map<string, Candidate>();
      for (const identity of rank) {
        for (const candidate of await this.matching(resource, kind, identity)) {
          if (!found.has(candidate.id)) found.set(candidate.id, candidate);
        }
      }
      const last = rank === kind.identities.at(-1);
      if (last && kind.throughApplication) {
        const candidate = await this.throughApplication(resource, kind);
        if (candidate && !found.has(candidate.id)) found.set(candidate.id, candidate);
      }
      if (found.size > 0) return [...found.values()];
    }
    return [];
  }

  private async matching(
    resource: Resource,
    kind: Kind,
    { fields, fold, where }: Identity,
  ): Promise<Candidate[]> {
    const wanted: Record<string, string> = {};
    for (const [input, field] of Object.entries(fields)) {
      const value = await this.value(resource, input);
      if (value === undefined || value === "") return [];
      wanted[field] = value;
    }
    const text = Object.entries(wanted).map(([field, value]) => `${field} ${value}`);
    return (await this.options.live.having(kind.path, wanted, fold))
      .filter((object) => where?.(object) ?? true)
      .map((object) => ({
        id: String(object[kind.id]),
        object,
        by: text.join(", ") || `managed ${String(object.managed)}`,
      }));
  }

  /** The value of an input; of one that comes from another resource, the live object's. */
  private async value(resource: Resource, input: string): Promise<string | undefined> {
    const value = resource.inputs[input];
    if (typeof value === "number") return String(value);
    if (typeof value !== "string") return undefined;
    if (value !== UNKNOWN) return value;
    const sources = resource.propertyDependencies[input] ?? [];
    const source = sources.length === 1 ? this.resources.get(sources[0] ?? "") : undefined;
    const resolution = source && (await this.resolve(source));
    if (!source || resolution?.found !== "one") return undefined;
    return String(resolution.candidate.object[kindOf(source.type)?.key ?? "pk"]);
  }

  /** The provider of the live application that is to have this provider. */
  private async throughApplication(resource: Resource, kind: Kind): Promise<Candidate | undefined> {
    const application = this.owners.get(resource.urn);
    const resolution = application && (await this.resolve(application));
    if (resolution?.found !== "one") return undefined;
    const { provider, slug } = resolution.candidate.object;
    const key = typeof provider === "number" ? String(provider) : "";
    const [object] = key ? await this.options.live.having(kind.path, { [kind.key]: key }) : [];
    return object && { id: String(object[kind.id]), object, by: `application ${String(slug)}` };
  }

  /** A hint never decides; but what stands behind it must not be something else when nothing else is found. */
  private async heedHint(resource: Resource, kind: Kind, found: readonly Candidate[]): Promise<Resolution> {
    const [candidate, ...others] = found;
    if (others.length > 0) return { found: "several", candidates: found };
    const hint = this.hints.get(`${resource.type} ${resource.name}`);
    if (candidate) {
      const notes =
        hint && String(hint.id) !== candidate.id
          ? [`is ${candidate.id} there, not ${hint.id} as written down; ${candidate.id} is taken`]
          : [];
      return { found: "one", candidate, notes };
    }
    if (!hint) return { found: "none", notes: [] };
    // Types of one family count their numbers together: a proxy provider may have the number of an OAuth2 one.
    const [behind] = await this.options.live.having(kind.family ?? kind.path, {
      [kind.key]: String(hint.id),
    });
    if (!behind) return { found: "none", notes: [`was written down as ${hint.id}, which is not there`] };
    return {
      found: "refused",
      reason:
        `${hint.id} is written down for it, but ${hint.id} is ${labelOf(behind)}, ` +
        `which has neither its ${kind.identities
          .flat()
          .flatMap(({ fields }) => Object.values(fields))
          .join(" nor its ")}`,
    };
  }
}

/** What an object is called, for a person to read. */
export function labelOf(object: Json): string {
  const { slug, username, name, domain, identifier, pk } = object;
  const label = [username, slug, name, domain, identifier].find(
    (text) => typeof text === "string" && text !== "",
  );
  return `"${visible(String(label ?? pk))}"`;
}
