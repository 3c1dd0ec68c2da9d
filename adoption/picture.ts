import { createHmac } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import type { Json } from "../live/authentik";
import type { Live } from "../live/connect";
import type { Secret } from "../live/secret";
import { refOf } from "../identity/cluster-objects";
import { kindOf } from "../identity/kinds";
import { LiveObjects } from "../identity/live-objects";

/** Which object: type token, id inside the engine, name of the resource. */
export interface Subject {
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

/** Adopted objects as they were, without a secret in clear. */
export interface Picture {
  readonly objects: readonly { readonly subject: Subject; readonly fields: Json | null }[];
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
  /_obj$|_set$|^assigned_|^last_|^date_|^(launch|export|background|callback|meta_icon)_url$|^(avatar|cache_count|bound_to|stages|policies|password_change_date|num_pk|users|is_superuser|verbose_name|verbose_name_plural|meta_model_name|component)$/;

/** Fields whose value is shown as a digest only. */
const SECRET_FIELD = /^(client_secret|consumer_secret|key|key_data|password|bind_password|shared_secret)$/;

/**
 * Takes a picture of objects on the servers.
 *
 * @param key what the digests of secrets are keyed with, so that the picture on disk helps nobody to guess one.
 */
export async function picture(live: Live, subjects: readonly Subject[], key: Secret): Promise<Picture> {
  const objects = new LiveObjects(live.authentik);
  const digest = (value: unknown) =>
    `digest ${createHmac("sha256", key.reveal()).update(JSON.stringify(value)).digest("hex").slice(0, 16)}`;
  const taken = [];
  for (const subject of subjects)
    taken.push({ subject, fields: await fieldsOf(subject, live, objects, digest) });
  return { objects: taken };
}

async function fieldsOf(
  { type, id }: Subject,
  { cluster }: Live,
  objects: LiveObjects,
  digest: (value: unknown) => string,
): Promise<Json | null> {
  const kind = kindOf(type);
  if (kind) {
    const object =
      kind.singleton === undefined
        ? (await objects.list(kind.path)).find((each) => String(each[kind.id]) === id)
        : await objects.single(kind.path);
    return object ? fieldsOfAuthentik(object, digest) : null;
  }
  const [first = "", second] = id.split("/");
  const place = second === undefined ? { name: first } : { namespace: first, name: second };
  const object = await cluster.read<Json & { apiVersion?: string }>(refOf(type, place));
  if (!object) return null;
  const { data, metadata } = object as { data?: Json; metadata?: { labels?: Json } };
  const rest = Object.entries(object).filter(([name]) => !["data", "metadata", "status"].includes(name));
  const entries = Object.entries(data ?? {}).map(([name, value]) => [`data.${name}`, digest(value)] as const);
  return { ...Object.fromEntries([...rest, ...entries]), labels: metadata?.labels ?? {} };
}

function fieldsOfAuthentik(object: Json, digest: (value: unknown) => string): Json {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([field]) => !DERIVED.test(field))
      .map(([field, value]) => [
        field,
        SECRET_FIELD.test(field) && value !== "" && value !== null ? digest(value) : inOrder(value),
      ]),
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

/** What is not as it was. */
export function compare(before: Picture, after: Picture): Changed[] {
  const now = new Map(after.objects.map(({ subject, fields }) => [`${subject.type} ${subject.id}`, fields]));
  return before.objects.flatMap(({ subject, fields }) => {
    const current = now.get(`${subject.type} ${subject.id}`);
    if (!fields) return [];
    if (!current) return [{ subject, field: "(the whole object)", before: "there", after: "gone" }];
    const names = [...new Set([...Object.keys(fields), ...Object.keys(current)])];
    return names
      .filter((field) => !isDeepStrictEqual(fields[field], current[field]))
      .map((field) => ({ subject, field, before: fields[field], after: current[field] }));
  });
}
