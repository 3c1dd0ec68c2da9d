import { isObject, type Properties, type Value } from "./wire";

/** One changed property, named by its path as Pulumi writes it: `spec.ports[0].name`. */
export interface Change {
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  /** Whether the change can only be made by a new object. */
  readonly replace?: boolean;
}

/** Whether two values are the same, whatever the order of their keys. */
export function same(a: Value | undefined, b: Value | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((inner, i) => same(inner, b[i]));
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length && names.every((name) => name in b && same(a[name], b[name]))
    );
  }
  return a === b;
}

function join(path: string, name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${path}["${name}"]`;
  return path ? `${path}.${name}` : name;
}

/**
 * What to do to get from `live` to `wanted`. Only what `wanted` names counts; a name that is in `before` (the
 * inputs of the last run) and no longer wanted counts as taken away. Everything else in `live` is the server's.
 */
export function changes(wanted: Properties, live: Properties, before: Properties, path = ""): Change[] {
  const out: Change[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    const at = join(path, name);
    const old = live[name];
    if (isObject(value) && isObject(old)) {
      const last = before[name];
      out.push(...changes(value, old, isObject(last) ? last : {}, at));
    } else if (old === undefined) out.push({ path: at, kind: "add" });
    else if (!covers(value, old)) out.push({ path: at, kind: "update" });
  }
  for (const name of Object.keys(before))
    if (!(name in wanted) && live[name] !== undefined) out.push({ path: join(path, name), kind: "delete" });
  return out;
}

/** Like `same`, but maps inside lists may carry fields the server filled in. */
function covers(wanted: Value, live: Value): boolean {
  if (Array.isArray(wanted) && Array.isArray(live))
    return wanted.length === live.length && wanted.every((inner, i) => covers(inner, live[i] ?? null));
  if (isObject(wanted) && isObject(live))
    return Object.entries(wanted).every(([name, inner]) => covers(inner, live[name] ?? null));
  return wanted === live;
}
