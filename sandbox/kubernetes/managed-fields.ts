import { isDeepStrictEqual } from "node:util";

import { StatusError } from "./status-error";

type Body = Readonly<Record<string, unknown>>;

/** Fields of an object by their paths, as lists of names in JSON. A list is one field: what is in it belongs together. */
type Fields = ReadonlyMap<string, unknown>;

/** Which fields a manager has set. One that applies and one that updates are two, also where they have one name. */
interface Owner {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly time: string;
  readonly fields: ReadonlySet<string>;
}

/** What the server alone writes, and what says which object it is, belongs to nobody. */
const NOBODYS = new Set(
  [
    ["apiVersion"],
    ["kind"],
    ["status"],
    ["spec", "clusterIP"],
    ["spec", "clusterIPs"],
    ...[
      "name",
      "namespace",
      "generateName",
      "uid",
      "resourceVersion",
      "creationTimestamp",
      "generation",
      "managedFields",
    ].map((name) => ["metadata", name]),
  ].map((path) => JSON.stringify(path)),
);

function isMap(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown, path: readonly string[] = []): [string, unknown][] {
  if (NOBODYS.has(JSON.stringify(path)) || value === undefined) return [];
  if (!isMap(value) || (Object.keys(value).length === 0 && path.length > 1))
    return [[JSON.stringify(path), value]];
  return Object.entries(value).flatMap(([name, inner]) => fieldsOf(inner, [...path, name]));
}

/** `{"f:spec": {"f:type": {}}}`, as the API server writes the fields of a manager. */
function written(fields: ReadonlySet<string>): Body {
  const root: Record<string, unknown> = {};
  for (const field of fields) {
    let place = root;
    for (const name of JSON.parse(field) as string[]) {
      const inner = (place[`f:${name}`] ??= {});
      place = inner as Record<string, unknown>;
    }
  }
  return root;
}

function read(tree: unknown, path: readonly string[] = []): string[] {
  const names = isMap(tree) ? Object.keys(tree).filter((name) => name.startsWith("f:")) : [];
  if (names.length === 0) return path.length > 0 ? [JSON.stringify(path)] : [];
  return names.flatMap((name) => read((tree as Body)[name], [...path, name.slice(2)]));
}

function ownersIn(object: Body | undefined): Owner[] | undefined {
  const { managedFields } = (object?.metadata ?? {}) as { managedFields?: readonly Body[] };
  return managedFields?.map(({ manager, operation, time, fieldsV1 }) => ({
    manager: String(manager),
    operation: operation === "Apply" ? "Apply" : "Update",
    time: String(time),
    fields: new Set(read(fieldsV1)),
  }));
}

function listed(owners: readonly Owner[], apiVersion: unknown): Body[] {
  return owners
    .filter(({ fields }) => fields.size > 0)
    .map(({ manager, operation, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      time,
      fieldsType: "FieldsV1",
      fieldsV1: written(fields),
    }));
}

function without(fields: ReadonlySet<string>, gone: (field: string) => boolean): ReadonlySet<string> {
  return new Set([...fields].filter((field) => !gone(field)));
}

/** Gives a manager these fields beside those it has, or (of an apply) in their place. */
function owned(
  owners: readonly Owner[],
  { manager, operation }: Pick<Owner, "manager" | "operation">,
  fields: ReadonlySet<string>,
): Owner[] {
  const isOwn = (each: Owner) => each.manager === manager && each.operation === operation;
  const own = owners.find(isOwn);
  if (fields.size === 0 && operation === "Update") return [...owners];
  const all = operation === "Update" ? new Set([...(own?.fields ?? []), ...fields]) : fields;
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return [...owners.filter((each) => !isOwn(each)), { manager, operation, time, fields: all }];
}

/**
 * Who has set which fields after an object was created, replaced or patched: what the request changes is its manager's
 * alone. A request may name owners itself.
 */
