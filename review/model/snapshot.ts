import { UNKNOWN, type Properties, type Resource } from "../../state/resources";
import type { Change } from "./change";

/** Type tokens of what the report speaks about. */
export const TYPES = {
  user: "authentik:index/user:User",
  group: "authentik:index/group:Group",
  application: "authentik:index/application:Application",
  oauth2: "authentik:index/providerOauth2:ProviderOauth2",
  proxy: "authentik:index/providerProxy:ProviderProxy",
  mapping: "authentik:index/propertyMappingProviderScope:PropertyMappingProviderScope",
  binding: "authentik:index/policyBinding:PolicyBinding",
  outpost: "authentik:index/outpost:Outpost",
  attachment: "authentik:index/outpostProviderAttachment:OutpostProviderAttachment",
  stageBinding: "authentik:index/flowStageBinding:FlowStageBinding",
  validate: "authentik:index/stageAuthenticatorValidate:StageAuthenticatorValidate",
  deny: "authentik:index/stageDeny:StageDeny",
  login: "authentik:index/stageUserLogin:StageUserLogin",
  write: "authentik:index/stageUserWrite:StageUserWrite",
  expression: "authentik:index/policyExpression:PolicyExpression",
  brand: "authentik:index/brand:Brand",
  identification: "authentik:index/stageIdentification:StageIdentification",
  settings: "authentik:index/systemSettings:SystemSettings",
  scopes: "plana:sso:Scopes",
} as const;

/** An object of one state. */
export interface Item {
  /** The same in both states, also where an alias renamed the resource. */
  readonly key: string;
  readonly type: string;
  readonly id?: string;
  /** Every property that is known: as the server has it, or as it will be told. */
  readonly values: Properties;
  readonly resource: Resource;
}

/** Where a property leads: to an object of the state, or to something outside of it, which only its id names. */
export interface Reference {
  readonly key: string;
  readonly item?: Item;
}

/** Ids that are numbers, and so mean something only within one kind. */
const kindOf = (type: string) =>
  type === TYPES.user ? "user" : type.startsWith("authentik:index/provider") ? "provider" : "uuid";

/** One state: its objects, and the edges between them. */
export class Snapshot {
  private readonly byType = new Map<string, Item[]>();
  private readonly byUrn = new Map<string, Item>();
  private readonly byKey = new Map<string, Item>();
  private readonly byReference = new Map<string, Item>();

  constructor(items: readonly Item[]) {
    for (const item of items) {
      const known = this.byType.get(item.type);
      if (known) known.push(item);
      else this.byType.set(item.type, [item]);
      this.byUrn.set(item.resource.urn, item);
      this.byKey.set(item.key, item);
      for (const value of [item.id, item.values.uuid]) {
        if (typeof value === "string" && value !== UNKNOWN)
          this.byReference.set(`${kindOf(item.type)} ${value}`, item);
      }
    }
  }

  /** What is deployed. What the server answered counts more than what it was told. */
  static before(changes: readonly Change[]): Snapshot {
    return new Snapshot(
      changes.flatMap(({ key, before }) =>
        before ? [itemOf(key, before, before.id, { ...before.inputs, ...before.outputs })] : [],
      ),
    );
  }

  /** What will be there. What only the server knows stays as it is, unless the object is made anew. */
  static after(changes: readonly Change[]): Snapshot {
    return new Snapshot(
      changes.flatMap(({ key, op, before, after }) => {
        if (!after) return [];
        const kept = op === "replace" ? undefined : before;
        const computed = Object.entries(kept?.outputs ?? {}).filter(
          ([property]) => !Object.hasOwn(kept?.inputs ?? {}, property),
        );
        const values = { ...Object.fromEntries(computed), ...after.outputs, ...after.inputs };
        return [itemOf(key, after, after.id ?? kept?.id, values)];
      }),
    );
  }

  /** Objects of a type, in the order of their keys. */
  ofType(type: string): readonly Item[] {
    return this.byType.get(type) ?? [];
  }

  /** The object of a key. */
  item(key: string): Item | undefined {
    return this.byKey.get(key);
  }

  /** Objects whose type begins so. */
  ofTypes(prefix: string): Item[] {
    return [...this.byType].filter(([type]) => type.startsWith(prefix)).flatMap(([, items]) => items);
  }

  /**
   * Where a property leads. A reference that a preview does not know yet is found through the resources that the
   * engine says it came from.
   *
   * @param kind whose numbers the property holds; `uuid` where it holds uuids.
   */
  follow(item: Item, property: string, kind: "uuid" | "user" | "provider" = "uuid"): Reference[] {
    const value = item.values[property];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const found: Reference[] = [];
    for (const one of values) {
      // Where nothing is meant, a provider may answer an empty text or a zero.
      if (one === UNKNOWN || one === "" || one === 0) continue;
      if (typeof one !== "string" && typeof one !== "number") continue;
      const target = this.byReference.get(`${kind} ${one}`);
      found.push({ key: target?.key ?? String(one), item: target });
    }
    if (values.includes(UNKNOWN)) {
      const told = new Set(found.map(({ key }) => key));
      for (const urn of item.resource.propertyDependencies[property] ?? []) {
        const target = this.byUrn.get(urn);
        if (target && kindOf(target.type) === kind && !told.has(target.key))
          found.push({ key: target.key, item: target });
      }
    }
    return found;
  }
}

function itemOf(key: string, resource: Resource, id: string | undefined, values: Properties): Item {
  return { key, type: resource.type, id, values, resource };
}

/** A property that is a text; empty where it is not known. */
export function text(item: Item, property: string): string {
  const value = item.values[property];
  return typeof value === "string" ? value : "";
}

/** A property that is a list of texts. */
export function texts(item: Item, property: string): string[] {
  const value = item.values[property];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** A property that is yes or no. */
export function flag(item: Item, property: string, fallback: boolean): boolean {
  const value = item.values[property];
  return typeof value === "boolean" ? value : fallback;
}
