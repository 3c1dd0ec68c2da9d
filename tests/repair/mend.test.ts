import { hostname } from "node:os";

import { unlocking } from "../../repair/converge";
import type { Finished } from "../../shell/process";
import type { Workspace } from "../../state/workspace";
import { mend } from "../../repair/mend";
import { ROOT } from "../stack-files";

// A backend that is no folder, played: of its locks nothing is known before something has met one.
const CONFIG = {
  "authentik:url": "https://auth.example.org",
  "authentik:token": "t",
  "kubernetes:kubeconfig": JSON.stringify({
    "current-context": "c",
    clusters: [{ name: "c", cluster: { server: "https://cluster.example.org" } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
  }),
};
const GONE = `ci@${hostname()}:4194305`;
const complaint = (owner: string) => {
  const [who = "", pid = ""] = owner.split(/:(?=\d+$)/);
  return `error: the stack is currently locked by 1 lock(s). x.json: created by ${who} (pid ${pid}) at 2026-05-28T09:00:00Z`;
};
const CONFLICT =
  "error: [409] Conflict: Another update is currently in progress.\nTo learn more about possible reasons";

const calls: string[] = [];
const said: string[] = [];
const say = (text: string) => said.push(text);
beforeEach(() => {
  calls.length = 0;
  said.length = 0;
});

interface Played {
  readonly url?: string;
  readonly pending?: readonly object[];
  readonly resources?: readonly object[];
  /** Milliseconds that a preview takes. */
  readonly takes?: number;
  /** What `stack import` fails with. */
  readonly refuses?: string;
}

function played({
  url = "s3://states",
  pending = [],
  resources = [],
  refuses,
  takes = 0,
}: Played): Workspace {
  const ended = (stdout: string, stderr = ""): Promise<Finished> =>
    Promise.resolve({ code: stderr === "" ? 0 : 255, stdout, stderr });
  const pulumi: Workspace["pulumi"] = ([command = "", second = ""]) => {
    calls.push(`${command} ${second}`);
    if (command === "config")
      return ended(
        JSON.stringify(Object.fromEntries(Object.entries(CONFIG).map(([k, value]) => [k, { value }]))),
      );
    if (command === "stack" && second === "export")
      return ended(JSON.stringify({ version: 3, deployment: { resources, pending_operations: pending } }));
    if (command === "stack" && second === "import") return ended("", refuses);
    if (command === "preview")
      return new Promise((resolve) => setTimeout(resolve, takes)).then(() => ended("", "not played"));
    return ended("");
  };
  const cli: Workspace["cli"] = ([command]) =>
    command === "whoami" ? ended(JSON.stringify({ url })) : ended("", "not played");
  return { folder: ROOT, directory: ROOT, stack: "prod", env: {}, pulumi, cli } as unknown as Workspace;
}

const updating = {
  type: "updating",
  resource: {
    urn: "urn:pulumi:prod::plana-sso::authentik:index/group:Group::g",
    type: "authentik:index/group:Group",
    custom: true,
    inputs: {},
  },
};

test("where nothing is pending nothing is written back: what another run wrote meanwhile would be lost", async () => {
  expect(await mend(played({}), { gone: [], say })).toBe(true);
  expect(calls).toContain("stack export");
  expect(calls).not.toContain("stack import");
  expect(calls).not.toContain("cancel --yes");
  expect(await mend(played({ pending: [updating] }), { gone: [], say })).toBe(true);
  expect(calls).toContain("stack import");
});

test("a lock that `up` has met is judged by its owner, and cleared only when that one is gone", async () => {
  const once = (owner: string) => {
    const answers = [complaint(owner)];
    return () => Promise.resolve({ code: answers.length, stdout: "", stderr: answers.pop() ?? "" });
  };
  expect(await unlocking(played({}), say, once(GONE))).toMatchObject({ code: 0 });
  expect(calls).toContain("cancel --yes");
  calls.length = 0;
  expect(await unlocking(played({}), say, once("ci@runner-7:4711"))).toMatchObject({ code: 1 });
  expect(said.at(-1)).toContain("--owner-is-gone ci@runner-7:4711");
  expect(calls).not.toContain("cancel --yes");
  const told = ["ci@runner-7:4711"];
  expect(await unlocking(played({}), say, once("ci@runner-7:4711"), told)).toMatchObject({ code: 0 });
  expect(calls).toContain("cancel --yes");
});

const IN_CLEAR = {
  urn: "urn:pulumi:prod::plana-sso::kubernetes:core/v1:Secret::s",
  type: "kubernetes:core/v1:Secret",
  custom: true,
  inputs: { stringData: { A: "in-clear" } },
};
const CANCEL =
  "Another run works on stack prod, says Pulumi Cloud.\n" +
  "  mend: wait for it, then run this again; when that run has ended for certain: npm run pulumi -- cancel --stack prod";

test("another run that Pulumi Cloud tells of is told with what ends it, and never ended here", async () => {
  const cloud = { url: "https://app.pulumi.com/plana" };
  expect(await mend(played({ ...cloud, pending: [updating], refuses: CONFLICT }), { gone: [], say })).toBe(
    false,
  );
  expect(said.at(-1)).toBe(CANCEL);
  const ran = { code: 255, stdout: "", stderr: CONFLICT };
  expect(await unlocking(played(cloud), say, () => Promise.resolve(ran))).toBe(ran);
  expect(said.slice(-2)).toEqual([CANCEL, CANCEL]);
  // Also where there is only something to encrypt.
  expect(await mend(played({ ...cloud, resources: [IN_CLEAR], refuses: CONFLICT }), { gone: [], say })).toBe(
    false,
  );
  expect(said.at(-1)).toBe(CANCEL);
  expect(calls).not.toContain("cancel --yes");
});

test.each([
  [
    "s3://states",
    "lie in the backend (s3://states).\n" +
      "  mend: delete there what was written since then under .pulumi/history/plana-sso/prod/ and .pulumi/backups/plana-sso/prod/, and every .pulumi/stacks/plana-sso/prod.json.<number>; where the bucket keeps versions, those of .pulumi/stacks/plana-sso/prod.json and prod.json.bak as well. Packed, they have .gz or .zst after .json",
  ],
  ["https://app.pulumi.com/plana", "Pulumi Cloud keeps every version of the state"],
])("copies in clear that cannot be taken away from here are told, on %s", async (url, expected) => {
  await mend(played({ url, resources: [IN_CLEAR] }), { gone: [], say });
  const told = said.find((text) => text.startsWith("What an import had written down in clear")) ?? "";
  expect(told).toContain("is encrypted in the state now.\n");
  expect(told).toContain(expected);
});

test("a preview that takes long is told to go on", async () => {
  jest.useFakeTimers({ doNotFake: ["setImmediate"] });
  try {
    const done = new AbortController();
    const mending = mend(played({ takes: 20_000 }), { gone: [], say }).finally(() => done.abort());
    // Files are read meanwhile, which takes its own time.
    for (let step = 0; step < 10_000 && !done.signal.aborted; step += 1) {
      await jest.advanceTimersByTimeAsync(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await mending).toBe(true);
    expect(said).toEqual(["  … what is there and not in the state: a preview: not yet, after 15 s"]);
  } finally {
    jest.useRealTimers();
  }
});
