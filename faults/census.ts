import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

type Row = Readonly<Record<string, unknown>>;
type Rows = Readonly<Record<string, readonly Row[]>>;

/** What is on both servers, in words that are the same in two runs. */
export interface Census {
  /** One line for each object; two objects that are alike give the same line twice. */
  readonly objects: readonly string[];
  /** Digest of each secret, by where it is. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Disabled people who still hold something. */
  readonly in: readonly string[];
}

/** How an object is called, and what decides who gets in. Keys of other objects are told by those objects' names. */
const TOLD = (
  "name slug username scope_name domain is_active groups is_superuser enabled negate " +
  "order target group user policy stage flow provider providers mode title"
).split(" ");

/** Written by the server itself in its own time. */
const OWN = new Set(["events/events", "core/authenticated_sessions"]);

/** Of these only those that give access to the API are counted: links and passwords of people come and go. */
const TOKENS = "core/tokens";

/** Helm writes down each revision of a release, also of an upgrade that was done again. */
const HISTORY = "|sh.helm.release.v1.";

const NAMES = ["slug", "username", "name", "domain"] as const;

/** What a person can hold; each names its owner in `user`. */
const HELD = [
  "core/authenticated_sessions",
  "core/tokens",
  "oauth2/access_tokens",
  "oauth2/refresh_tokens",
  "oauth2/authorization_codes",
];

/** Reads the state of a sandbox's two servers. */
export function census(directory: string): Census {
  const { rows } = read(join(directory, "authentik.json")) as { rows: Rows };
  const { objects } = read(join(directory, "kubernetes.json")) as { objects: Readonly<Record<string, Row>> };
  const nameOf = names(rows);
  const told = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(told).sort()
      : (nameOf.get(value) ?? (typeof value === "number" ? "" : value));
  const lines = Object.entries(rows)
    .filter(([collection]) => !OWN.has(collection))
    .flatMap(([collection, list]) =>
      list
        .filter((row) => collection !== TOKENS || row.intent === "api")
        .map((row) => `${collection} ${JSON.stringify(TOLD.map((field) => told(row[field]) ?? null))}`),
    );
  const inCluster = Object.keys(objects).filter((key) => !key.includes(HISTORY));
  const secrets = [
    ...(rows["providers/oauth2"] ?? []).map(
      ({ name, client_secret }) => [`provider ${String(name)}`, client_secret] as const,
    ),
    ...inCluster
      .filter((key) => key.startsWith("v1|secrets|"))
      .map((key) => [key, objects[key]?.data] as const),
  ];
  return {
    objects: [...lines, ...inCluster].sort(),
    secrets: Object.fromEntries(secrets.map(([place, value]) => [place, digest(value)])),
    in: stillIn(rows),
  };
}

/** Names by the key by which other objects refer to them. */
function names(rows: Rows): ReadonlyMap<unknown, string> {
  const found = new Map<unknown, string>();
  // Twice, since a stage binding has no name of its own: it is called after its flow and its stage.
  for (let pass = 1; pass <= 2; pass += 1) {
    for (const [collection, list] of Object.entries(rows)) {
      for (const row of list) {
        const own = NAMES.map((field) => row[field]).find((value) => typeof value === "string");
        const bound = [row.target, row.stage].flatMap((key) => found.get(key) ?? []);
        const name = own ?? (bound.length === 2 ? bound.join(", ") : undefined);
        for (const key of [row.pk, row.policybindingmodel_ptr_id, row.brand_uuid]) {
          // Numbers are keys of several collections.
          if (typeof key === "string" && name !== undefined) found.set(key, `${collection} ${name}`);
        }
      }
    }
  }
  return found;
}

function stillIn(rows: Rows): string[] {
  const out = (rows["core/users"] ?? []).filter(({ is_active }) => is_active === false);
  return out.flatMap(({ pk, username, groups }) => [
    ...(Array.isArray(groups) && groups.length > 0 ? [`${String(username)} is in a group`] : []),
    ...HELD.flatMap((collection) =>
      (rows[collection] ?? [])
        .filter(({ user }) => user === pk)
        .map(() => `${String(username)} holds one of ${collection}`),
    ),
  ]);
}

/** What one list has more than the other, by count: what was lost, or what was doubled or left behind. */
export function without(all: readonly string[], taken: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of taken) left.set(line, (left.get(line) ?? 0) + 1);
  return all.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/** Secrets that are there before and after, with another value. */
export function changedSecrets(before: Census, now: Census): string[] {
  return Object.keys(before.secrets).filter(
    (place) => now.secrets[place] !== undefined && now.secrets[place] !== before.secrets[place],
  );
}

function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value ?? null))
    .digest("hex");
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
