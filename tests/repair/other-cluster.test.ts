import type { Workspace } from "../../state/workspace";
import { settled } from "../../repair/converge";
import type { Cluster } from "../../live/cluster";
import { mend } from "../../repair/mend";
import { isOwnCluster } from "../../repair/other-cluster";

const made = (name: string, uid?: string) => ({
  type: "kubernetes:core/v1:Namespace",
  outputs: { metadata: { name, uid } },
});
const STATE = [
  made("authentik", "u-1"),
  made("matomo", "u-2"),
  // Not made yet.
  made("forgejo"),
  { type: "kubernetes:core/v1:Secret", outputs: { metadata: { name: "settings", uid: "u-3" } } },
];
const said: string[] = [];
const say = (text: string) => said.push(text);

beforeEach(() => {
  said.length = 0;
});

test.each([
  ["the stack's own", { authentik: "u-1", matomo: "u-2" }, true],
  // By hand, and the program makes it again.
  ["its own, where one was deleted", { matomo: "u-2" }, true],
  ["another one", {}, false],
  ["another one that has the same names", { authentik: "u-8", matomo: "u-9" }, false],
])("a cluster is %s", async (_what, live: Readonly<Record<string, string>>, expected) => {
  const read = ({ name = "" }) => Promise.resolve(live[name] && { metadata: { uid: live[name] } });
  const cluster = { read } as unknown as Cluster;
  expect(await isOwnCluster("prod", STATE, () => Promise.resolve(cluster), say)).toBe(expected);
  expect(said).toEqual(
    expected
      ? []
      : [
          expect.stringMatching(
            /^error: this is not the cluster of stack prod: .*authentik, matomo.*KUBECONFIG/s,
          ),
        ],
  );
});

test("a state that knows no namespace asks no cluster", async () => {
  const none = () => Promise.reject(new Error("no cluster"));
  expect(await isOwnCluster("prod", [], none, say)).toBe(true);
});

// A kubeconfig that leads nowhere: whoever asks the cluster first says so.
test.each([
  ["every command that applies something", settled],
  ["a mending", (workspace: Workspace) => mend(workspace, { gone: [], say })],
])("%s asks first whose cluster it is", async (_what, act) => {
  const urn = "urn:pulumi:prod::plana-sso::kubernetes:core/v1:Namespace::authentik";
  const namespace = { ...made("authentik", "u-1"), urn, custom: true, id: "authentik" };
  const asked: string[] = [];
  const pulumi: Workspace["pulumi"] = ([command = "", second = ""]) => {
    asked.push(`${command} ${second}`);
    const answer =
      command === "config"
        ? { "authentik:url": { value: "https://auth.example.org" }, "authentik:token": { value: "t" } }
        : { version: 3, deployment: { resources: [namespace] } };
    const stdout = second === "history" ? "[]" : JSON.stringify(answer);
    return Promise.resolve({ code: 0, stdout, stderr: "" });
  };
  const env = { KUBECONFIG: "/nowhere/kubeconfig" };
  const workspace = { stack: "prod", env, pulumi, cli: pulumi } as unknown as Workspace;
  await expect(act(workspace, say)).rejects.toThrow("/nowhere/kubeconfig");
  // Where the servers are was the last that was asked: nothing came before the cluster.
  expect(asked.at(-1)).toMatch(/^config /);
});
