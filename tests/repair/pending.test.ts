import { resolvePending } from "../../repair/pending";
import type { Json } from "../../live/authentik";
import type { Live } from "../../live/connect";
import { clusterOf, sketch } from "../adoption/sketch";

const group = sketch("authentik:index/group:Group", "plana-staff", {
  name: "plana-staff",
  isSuperuser: false,
});

async function resolved(
  objects: readonly Json[],
  resource = group,
  inCluster: Parameters<typeof clusterOf>[0] = [],
) {
  const said: string[] = [];
  const authentik = { list: () => Promise.resolve(objects) };
  const live = { authentik, cluster: clusterOf(inCluster) } as unknown as Live;
  const pending = [{ type: "creating", resource }];
  const found = await resolvePending(live, { resources: [], pending }, (text) => said.push(text));
  return { ids: found?.map(({ id }) => id), said: said.join("\n") };
}

test("what an interrupted run made is imported", async () => {
  const { ids, said } = await resolved([{ pk: "g-1", name: "plana-staff", is_superuser: false }]);
  expect(ids).toEqual(["g-1"]);
  expect(said).toContain("was made (g-1); imported");
});

test("what somebody else made under the same name is not: the next `up` would write over it", async () => {
  const { ids, said } = await resolved([{ pk: "g-1", name: "plana-staff", is_superuser: true }]);
  expect(ids).toEqual([]);
  expect(said).toContain("is there (g-1) with another isSuperuser, so somebody else made it; not imported");
});

test.each([
  ["pulumi-kubernetes", ["monitoring"], "was made (monitoring); imported"],
  ["pulumi-kubernetes-1a2b3c4d", ["monitoring"], "was made (monitoring); imported"],
  ["kubectl-create", [], "is there (monitoring), and not made by Pulumi; not imported"],
])("a namespace that %s made", async (manager, expected, word) => {
  const name = "monitoring";
  const resource = sketch("kubernetes:core/v1:Namespace", name, { metadata: { name } });
  const metadata = { name, managedFields: [{ manager, operation: "Update" }] };
  const { ids, said } = await resolved([], resource, [{ kind: "Namespace", metadata }]);
  expect({ ids, said }).toEqual({ ids: expected, said: `  Namespace monitoring: ${word}` });
});

test("an account with a person's address is not that person where another one has the username", async () => {
  const username = "chudomir.monevski";
  const email = `${username}@plana.solutions`;
  const person = sketch("authentik:index/user:User", username, { username, email });
  const { ids, said } = await resolved(
    [
      { pk: 4, username: "akadmin", email },
      { pk: 6, username, email },
    ],
    person,
  );
  expect({ ids, said }).toEqual({ ids: ["6"], said: "  User chudomir.monevski: was made (6); imported" });
});

test("what is not there is forgotten", async () => {
  expect(await resolved([])).toEqual({ ids: [], said: "  Group plana-staff: was not made; forgotten" });
});
