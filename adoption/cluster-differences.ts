import { isDeepStrictEqual } from "node:util";

import { managedFieldsOf } from "../identity/field-managers";
import type { Json } from "../live/authentik";
import { UNKNOWN, type Properties, type Resource, type Step } from "../state/resources";
import type { Difference } from "./differences";
import { isMap, shown } from "./fields";

/**
 * What an update would change on an object of the cluster, path by path. Server-side apply takes away only what the
 * same manager has set, so what the program leaves out stays, unless it was set with kubectl: of what that has set the
 * provider makes itself the manager first (its source, `fixCSAFieldManagers`).
 *
 * @param object the live object: an import may not have read all of it.
 */
export function clusterDifferences(
  { urn, differences }: Step,
  before: Resource,
  after: Resource,
  object: Json | undefined,
): Difference[] {
  const { type, name } = before;
  return Object.entries(differences).map(([field, kind]) => {
    const live = object ? liveAt(object, field) : at(before.inputs, field);
    const program = at(after.inputs, field);
    const pair = { live: shown(field, live), program: shown(field, program) };
    const kept = !setWithKubectl(object, field);
    return { urn, type, name, field, ...pair, harmless: reason(kind, live, program, kept) };
  });
}

/** Managers whose fields the provider takes over before it applies its own. */
const TAKEN_OVER = /^(kubectl|before-first-apply$)/;

/** Whether a field of an object was set with kubectl. */
function setWithKubectl(object: Json | undefined, field: string): boolean {
  const keys = keysOf(field.replace(/^stringData/, "data"));
  return managedFieldsOf(object).some(({ manager = "", fieldsV1 }) => {
    if (!TAKEN_OVER.test(manager)) return false;
    let fields = fieldsV1;
    for (const key of keys) {
      if (!isMap(fields)) return false;
      // Of a list the entries are named by what is in them, not by their places.
      if (/^\d+$/.test(key) && fields[`f:${key}`] === undefined) return Object.keys(fields).length > 0;
      fields = fields[`f:${key}`];
    }
    return fields !== undefined;
  });
}

/**
 * Inputs of a resource that an object of the cluster does not have so. What the preview does not know yet is not compared; a
 * secret, which it does not tell, is never the same.
 */
export function uncovered({ inputs }: Pick<Resource, "inputs">, object: Json): string[] {
  return Object.entries(inputs)
    .filter(([field, wanted]) => !field.startsWith("__") && !covers(wanted, object[field]))
    .map(([field]) => field);
}

function reason(kind: string, live: unknown, program: unknown, kept: boolean): string | undefined {
  if (kind.startsWith("delete")) return kept ? "left out by the program, and kept by the cluster" : undefined;
  return program !== undefined && covers(program, live)
    ? "equal in the cluster; not read back by an import"
    : undefined;
}

/** Whether all that is wanted is there; the cluster fills in more. */
function covers(wanted: unknown, live: unknown): boolean {
  if (wanted === UNKNOWN) return true;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) &&
      wanted.length === live.length &&
      wanted.every((each, at) => covers(each, live[at]))
    );
  }
  if (isMap(wanted))
    return isMap(live) && Object.entries(wanted).every(([key, each]) => covers(each, live[key]));
  return isDeepStrictEqual(wanted, live);
}

/** Texts of a Secret are stored encoded. */
function liveAt(object: Json, path: string): unknown {
  const found = at(object, path.replace(/^stringData/, "data"));
  return path.startsWith("stringData") && typeof found === "string"
    ? Buffer.from(found, "base64").toString("utf8")
    : found;
}

function at(value: unknown, path: string): unknown {
  return keysOf(path).reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Properties)[key] : undefined),
    value,
  );
}

function keysOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g)].map(([whole, quoted]) => quoted ?? whole);
}
