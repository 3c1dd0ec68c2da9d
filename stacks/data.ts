import { z } from "zod";

import type { Tile } from "../components/applications/application";
import { CONSUMERS, type ConsumerChoice, type ConsumerName } from "../components/applications/consumers";
import type { PublicPath } from "../components/applications/public-paths";
import type { Attributes, StaffGroup } from "../components/directory/model";
import type {
  OidcApplication,
  Organisation,
  ProxiedApplication,
  RosterEntry,
  TenantPlatform,
} from "./organisation";
import { didYouMean, nearest, type Problem } from "./problem";
import { localPart } from "./roster";

// `up` does not check types: a field that is missing or of another kind would only show as "undefined" somewhere.
// The types are the source: a field that a type has and a shape has not, or the other way round, does not compile.
type Shape<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

const text = z.string("a text");
const texts = z.array(text, "a list of texts");
const someTexts = texts
  .min(1, "a list of at least one text")
  .transform((all) => all as [string, ...string[]]);
const flag = z.boolean("true or false, without quotes");
const onlyTrue = z.literal(true, "true without quotes, or the field left out");
const number = z.number("a number");
const id = z.int("a whole number from 1").positive("a whole number from 1");
const attributes: z.ZodType<Attributes> = z.record(
  z.string(),
  z.unknown().refine((value) => z.json().safeParse(value).success, "plain JSON"),
  "an object of plain JSON",
);

const CONSUMER_NAMES = Object.keys(CONSUMERS) as [ConsumerName, ...ConsumerName[]];
const MODES = ["oidc", "tenants", "proxy"] as const;

const consumer: z.ZodType<ConsumerChoice> = z.union(
  [
    z.enum(CONSUMER_NAMES),
    z.strictObject({ name: z.literal("penpot"), flags: texts.optional() }),
    z.strictObject({
      name: z.literal("synapse"),
      idpId: text.optional(),
      allowExistingUsers: flag.optional(),
    }),
  ],
  `one of ${CONSUMER_NAMES.join(", ")}, or {name: "penpot", flags} or {name: "synapse", idpId, allowExistingUsers}`,
);
const publicPath: z.ZodType<PublicPath> = z.union(
  [z.strictObject({ exact: text }), z.strictObject({ below: text }), z.strictObject({ pattern: text })],
  'one of {exact: "/…"}, {below: "/…/"}, {pattern: "/…/*/…"}',
);

const person = {
  first: text,
  last: text,
  displayName: text.optional(),
  roles: texts.optional(),
  groups: texts.optional(),
  email: text.optional(),
  attributes: attributes.optional(),
  leaving: onlyTrue.optional(),
  existingId: id.optional(),
} satisfies Shape<RosterEntry>;

const group = {
  name: text,
  grants: text,
  superuser: flag.optional(),
  attributes: attributes.optional(),
  parents: texts.optional(),
} satisfies Shape<StaffGroup>;

const tile = {
  icon: text.optional(),
  publisher: text.optional(),
  category: text.optional(),
  sameTab: onlyTrue.optional(),
  launchUrl: text.optional(),
} satisfies Shape<Tile>;
const service = { name: text, port: number } satisfies Shape<ProxiedApplication["service"]>;

const common = {
  slug: text,
  name: text,
  description: text,
  // Without a group it is told with the group that it most likely is (catalogue.ts).
  access: texts.optional() as unknown as z.ZodType<OidcApplication["access"]>,
  tile: z.strictObject(tile, "an object").optional(),
  existingProviderId: id.optional(),
  namespace: text,
};
const delivered = { ...common, consumer, secretGeneration: number.optional() };
const applications = {
  oidc: {
    ...delivered,
    mode: z.literal("oidc"),
    label: text,
    redirectPaths: someTexts,
    redirectUris: texts.optional(),
  } satisfies Shape<OidcApplication>,
  tenants: {
    ...delivered,
    mode: z.literal("tenants"),
    clientId: text,
    tenants: someTexts,
    redirectRegexes: texts.optional(),
    launchUrl: text,
  } satisfies Shape<TenantPlatform>,
  proxy: {
    ...common,
    mode: z.literal("proxy"),
    label: text,
    service: z.strictObject(service, "an object {name, port}"),
    publicPaths: z.array(publicPath, "a list"),
  } satisfies Shape<ProxiedApplication>,
};

