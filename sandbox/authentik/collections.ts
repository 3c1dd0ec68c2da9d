import { answerOf, type ApiDocument, bodyOf, resolve, type Schema } from "./document";
import { CASCADE, referenceName } from "./tables";

/** A field that points at objects of other collections. */
export interface Reference {
  /** Names of the collections or unions the target lives in. */
  readonly families: readonly string[];
  /** What happens to the holder when the target is deleted. */
  readonly onDelete: "cascade" | "null" | "remove";
}

/** One kind of object, as the OpenAPI document describes it. */
export interface Collection {
  /** The path without slashes at its ends, such as `core/users`. */
  readonly name: string;
  /** `stages/all` for every stage, and so on: one table on the real server; else the own name. */
  readonly family: string;
  /** Whether it only lists the members of its family. */
  readonly union: boolean;
  /** Whether answers are paged, or a bare array. */
  readonly paged: boolean;
  /** The field that the path addresses an object by. */
  readonly idField: string;
  /** The field that other objects refer to. */
  readonly pkField: string;
  /** The schema of an answer, and its name in the document. */
  readonly item: Schema;
  readonly itemName: string;
  /** The schema of a creation, where the API has one. */
  readonly request?: Schema;
  /** The fields that point elsewhere. */
  readonly references: ReadonlyMap<string, Reference>;
}

function referencesOf(name: string, item: Schema, request: Schema | undefined): Map<string, Reference> {
  const out = new Map<string, Reference>();
  for (const [field, schema] of Object.entries({ ...item.properties, ...request?.properties })) {
    const families = referenceName(name, field);
    const element = schema.items ?? schema;
    const keyed = element.format === "uuid" || [element.type].flat().includes("integer");
    if (!families || (!keyed && (request?.properties?.[field] ?? schema.items))) continue;
    const cascades = request?.required?.includes(field) ?? false;
    const always = !request?.properties?.[field] || CASCADE.has(`${name}.${field}`);
    out.set(field, { families, onDelete: schema.items ? "remove" : cascades || always ? "cascade" : "null" });
  }
  return out;
}

/** Every collection of the document: a path that lists, with the path of one object beneath it. */
export function collectionsOf(document: ApiDocument): Map<string, Collection> {
  const found: (Omit<Collection, "family"> & { component: boolean })[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    const list = methods.get && answerOf(methods.get).schema;
    if (!list || path.includes("{")) continue;
    const paged = /Paginated\w+List$/.test(list.$ref ?? "");
    const detail = Object.keys(document.paths).find(
      (p) => p.startsWith(`${path}{`) && p.split("/").length === path.split("/").length + 1,
    );
    const union = path.endsWith("/all/");
    if (!paged && !(list.type === "array" && (union || detail))) continue;
    const ref = (paged ? resolve(document, list).properties?.results?.items : list.items) ?? {};
    const item = resolve(document, ref);
    const name = path.slice(1, -1);
    const body = bodyOf(methods.post);
    const request = body && resolve(document, body);
    const parameter = detail?.slice(path.length + 1, -2) ?? "pk";
    const properties = item.properties ?? {};
    const pkField = "pk" in properties ? "pk" : parameter;
    found.push({
      name,
      union,
      paged,
      idField: parameter === "slug" || parameter === "identifier" ? parameter : pkField,
      pkField,
      item,
      itemName: ref.$ref?.slice(ref.$ref.lastIndexOf("/") + 1) ?? name,
      request,
      references: referencesOf(name, item, request),
      component: "component" in properties,
    });
  }
  const unions = found.filter((c) => c.union).sort((a, b) => b.name.length - a.name.length);
  return new Map(
    found.map(({ component, ...c }) => {
      const union = unions.find((u) => c.name.startsWith(u.name.slice(0, -"all".length)));
      return [c.name, { ...c, family: union && (component || !union.component) ? union.name : c.name }];
    }),
  );
}
