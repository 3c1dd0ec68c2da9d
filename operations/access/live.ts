import type { AuthentikApi, Json } from "../../live/authentik";
import { ServerError } from "../../live/server-error";
import { isService, listAccounts } from "../person/accounts";
import { Directory, type Binding, type Group } from "./directory";

/** Who may enter what now. Accounts of machines are left out. @throws ServerError */
export async function liveDirectory(api: AuthentikApi): Promise<Directory> {
  const [accounts, groups, applications, bindings, settings] = await Promise.all([
    listAccounts(api),
    api.list("/core/groups/", { include_users: false }),
    // Without it only what the token's owner may open.
    api.list("/core/applications/", { superuser_full_list: true }),
    api.list("/policies/bindings/"),
    api.get("/admin/settings/"),
  ]);
  return new Directory({
    people: accounts
      .filter((account) => !isService(account))
      .map(({ pk, ...account }) => ({ ...account, key: String(pk) })),
    groups: groups.map(groupOf),
    applications: applications.map(({ pk, slug, name, policy_engine_mode: engine }) => ({
      key: text(pk, "/core/applications/"),
      slug: text(slug, "/core/applications/"),
      name: text(name, "/core/applications/"),
      engine: engine === "all" ? "all" : "any",
    })),
    bindings: bindings.flatMap(bindingOf),
    openByDefault: isOpenByDefault(settings),
  });
}

/** Whether the system settings open an application without a binding to everybody. */
export function isOpenByDefault(settings: Json | undefined): boolean {
  const flags = settings?.flags as Json | undefined;
  // Before there was such a flag, it was open.
  return flags?.core_default_app_access !== false;
}

/** Whether the server lets a person in, asked where a policy decides. @throws ServerError */
export async function checkAccess(api: AuthentikApi, slug: string, person: string): Promise<boolean> {
  const path = `/core/applications/${encodeURIComponent(slug)}/check_access/`;
  const answer = await api.get(path, { for_user: Number(person) });
  if (typeof answer?.passing !== "boolean")
    throw new ServerError("Authentik", "GET", path, 200, "the answer does not say");
  return answer.passing;
}

function groupOf({ pk, name, is_superuser: superuser, parents }: Json): Group {
  return {
    key: text(pk, "/core/groups/"),
    name: text(name, "/core/groups/"),
    superuser: superuser === true,
    parents: Array.isArray(parents) ? parents.map(String) : [],
  };
}

function bindingOf({ target, group, user, policy, policy_obj: shown, negate, enabled }: Json): Binding[] {
  if (enabled === false) return [];
  const common = { target: text(target, "/policies/bindings/"), negate: negate === true };
  if (typeof group === "string") return [{ ...common, kind: "group", key: group }];
  if (typeof user === "number") return [{ ...common, kind: "person", key: String(user) }];
  if (typeof policy !== "string") return [];
  const name = (shown as Json | null | undefined)?.name;
  return [{ ...common, kind: "policy", key: policy, policy: typeof name === "string" ? name : policy }];
}

function text(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw new ServerError("Authentik", "GET", path, 200, "an object of the list is incomplete");
}
