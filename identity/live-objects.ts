import type { AuthentikApi, Json } from "../live/authentik";

/** What an Authentik holds, each list read once. */
export class LiveObjects {
  private readonly lists = new Map<string, Promise<readonly Json[]>>();

  constructor(private readonly api: AuthentikApi) {}

  /** All objects of a list, e.g. `/core/groups/`. */
  list(path: string): Promise<readonly Json[]> {
    let list = this.lists.get(path);
    if (!list) {
      list = this.api.list(path, QUERIES[path] ?? {});
      this.lists.set(path, list);
    }
    return list;
  }

  /** The only object of a path that is no list, e.g. the system settings. */
  async single(path: string): Promise<Json | undefined> {
    return this.api.get(path);
  }
}

/** What a list needs to be told to be complete. */
const QUERIES: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  // Without it only the applications that the token's owner may open.
  "/core/applications/": { superuser_full_list: true },
  "/core/groups/": { include_users: false },
};
