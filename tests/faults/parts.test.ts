import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isUnharmed, untilStruck, type Outcome } from "../../faults/attempt";
import { census, changedSecrets, without } from "../../faults/census";
import { chance } from "../../faults/chance";
import { rowOf, table, unharmed } from "../../faults/table";

const folder = mkdtempSync(join(tmpdir(), "census-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Row = Readonly<Record<string, unknown>>;

const PEOPLE: readonly Row[] = [
  { pk: 1, username: "ada", is_active: true, groups: ["g-1"] },
  { pk: 2, username: "bob", is_active: false, groups: [] },
];

function counted(rows: Readonly<Record<string, readonly Row[]>>, objects: Row = {}) {
  const all = {
    "core/users": PEOPLE,
    "core/groups": [{ pk: "g-1", name: "staff" }],
    "core/applications": [{ pk: "a-1", slug: "wiki", provider: 7 }],
    "policies/bindings": [{ pk: "b-1", target: "a-1", group: "g-1", order: 0, enabled: true }],
    ...rows,
  };
  writeFileSync(join(folder, "authentik.json"), JSON.stringify({ rows: all }));
  writeFileSync(join(folder, "kubernetes.json"), JSON.stringify({ objects }));
  return census(folder);
}

describe("a census", () => {
  const before = counted({});

  test("is the same where the server only gave other keys", () => {
    const now = counted({
      "core/groups": [{ pk: "g-9", name: "staff" }],
      "core/users": [{ pk: 8, username: "ada", is_active: true, groups: ["g-9"] }, PEOPLE[1] ?? {}],
      "core/applications": [{ pk: "a-9", slug: "wiki", provider: 3 }],
      "policies/bindings": [{ pk: "b-9", target: "a-9", group: "g-9", order: 0, enabled: true }],
    });
    expect(now).toEqual(before);
  });

  test.each<[string, Record<string, readonly Row[]>, number, number]>([
    ["an object that is gone", { "core/applications": [], "policies/bindings": [] }, 2, 0],
    [
      "an object that is there twice",
      {
        "policies/bindings": [1, 2].map(() => ({ target: "a-1", group: "g-1", order: 0, enabled: true })),
      },
      0,
      1,
    ],
    ["a token for the API", { "core/tokens": [{ identifier: "x", intent: "api", user: 1 }] }, 0, 1],
    ["a link that somebody was given", { "core/tokens": [{ intent: "recovery", user: 1 }] }, 0, 0],
    [
      "a person who is in another group",
      { "core/users": [{ ...PEOPLE[0], groups: [] }, PEOPLE[1] ?? {}] },
      1,
      1,
    ],
    [
      "a binding of another group",
      {
        "core/groups": [
          { pk: "g-1", name: "staff" },
          { pk: "g-2", name: "guests" },
        ],
        "policies/bindings": [{ target: "a-1", group: "g-2", order: 0, enabled: true }],
      },
      1,
      2,
    ],
  ])("tells %s", (_name, rows, lost, surplus) => {
    const now = counted(rows);
    expect(without(before.objects, now.objects)).toHaveLength(lost);
    expect(without(now.objects, before.objects)).toHaveLength(surplus);
  });

  test("tells what disabled people still hold, and nobody else", () => {
    const now = counted({
      "core/users": [PEOPLE[0] ?? {}, { ...PEOPLE[1], groups: ["g-1"] }],
      "core/tokens": [{ user: 2 }, { user: 1 }],
      "core/authenticated_sessions": [{ user: 2 }],
    });
    expect(now.in).toEqual([
      "bob is in a group",
      "bob holds one of core/authenticated_sessions",
      "bob holds one of core/tokens",
    ]);
  });

  test("tells changed secrets by their place and never their value; Helm's own records are none", () => {
    const provider = (secret: string) => ({
      "providers/oauth2": [{ pk: 7, name: "wiki", client_secret: secret }],
    });
    const object = (key: string) => ({
      "v1|secrets|wiki|wiki-oidc": { data: { key } },
      "v1|secrets|authentik|sh.helm.release.v1.authentik.v1": { data: { key } },
    });
    const one = counted(provider("first-of-no-worth"), object("first"));
    const other = counted(provider("second-of-no-worth"), object("second"));
    expect(changedSecrets(one, other)).toEqual(["provider wiki", "v1|secrets|wiki|wiki-oidc"]);
    expect(changedSecrets(one, one)).toEqual([]);
    expect(JSON.stringify(one)).not.toContain("first-of-no-worth");
  });
});

test("the same seed and name give the same numbers, another of either gives others", () => {
  const numbers = (seed: number, name: string) => {
    const next = chance(seed, name);
    return Array.from({ length: 20 }, () => next(1_000));
  };
  expect(numbers(1, "up killed 1")).toEqual(numbers(1, "up killed 1"));
  expect(numbers(1, "up killed 1")).not.toEqual(numbers(2, "up killed 1"));
  expect(numbers(1, "up killed 1")).not.toEqual(numbers(1, "up killed 2"));
  const dice = chance(4711, "dice");
  const thrown = new Set(Array.from({ length: 200 }, () => dice(6)));
  expect([...thrown].sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

const WELL: Outcome = {
  ...{ struck: true, drawn: [7], converged: true, told: true },
  ...{ lost: [], surplus: [], in: [] },
};
const USUAL = { requests: 9, milliseconds: 1_000 };

test.each<[string, Partial<Outcome>, string]>([
  ["nothing", {}, "| up | killed | 2 | 2 | 2 | 2 | 0 | 0 | 0 |"],
  ["a harm that missed", { struck: false }, "| up | killed | 2 | 1 | 2 | 2 | 0 | 0 | 0 |"],
  ["no convergence", { converged: false }, "| up | killed | 2 | 2 | 1 | 2 | 0 | 0 | 0 |"],
  ["silence", { told: false }, "| up | killed | 2 | 2 | 2 | 1 | 0 | 0 | 0 |"],
  ["a loss", { lost: ["a", "b"] }, "| up | killed | 2 | 2 | 2 | 2 | 2 | 0 | 0 |"],
  ["a double", { surplus: ["a"] }, "| up | killed | 2 | 2 | 2 | 2 | 0 | 1 | 0 |"],
  ["somebody inside", { in: ["bob"] }, "| up | killed | 2 | 2 | 2 | 2 | 0 | 0 | 1 |"],
])("%s in one attempt of two is counted", (name, more, line) => {
  const outcome = { ...WELL, ...more };
  const row = rowOf("up", "killed", USUAL, [WELL, outcome]);
  expect(table([row])).toContain(line);
  const good = name === "nothing" || name === "a harm that missed";
  expect([isUnharmed(outcome), unharmed(row)]).toEqual([good, good]);
});

const SPARED: Outcome = { ...WELL, struck: false };
const HARMED: Outcome = { ...SPARED, lost: ["a"] };

test.each<[string, readonly Outcome[], number]>([
  ["met at once", [WELL, SPARED], 1],
  ["spared twice", [SPARED, SPARED, WELL, SPARED], 3],
  ["spared always", Array<Outcome>(9).fill(SPARED), 5],
  ["spared, and still something was lost", [HARMED, WELL], 1],
])("what is %s is made so often", async (_, outcomes, often) => {
  let made = 0;
  const outcome = await untilStruck(() => Promise.resolve(outcomes[made++] ?? WELL));
  expect([made, outcome]).toEqual([often, outcomes[often - 1]]);
});

test("a row keeps what chance drew, and out of what, so that an attempt can be told and made again", () => {
  expect(rowOf("up", "killed", USUAL, [WELL, { ...WELL, drawn: [3, 2] }])).toMatchObject({
    drawn: [[7], [3, 2]],
    usual: USUAL,
  });
});

test("what cannot be tried says why", () => {
  expect(table([rowOf("up", "full-disk", USUAL, [], "no disk")])).toContain(
    "| full-disk | not tried: no disk |",
  );
});
