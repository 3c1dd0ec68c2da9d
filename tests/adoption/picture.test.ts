import { V1ClusterRoleBinding, V1RoleRef } from "@kubernetes/client-node";

import { compare, picture, type Picture } from "../../adoption/picture";
import type { Live } from "../../live/connect";
import { Secret } from "../../live/secret";

const subject = {
  type: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
  id: "plana-admins",
  name: "plana-admins",
};

/** A cluster that answers as its client does, with instances of classes. */
function clusterWith(role: string): Live {
  const roleRef = Object.assign(new V1RoleRef(), { kind: "ClusterRole", name: role, apiGroup: undefined });
  const binding = Object.assign(new V1ClusterRoleBinding(), { roleRef, metadata: { name: "plana-admins" } });
  const cluster = { read: () => Promise.resolve(binding), list: () => Promise.resolve([]) };
  return { cluster, authentik: undefined } as unknown as Live;
}

const pictureOf = (role: string) => picture(clusterWith(role), [subject], new Secret("key"), "authentik");

test("a picture that an interrupted adoption has kept is compared as one that was never on disk", async () => {
  const kept = JSON.parse(JSON.stringify(await pictureOf("cluster-admin"))) as Picture;
  expect(compare(kept, await pictureOf("cluster-admin"))).toEqual([]);
  expect(compare(kept, await pictureOf("view")).map(({ field }) => field)).toEqual(["roleRef"]);
});
