import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

type Row = Readonly<Record<string, unknown>>;

/** What is on both servers, in words that are the same in two runs. */
export interface Census {
  /** One line for each object; two objects that are alike give the same line twice. */
  readonly objects: readonly string[];
  /** Digest of everything that is a secret. */
  readonly secrets: string;
}

/** How an object is called, and what decides who gets in. Keys of other objects are told by those objects' names. */
const TOLD = [
  ...[
    "name",
    "slug",
    "username",
    "scope_name",
    "domain",
    "is_active",
    "groups",
    "is_superuser",
    "enabled",
    "negate",
  ],
  ...[
    "order",
    "target",
    "group",
    "user",
    "policy",
    "stage",
    "flow",
    "provider",
    "providers",
    "mode",
    "title",
  ],
] as const;

/** Written by the server itself in its own time. */
const OWN = new Set(["events/events", "core/authenticated_sessions", "core/tokens"]);

/** Helm writes down each revision of a release, also of an upgrade that was cut short. */
const HISTORY = "|sh.helm.release.v1.";

const NAMES = ["slug", "username", "name", "domain"] as const;

/** Reads the state of a sandbox's two servers. */
export function census(directory: string): Census {
  const { rows } = read(join(directory, "authentik.json")) as {
    rows: Readonly<Record<string, readonly Row[]>>;
  };
  const { objects } = read(join(directory, "kubernetes.json")) as { objects: Readonly<Record<string, Row>> };
  const names = new Map<unknown, string>();
  // Twice, since a stage binding has no name of its own: it is called after its flow and its stage.
  for (let pass = 1; pass <= 2; pass += 1) {
    for (const [collection, list] of Object.entries(rows)) {
      for (const row of list) {
        const own = NAMES.map((field) => row[field]).find((value) => typeof value === "string");
        const bound = [row.target, row.stage].flatMap((key) => names.get(key) ?? []);
        const name = own ?? (bound.length === 2 ? bound.join(", ") : undefined);
        for (const key of [row.pk, row.policybindingmodel_ptr_id, row.brand_uuid]) {
          // Numbers are keys of several collections.
          if (typeof key === "string" && name !== undefined) names.set(key, `${collection} ${name}`);
        }
      }
    }
  }
  const told = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(told).sort()
      : (names.get(value) ?? (typeof value === "number" ? "" : value));
  const lines = Object.entries(rows)
    .filter(([collection]) => !OWN.has(collection))
    .flatMap(([collection, list]) =>
      list.map((row) => `${collection} ${JSON.stringify(TOLD.map((field) => told(row[field]) ?? null))}`),
    );
  const secrets = [
    ...(rows["providers/oauth2"] ?? []).map(({ name, client_id, client_secret }) => [
      name,
      client_id,
      client_secret,
    ]),
    ...Object.entries(objects)
      .filter(([key]) => key.startsWith("v1|secrets|"))
      .map(([key, { data }]) => [key, data]),
  ];
  return {
    objects: [...lines, ...Object.keys(objects).filter((key) => !key.includes(HISTORY))].sort(),
    secrets: createHash("sha256")
      .update(JSON.stringify(secrets.map((one) => JSON.stringify(one)).sort()))
      .digest("hex"),
  };
}

/** What one census has and the other has not, by count: what was lost, and what was doubled or left behind. */
export function differences(before: Census, now: Census): { lost: string[]; surplus: string[] } {
  return { lost: without(before.objects, now.objects), surplus: without(now.objects, before.objects) };
}

function without(all: readonly string[], taken: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of taken) left.set(line, (left.get(line) ?? 0) + 1);
  return all.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
