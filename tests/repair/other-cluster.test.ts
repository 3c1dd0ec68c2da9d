import { isThere, namespacesOf } from "../../repair/other-cluster";

const made = (name: string, uid?: string) => ({
  type: "kubernetes:core/v1:Namespace",
  outputs: { metadata: { name, uid } },
});
const known = namespacesOf([
  made("authentik", "u-1"),
  made("matomo", "u-2"),
  // Not made yet.
  made("forgejo"),
  { type: "kubernetes:core/v1:Secret", outputs: { metadata: { name: "settings", uid: "u-3" } } },
]);

test("a state knows the namespaces that it made", () => {
  expect(known).toEqual([
    { name: "authentik", uid: "u-1" },
    { name: "matomo", uid: "u-2" },
  ]);
});

test.each([
  ["the stack's own", { authentik: "u-1", matomo: "u-2" }, true],
  // By hand, and the program makes it again.
  ["its own, where one was deleted", { matomo: "u-2" }, true],
  ["another one", {}, false],
  ["another one that has the same names", { authentik: "u-8", matomo: "u-9" }, false],
])("a cluster is %s", async (_what, live: Readonly<Record<string, string>>, expected) => {
  expect(await isThere(known, (name) => Promise.resolve(live[name]))).toBe(expected);
});
