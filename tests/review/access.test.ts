import { accessOf } from "../../review/model/access";
import type { Application, Opening } from "../../review/model/applications";
import { directoryOf, type Person } from "../../review/model/directory";
import { Snapshot } from "../../review/model/snapshot";
import { UNKNOWN, type Properties } from "../../state/resources";

const person = (memberOf: readonly string[], active = true): Person => ({
  key: "ann",
  username: "ann",
  name: "Ann",
  email: "ann@example.org",
  active,
  groups: memberOf,
  memberOf: new Set(memberOf),
  roles: [],
});

const opening = (kind: Opening["kind"], key: string, negate = false): Opening => ({
  kind,
  key,
  name: key,
  negate,
  passesOnError: false,
});

const application = (
  engine: "any" | "all",
  openings: readonly Opening[],
  more: Partial<Application> = {},
): Application => ({
  key: "app",
  slug: "app",
  name: "App",
  mode: "oidc",
  engine,
  openings,
  claims: [],
  mappings: new Map(),
  redirectUris: [],
  grantTypes: [],
  weaknesses: [],
  clientId: "",
  signingKey: "",
  publicPaths: [],
  served: false,
  front: "",
  ...more,
});

const staff = opening("group", "staff");
const admins = opening("group", "admins");
const policy = opening("policy", "office-hours");

test.each([
  ["a member, one of two groups", "any", [staff, admins], ["staff"], "yes", ["staff"]],
  ["a member of both", "any", [staff, admins], ["staff", "admins"], "yes", ["staff", "admins"]],
  ["no member", "any", [staff, admins], ["guests"], "no", []],
  ["both needed, one there", "all", [staff, admins], ["staff"], "no", []],
  ["both needed and there", "all", [staff, admins], ["staff", "admins"], "yes", ["staff", "admins"]],
  ["everyone but a group: a stranger", "any", [opening("group", "guests", true)], [], "yes", ["guests"]],
  ["everyone but a group: a member", "any", [opening("group", "guests", true)], ["guests"], "no", []],
  ["by name", "any", [opening("person", "ann")], [], "yes", ["ann"]],
  ["another by name", "any", [opening("person", "bob")], [], "no", []],
  ["a policy alone", "any", [policy], ["staff"], "maybe", ["office-hours"]],
  ["a policy, or a group that lets in", "any", [policy, staff], ["staff"], "yes", ["staff"]],
  [
    "a policy, and a group that lets in",
    "all",
    [policy, staff],
    ["staff"],
    "maybe",
    ["staff", "office-hours"],
  ],
  ["a policy, and a group that does not", "all", [policy, staff], [], "no", []],
] as const)("%s", (_, engine, openings, groups, entry, through) => {
  const access = accessOf(person(groups), application(engine, openings), true);
  expect([access.entry, access.through.map(({ key }) => key)]).toEqual([entry, through]);
});

test("without a binding the server's default decides", () => {
  expect(accessOf(person([]), application("any", []), true).entry).toBe("yes");
  expect(accessOf(person([]), application("any", []), false).entry).toBe("no");
});

test("who is disabled enters nothing, also not what is open to everyone", () => {
  expect(accessOf(person(["staff"], false), application("any", [staff]), true).entry).toBe("no");
  expect(accessOf(person([], false), application("any", []), true).entry).toBe("no");
});

test("what no outpost serves is entered by nobody", () => {
  const proxied = (served: boolean) => application("any", [staff], { mode: "proxy", served });
  expect(accessOf(person(["staff"]), proxied(true), true).entry).toBe("yes");
  expect(accessOf(person(["staff"]), proxied(false), true).entry).toBe("no");
});

describe("a directory", () => {
  const item = (kind: string, name: string, values: Properties, from: Record<string, string[]> = {}) => {
    const type = `authentik:index/${kind.toLowerCase()}:${kind}`;
    const resource = {
      urn: name,
      type,
      name,
      custom: true,
      protect: true,
      inputs: values,
      outputs: {},
      propertyDependencies: from,
    };
    return { key: name, type, id: `id-${name}`, values, resource };
  };

  test("knows groups through parents, also in a circle", () => {
    const { people } = directoryOf(
      new Snapshot([
        item("Group", "a", { name: "a", parents: ["id-b"] }),
        item("Group", "b", { name: "b", parents: ["id-c"], isSuperuser: true }),
        item("Group", "c", { name: "c", parents: ["id-a"] }),
        item("User", "ann", { username: "ann", groups: ["id-a"] }),
      ]),
    );
    const ann = people.get("ann");
    expect([...(ann?.memberOf ?? [])].sort()).toEqual(["a", "b", "c"]);
    expect(ann?.roles).toEqual(["admin"]);
  });

  test("finds groups that are not made yet, through what they came from", () => {
    const { people } = directoryOf(
      new Snapshot([
        item("Group", "old", { name: "old" }),
        item("Group", "new", { name: "new" }),
        item("User", "ann", { username: "ann", groups: ["id-old", UNKNOWN] }, { groups: ["old", "new"] }),
      ]),
    );
    expect(people.get("ann")?.groups).toEqual(["old", "new"]);
  });

  test("knows members that a group names, and groups that it does not hold", () => {
    const { people } = directoryOf(
      new Snapshot([
        { ...item("User", "ann", { username: "ann", groups: ["elsewhere"] }), id: "7" },
        item("Group", "named", { name: "named", users: [7] }),
      ]),
    );
    expect(people.get("ann")?.groups).toEqual(["elsewhere", "named"]);
  });
});
