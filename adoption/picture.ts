import { createHmac } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import type { Workspace } from "../state/workspace";
import type { Json } from "../live/authentik";
import type { Live } from "../live/connect";
import type { Secret } from "../live/secret";
import { placeOfId, refOf } from "../identity/cluster-objects";
import { kindOf } from "../identity/kinds";
import { LiveObjects } from "../identity/live-objects";
import type { Difference } from "./differences";
import { apiField, takenApart, typeName } from "./fields";
import { writePrivately } from "./private-file";
import { serverSettings, SERVER_SETTINGS, settingsKept } from "./takeover";

/** Which object: type token, id inside the engine, name of the resource. */
export interface Subject {
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

/** Adopted objects as they were, without a secret in clear. */
export interface Picture {
  readonly objects: readonly { readonly subject: Subject; readonly fields: Json | null }[];
  /** Namespace in which the server runs. */
  readonly namespace: string;
  /** Digests of the settings that the server's pods read, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** What may have changed since, as `fieldOf` names it. */
  readonly agreed: readonly string[];
}

/** A field that is not as it was. */
export interface Changed {
  readonly subject: Subject;
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Fields the server derives from elsewhere, or that change by themselves. */
const DERIVED =
  /_obj$|_set$|_themed_urls$|_verbose$|^assigned_|^last_|^date_|^(launch|export|background|callback|meta_icon|icon)_url$|^(avatar|cache_count|bound_to|password_change_date|num_pk|verbose_name|verbose_name_plural|meta_model_name|component)$/;

/** More of them, by type: members are the people's to tell, and what is bound is an object of its own. */
const DERIVED_OF: Readonly<Record<string, readonly string[]>> = {
  User: ["is_superuser"],
  Group: ["users", "children"],
  Flow: ["stages", "policies"],
  FlowStageBinding: ["policies"],
  Application: ["policies"],
  Outpost: ["refresh_interval_s"],
  ProviderProxy: ["redirect_uris"],
  SourceOauth: ["policies", "type"],
};

/** Fields whose value is shown as a digest only. A webhook's address is often its own password. */
const SECRET_FIELD =
  /^(client_secret|consumer_secret|key|key_data|password|bind_password|shared_secret|webhook_url)$/;

/**
 * Takes a picture of objects on the servers.
 *
 * @param key what the digests of secrets are keyed with, so that the picture on disk helps nobody to guess one.
 */
export async function picture(
  live: Live,
  subjects: readonly Subject[],
  key: Secret,
  namespace: string,
): Promise<Picture> {
  const objects = new LiveObjects(live.authentik);
  const digest = (value: unknown) =>
    `digest ${createHmac("sha256", key.reveal()).update(JSON.stringify(value)).digest("hex").slice(0, 16)}`;
  const taken = [];
  for (const subject of subjects) {
    const fields = await fieldsOf(subject, live, objects, digest);
    // As it is read back from disk: the cluster's client answers instances of classes.
    taken.push({ subject, fields: JSON.parse(JSON.stringify(fields)) as Json | null });
  }
  const settings = settingsKept(await serverSettings(live.cluster, namespace));
  return {
    objects: taken,
    namespace,
    settings: Object.fromEntries([...settings].map(([name, value]) => [name, digest(value.reveal())])),
    agreed: [],
  };
}

async function fieldsOf(
  subject: Subject,
  { cluster }: Live,
  objects: LiveObjects,
  digest: (value: unknown) => string,
): Promise<Json | null> {
  const { type, id } = subject;
  if (kindOf(type)) {
    const object = await objects.of(subject);
    return object ? fieldsOfAuthentik(typeName(type), object, digest) : null;
  }
  const object = await cluster.read<Json & { apiVersion?: string }>(refOf(type, placeOfId(id)));
  if (!object) return null;
  const { data, metadata } = object as { data?: Json; metadata?: { labels?: Json } };
  const rest = Object.entries(object).filter(([name]) => !["data", "metadata", "status"].includes(name));
  const entries = Object.entries(data ?? {}).map(([name, value]) => [`data.${name}`, digest(value)] as const);
  return { ...Object.fromEntries([...rest, ...entries]), labels: metadata?.labels ?? {} };
}

function fieldsOfAuthentik(type: string, object: Json, digest: (value: unknown) => string): Json {
  const derived = DERIVED_OF[type] ?? [];
  const entries = Object.entries(object).filter(
    ([field]) => !DERIVED.test(field) && !derived.includes(field),
  );
  return Object.fromEntries(
    entries.flatMap(([field, value]): [string, unknown][] => {
      const settings = takenApart(field, value);
      if (settings) return Object.entries(settings).map(([key, inner]) => [`${field}.${key}`, inner]);
      const secret = SECRET_FIELD.test(field) && value !== "" && value !== null;
      return [[field, secret ? digest(value) : inOrder(value)]];
    }),
  );
}

/** Lists of ids come in the server's own order. */
function inOrder(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const items: readonly unknown[] = value;
  return items.every((each) => typeof each === "string" || typeof each === "number")
    ? [...items].sort()
    : items;
}

/** What is not as it was, and was not agreed. */
export function compare(before: Picture, after: Picture): Changed[] {
  const agreed = new Set(before.agreed);
  const now = new Map(after.objects.map(({ subject, fields }) => [`${subject.type} ${subject.id}`, fields]));
  const objects = before.objects.flatMap(({ subject, fields }) =>
    changesOf(subject, fields, now.get(`${subject.type} ${subject.id}`)),
  );
  const subject = { ...SERVER_SETTINGS, id: "" };
  const settings = Object.entries(before.settings)
    .filter(([name, digest]) => after.settings[name] !== digest)
    .map(([field, digest]) => ({ subject, field, before: digest, after: after.settings[field] }));
  return [...objects, ...settings].filter(({ subject: of, field }) => !agreed.has(fieldOf(of, field)));
}

function changesOf(subject: Subject, before: Json | null, after: Json | null | undefined): Changed[] {
  if (!before) return [];
  if (!after) return [{ subject, field: "(the whole object)", before: "there", after: "gone" }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((field) => !isDeepStrictEqual(before[field], after[field]))
    .map((field) => ({ subject, field, before: before[field], after: after[field] }));
}

/** What of a picture is overwritten by agreement. */
export function agreedIn(changes: readonly Difference[]): string[] {
  return changes
    .filter(({ harmless }) => harmless === undefined)
    .map((each) => fieldOf(each, picturedField(each.type, each.field)));
}

/** Whether what is overwritten was agreed to, now or in an earlier run of the adoption. */
export function isAgreed({ agreed }: Picture, each: Difference): boolean {
  return agreed.includes(fieldOf(each, picturedField(each.type, each.field)));
}

function fieldOf({ type, name }: Pick<Subject, "type" | "name">, field: string): string {
  return `${type} ${name} ${field}`;
}

/** The field of a picture that shows a field of a resource. */
function picturedField(type: string, field: string): string {
  if (type === SERVER_SETTINGS.type) return field;
  if (!type.startsWith("kubernetes:")) return apiField(type, field);
  const [, data] = /^(?:stringData|data)(?:\.|\[")(.+?)(?:"\])?$/.exec(field) ?? [];
  if (data !== undefined) return `data.${data}`;
  const [root = "", key = root] = field.split(/[.[]/);
  return root === "metadata" ? key : root;
}

/** Where the picture of an adoption under way is kept, until it has been proved. */
export function kept({ directory, stack }: Pick<Workspace, "directory" | "stack">) {
  const file = join(directory, `before-adoption-${stack}.json`);
  return {
    read: (): Picture | undefined =>
      existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Picture) : undefined,
    remove: () => rmSync(file, { force: true }),
  };
}

/** Keeps the picture of an adoption under way. */
export function keep({ directory, stack }: Pick<Workspace, "directory" | "stack">, whole: Picture): void {
  writePrivately(directory, `before-adoption-${stack}.json`, JSON.stringify(whole, null, 1));
}
