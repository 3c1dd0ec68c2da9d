import { withParents } from "../../identity/access";
import { flag, text, TYPES, type Item, type Snapshot } from "./snapshot";

/** What a group makes of its members, beside opening applications. */
export type Role = "admin" | "finance" | "impersonator";

/** Groups that stand for a role by their name; the consumers and the audit know them by it. */
const ROLE_OF_GROUP: ReadonlyMap<string, Role> = new Map([
  ["plana-finance", "finance"],
  ["tenant-impersonators", "impersonator"],
]);

export interface Group {
  readonly key: string;
  readonly name: string;
  /** Administers Authentik, by itself or through a parent. */
  readonly superuser: boolean;
  /** Keys of the groups that members of this one are members of, too. */
  readonly parents: readonly string[];
}

export interface Person {
  readonly key: string;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly active: boolean;
  /** Keys of the groups the person is in by their own entry. */
  readonly groups: readonly string[];
  /** Keys of all groups the person is in, through parents, too. */
  readonly memberOf: ReadonlySet<string>;
  readonly roles: readonly Role[];
}

export interface Directory {
  readonly groups: ReadonlyMap<string, Group>;
  readonly people: ReadonlyMap<string, Person>;
}

/** The people and groups of a state. */
export function directoryOf(state: Snapshot): Directory {
  const groups = new Map<string, Group>();
  for (const item of state.ofType(TYPES.group)) {
    groups.set(item.key, {
      key: item.key,
      name: text(item, "name"),
      superuser: flag(item, "isSuperuser", false),
      parents: state.follow(item, "parents").map(({ key }) => key),
    });
  }
  const within = (keys: readonly string[]) => withParents(keys, (key) => groups.get(key)?.parents ?? []);
  const own = new Set([...groups.values()].flatMap(({ key, superuser }) => (superuser ? [key] : [])));
  for (const [key, group] of groups)
    if ([...within([key])].some((above) => own.has(above))) groups.set(key, { ...group, superuser: true });
  // Membership may be written from the group's side as well.
  const written = new Map<string, string[]>();
  for (const item of state.ofType(TYPES.group)) {
    if (!Object.hasOwn(item.resource.inputs, "users")) continue;
    for (const { key } of state.follow(item, "users", "user")) {
      const known = written.get(key);
      if (known) known.push(item.key);
      else written.set(key, [item.key]);
    }
  }
  const people = state.ofType(TYPES.user).map((item) => personOf(state, item, groups, within, written));
  return { groups, people: new Map(people.map((person) => [person.key, person])) };
}

function personOf(
  state: Snapshot,
  item: Item,
  groups: ReadonlyMap<string, Group>,
  within: (groups: readonly string[]) => ReadonlySet<string>,
  written: ReadonlyMap<string, readonly string[]>,
): Person {
  const own = new Set([
    ...state.follow(item, "groups").map(({ key }) => key),
    ...(written.get(item.key) ?? []),
  ]);
  const memberOf = within([...own]);
  const roles = new Set<Role>();
  for (const key of memberOf) {
    const group = groups.get(key);
    if (group?.superuser) roles.add("admin");
    const role = group && ROLE_OF_GROUP.get(group.name);
    if (role) roles.add(role);
  }
  return {
    key: item.key,
    username: text(item, "username"),
    name: text(item, "name"),
    email: text(item, "email"),
    active: flag(item, "isActive", true),
    groups: [...own],
    memberOf,
    roles: [...roles].sort(),
  };
}
