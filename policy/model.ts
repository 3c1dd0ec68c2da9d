/** Stands where a preview does not know a value yet. */
export const UNKNOWN: unique symbol = Symbol("not known before the update");

export type Properties = Readonly<Record<string, unknown>>;

/** A resource as the rules see it. Secrets are plain values here: no message may carry one. */
export interface Resource {
  readonly urn: string;
  /** Full type token, as `authentik:index/group:Group`. */
  readonly type: string;
  readonly name: string;
  /** What the program gives. */
  readonly inputs: Properties;
  /** What the provider answers; of a preview, what is known beforehand. Empty while the resource is not yet made. */
  readonly outputs: Properties;
  readonly protect: boolean;
  readonly ignoreChanges: readonly string[];
  /** Outputs that are kept secret whatever the provider says of them. */
  readonly additionalSecretOutputs: readonly string[];
  /** URNs of the resources that a property came from. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
}

/** The value of a property: the program's, where it gives a known one, else the provider's. */
export function valueOf(
  { inputs, outputs }: Pick<Resource, "inputs" | "outputs">,
  property: string,
): unknown {
  const given = inputs[property];
  if (given === undefined) return outputs[property];
  return isKnown(given) ? given : (outputs[property] ?? given);
}

/** Whether a value is known, whole. */
export function isKnown(value: unknown): boolean {
  if (value === UNKNOWN) return false;
  if (Array.isArray(value)) return value.every(isKnown);
  return !isRecord(value) || Object.values(value).every(isKnown);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of a property; empty for what is missing or unknown. */
export function textOf(resource: Resource, property: string): string {
  const value = valueOf(resource, property);
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** The list of a property; empty for what is missing or unknown. */
export function listOf(resource: Resource, property: string): readonly unknown[] {
  const value = valueOf(resource, property);
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** Whether something is given, known or not: an empty text, list or object is nothing. */
export function isGiven(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (value === undefined || value === null || value === "" || value === false) return false;
  return !(Array.isArray(value) && value.length === 0);
}

/** Whether a switch is off for certain: what is not known may be on. The server's default is off. */
export function isOff(resource: Resource, property: string): boolean {
  return [undefined, false].includes(valueOf(resource, property) as boolean | undefined);
}

/** Whether a switch that is on by default is on for certain. */
export function isOn(resource: Resource, property: string): boolean {
  return [undefined, true].includes(valueOf(resource, property) as boolean | undefined);
}

/** Every text in a value, with its place: `spec.containers.0.image`. */
export function textsIn(value: unknown, place = ""): { readonly place: string; readonly text: string }[] {
  if (typeof value === "string") return [{ place, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, place ? `${place}.${key}` : key));
}

/** A reference that cannot be followed to a resource of the program. */
export interface Unresolved {
  readonly value: unknown;
}

interface References {
  readonly found: readonly Resource[];
  readonly unresolved: readonly Unresolved[];
}

/** Everything that a stack is to hold. */
export class Stack {
  private readonly byUrn: ReadonlyMap<string, Resource>;
  private readonly byType = new Map<string, Resource[]>();
  private readonly byId = new Map<string, Resource[]>();
  private readonly followed = new Map<Resource, Map<string, References>>();
  private readonly followedBack = new Map<string, ReadonlyMap<Resource, readonly Resource[]>>();

  constructor(readonly resources: readonly Resource[]) {
    this.byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    for (const resource of resources) {
      push(this.byType, resource.type, resource);
      for (const id of new Set(idsOf(resource).map(idOf))) if (id !== "") push(this.byId, id, resource);
    }
  }

  /** Every resource of a type. */
  all(type: string): readonly Resource[] {
    return this.byType.get(type) ?? [];
  }

  /** A resource by its URN. */
  at(urn: string): Resource | undefined {
    return this.byUrn.get(urn);
  }

  /**
   * The resources that a property refers to. An id that is known decides; where it is not, as before the first
   * update, the engine's record of where the value came from does. What leads to no resource of the program, or may
   * lead to several, is unresolved.
   */
  references(resource: Resource, property: string): References {
    let known = this.followed.get(resource);
    if (!known) this.followed.set(resource, (known = new Map<string, References>()));
    let references = known.get(property);
    if (!references) known.set(property, (references = this.follow(resource, property)));
    return references;
  }

  private follow(resource: Resource, property: string): References {
    const value = valueOf(resource, property);
    const values = (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter(isGiven);
    const sources = (resource.dependencies[property] ?? []).flatMap((urn) => this.byUrn.get(urn) ?? []);
    const candidates = sources.filter(({ type }) => type.startsWith("authentik:index/"));
    const found = new Set<Resource>();
    const open: unknown[] = [];
    for (const entry of values) {
      const named = entry === UNKNOWN ? "" : idOf(entry);
      // Numbers are ids of users and providers alike, so what the value came from is asked first.
      const match =
        candidates.find((candidate) => hasId(candidate, named)) ??
        this.byId
          .get(named)
          ?.find((other) => other !== resource && LEADS_TO.test(`${property} ${other.type}`));
      if (match) found.add(match);
      else open.push(entry);
    }
    // A known value means none that has another id. What is being adopted tells none, and of what is being updated the
    // provider may not tell it beforehand, though the engine has it.
    const known = !open.includes(UNKNOWN);
    const rest = candidates.filter(
      (candidate) => !found.has(candidate) && (!known || idsOf(candidate).every((id) => idOf(id) === "")),
    );
    if (open.length > 0 && rest.length === open.length) {
      return { found: [...found, ...rest], unresolved: [] };
    }
    const unresolved = open.map((entry) => ({ value: entry }));
    return { found: [...found], unresolved };
  }

  /** The resources in which a property leads to `target`. */
  referrers(type: string, property: string, target: Resource): readonly Resource[] {
    const key = `${type} ${property}`;
    let back = this.followedBack.get(key);
    if (!back) {
      const fresh = new Map<Resource, Resource[]>();
      for (const resource of this.all(type))
        for (const found of this.references(resource, property).found) push(fresh, found, resource);
      this.followedBack.set(key, (back = fresh));
    }
    return back.get(target) ?? [];
  }
}

function push<K>(lists: Map<K, Resource[]>, key: K, resource: Resource): void {
  const list = lists.get(key);
  if (list) list.push(resource);
  else lists.set(key, [resource]);
}

/** Which property may lead to which type, where a plain id is all there is. */
const LEADS_TO =
  /^(?:protocolProviders?|backchannelProviders) authentik:index\/provider|^(?:target|group|groups|parents|policy|stage|sources|flow\w*|\w+Flow|configurationStages) authentik:index\/(?!provider|user:)/;

function idOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/**
 * What a resource is referred to by. The engine does not hand its id to a policy pack; the provider repeats it under
 * the name of the type (`groupId`), and tells the uuid of what it knows by a slug.
 */
function idsOf({ type, outputs }: Resource): readonly unknown[] {
  return [outputs[idProperty(type)], outputs.uuid];
}

/** The output that repeats the id: `groupId` of `authentik:index/group:Group`. */
export function idProperty(type: string): string {
  const name = type.slice(type.lastIndexOf(":") + 1);
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}Id`;
}

function hasId(resource: Resource, id: string): boolean {
  return id !== "" && idsOf(resource).some((own) => idOf(own) === id);
}