const organisation = {
  staffDomain: text,
  groups: z.array(z.strictObject(group, "an object"), "a list"),
  roles: z.record(z.string(), texts, "an object of lists by role"),
  staffGroup: text,
  adminGroup: text,
  people: z.array(z.strictObject(person, "an object"), "a list"),
  applications: z.array(
    z.discriminatedUnion(
      "mode",
      [
        z.strictObject(applications.oidc),
        z.strictObject(applications.tenants),
        z.strictObject(applications.proxy),
      ],
      `an object whose \`mode\` is one of ${MODES.join(", ")}`,
    ),
    "a list",
  ),
} satisfies Shape<Organisation>;

const SCHEMA = z.strictObject(organisation, "an object");

/** Everything in the data of an organisation that is missing, of another kind, or of a name that no field has. */
export function checkData(data: unknown): Problem[] {
  const { error } = SCHEMA.safeParse(data);
  return (error?.issues ?? []).flatMap((issue) => {
    const path = issue.path.map(String);
    const { key, file } = placeOf(data, path);
    const mend = `correct it in the stack's ${file}`;
    if (issue.code === "unrecognized_keys") {
      const fields = fieldsAt(data, path);
      return issue.keys.map((name) => ({
        key,
        value: name,
        expected: `one of the fields ${fields.join(", ")}${didYouMean(nearest(name, fields))}`,
        mend,
      }));
    }
    const found = at(data, path);
    const names = { consumer: CONSUMER_NAMES, mode: MODES }[path[2] ?? ""] ?? [];
    const guess = typeof found === "string" ? nearest(found, names) : undefined;
    return [{ key, value: shown(found), expected: issue.message + didYouMean(guess), mend }];
  });
}

/** Where a path leads: the file, whose entry it is, and the field there. */
function placeOf(data: unknown, path: readonly string[]): { key: string; file: string } {
  const [list = "", index, ...field] = path;
  if (!["people", "groups", "applications"].includes(list)) {
    const file = list === "roles" ? "groups.ts" : "index.ts";
    return { key: [file, path.join(".")].filter(Boolean).join(": "), file };
  }
  const file = `${list}.ts`;
  if (index === undefined) return { key: file, file };
  const entry = at(data, [list, index]) as Partial<Record<string, unknown>> | null | undefined;
  const { first, last, name, slug } = entry ?? {};
  const person =
    typeof first === "string" && typeof last === "string" ? localPart({ first, last }) : undefined;
  const named = { people: person, groups: name, applications: slug }[list];
  const whose = typeof named === "string" && named !== "" ? named : `entry ${Number(index) + 1}`;
  return { key: [file, whose, field.join(".")].filter(Boolean).join(": "), file };
}

/** The fields that the object at a path may have. */
function fieldsAt(data: unknown, [list = "", index = "", field]: readonly string[]): string[] {
  if (field === "tile") return Object.keys(tile);
  if (field === "service") return Object.keys(service);
  if (list === "people") return Object.keys(person);
  if (list === "groups") return Object.keys(group);
  if (list !== "applications") return Object.keys(organisation);
  const mode = MODES.find((one) => one === at(data, [list, index, "mode"]));
  return mode ? Object.keys(applications[mode]) : [];
}

function at(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    data,
  );
}

/** What stands there, where it is short; its kind, where it is not. */
function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? "[]" : "(a list)";
  if (typeof value === "object" && value !== null) return "(an object)";
  return typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean" ||
    value === null
    ? String(value)
    : `(a ${typeof value})`;
}