export function ownersAfterUpdate(old: Body | undefined, next: Body, manager: string): Body[] {
  const before: Fields = new Map(fieldsOf(old ?? {}));
  const after: Fields = new Map(fieldsOf(next));
  const changed = new Set(
    [...after].flatMap(([field, value]) =>
      before.has(field) && isDeepStrictEqual(before.get(field), value) ? [] : [field],
    ),
  );
  const owners = (ownersIn(next) ?? ownersIn(old) ?? []).map((owner) => ({
    ...owner,
    fields: without(owner.fields, (field) => changed.has(field) || !after.has(field)),
  }));
  return listed(owned(owners, { manager, operation: "Update" }, changed), next.apiVersion);
}

/**
 * Server-side apply on an object that is there: what the manager applied before and leaves out now is taken away, unless
 * somebody else has set it, too.
 *
 * @param force whether fields are taken from other managers; otherwise one that has another value is a conflict.
 * @throws StatusError 409.
 */
export function applied(live: Body, wanted: Body, manager: string, force: boolean): Record<string, unknown> {
  const operation = "Apply";
  const owners = ownersIn(live) ?? [];
  const isOwn = (each: Owner) => each.manager === manager && each.operation === operation;
  const others = owners.filter((each) => !isOwn(each));
  const before: Fields = new Map(fieldsOf(live));
  const given: Fields = new Map(fieldsOf(wanted));
  const isOther = (field: string) =>
    given.has(field) && before.has(field) && !isDeepStrictEqual(before.get(field), given.get(field));
  const inTheWay = others.flatMap((other) => {
    const fields = [...other.fields].filter(isOther);
    return fields.length > 0 ? [{ other, fields }] : [];
  });
  if (inTheWay.length > 0 && !force) throw conflict(inTheWay, wanted.apiVersion);
  const gone = [...(owners.find(isOwn)?.fields ?? [])].filter(
    (field) => !given.has(field) && !others.some(({ fields }) => fields.has(field)),
  );
  const next = gone.reduce<Body>((object, field) => lacking(object, JSON.parse(field) as string[]), live);
  const kept = others.map((other) => ({ ...other, fields: without(other.fields, isOther) }));
  const managedFields = listed(
    owned(kept, { manager, operation }, new Set(given.keys())),
    wanted.apiVersion ?? live.apiVersion,
  );
  const whole = joined(next, wanted) as Record<string, unknown>;
  return { ...whole, metadata: { ...(whole.metadata as Body), managedFields } };
}

function conflict(
  found: readonly { readonly other: Owner; readonly fields: readonly string[] }[],
  apiVersion: unknown,
): StatusError {
  const pathOf = (field: string) => `.${(JSON.parse(field) as string[]).join(".")}`;
  const count = found.reduce((sum, { fields }) => sum + fields.length, 0);
  const each = found.map(({ other, fields }) =>
    fields.length === 1
      ? `conflict with "${other.manager}" using ${String(apiVersion)}: ${fields.map(pathOf).join("")}`
      : `conflicts with "${other.manager}" using ${String(apiVersion)}:\n${fields.map((field) => `- ${pathOf(field)}`).join("\n")}`,
  );
  return new StatusError(
    409,
    "Conflict",
    `Apply failed with ${count} conflict${count === 1 ? "" : "s"}: ${each.join("\n")}`,
  );
}

function joined(live: unknown, wanted: unknown): unknown {
  if (!isMap(wanted) || !isMap(live)) return wanted;
  return {
    ...live,
    ...Object.fromEntries(Object.entries(wanted).map(([name, inner]) => [name, joined(live[name], inner)])),
  };
}

/** An object without a field, nor maps that are empty then. */
function lacking(object: Body, [name = "", ...rest]: readonly string[]): Body {
  const { [name]: inner, ...others } = object;
  if (rest.length === 0 || !isMap(inner)) return others;
  const left = lacking(inner, rest);
  return Object.keys(left).length > 0 ? { ...object, [name]: left } : others;
}
