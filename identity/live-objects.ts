import type { AuthentikApi, Json } from "../live/authentik";
import { kindOf } from "./kinds";

/** Objects by the text of some of their fields (see `keyOf`). */
type Index = ReadonlyMap<string, readonly Json[]>;

/** What an Authentik holds, each list read once. */
export class LiveObjects {
  private readonly lists = new Map<string, Promise<readonly Json[]>>();
  private readonly indexes = new Map<string, Promise<Index>>();

  constructor(private readonly api: Pick<AuthentikApi, "list" | "get">) {}

  /** All objects of a list, e.g. `/core/groups/`. */
  list(path: string): Promise<readonly Json[]> {
    let list = this.lists.get(path);
    if (!list) {
      list = this.api.list(path, QUERIES[path] ?? {});
      this.lists.set(path, list);
    }
    return list;
  }

  /**
   * The objects of a list whose fields have these texts. A list is gone through once for each set of fields, however
   * many objects are looked for.
   *
   * @param fold capitals do not matter.
   */
  async having(
    path: string,
    wanted: Readonly<Record<string, string>>,
    fold = false,
  ): Promise<readonly Json[]> {
    const fields = Object.keys(wanted).sort();
    const name = [path, fold, ...fields].join(" ");
    let index = this.indexes.get(name);
    if (!index) {
      index = this.list(path).then((objects) => indexed(objects, fields, fold));
      this.indexes.set(name, index);
    }
    return (await index).get(keyOf(wanted, fields, fold)) ?? [];
  }

  /**
   * The object that a resource stands for.
   *
   * @param id inside the engine.
   * @returns undefined where there is none, and for what Authentik does not hold.
   */
  async of({ type, id = "" }: { readonly type: string; readonly id?: string }): Promise<Json | undefined> {
    const kind = kindOf(type);
    if (!kind) return undefined;
    if (kind.singleton !== undefined) return this.single(kind.path);
    return (await this.having(kind.path, { [kind.id]: id }))[0];
  }

  /** The only object of a path that is no list, e.g. the system settings. */
  async single(path: string): Promise<Json | undefined> {
    return this.api.get(path);
  }
}

function indexed(objects: readonly Json[], fields: readonly string[], fold: boolean): Index {
  const index = new Map<string, Json[]>();
  for (const object of objects) {
    const key = keyOf(object, fields, fold);
    const same = index.get(key);
    if (same) same.push(object);
    else index.set(key, [object]);
  }
  return index;
}

function keyOf(object: Json, fields: readonly string[], fold: boolean): string {
  const texts = fields.map((field) => {
    const value = object[field];
    return typeof value === "number" || typeof value === "string" ? String(value) : "";
  });
  return fold ? JSON.stringify(texts).toLowerCase() : JSON.stringify(texts);
}

/** What a list needs to be told to be complete. */
const QUERIES: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  // Without it only the applications that the token's owner may open.
  "/core/applications/": { superuser_full_list: true },
  "/core/groups/": { include_users: false },
};
