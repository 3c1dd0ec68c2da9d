import { isDeepStrictEqual } from "node:util";

import type { Json } from "../live/authentik";
import type { Properties, Resource, Step } from "../state/resources";
import type { Difference } from "./differences";
import { isMap, shown } from "./fields";

/**
 * What an update would change on an object of the cluster, path by path. Server-side apply takes away only what the
 * same manager has set, so what the program leaves out stays.
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
    return { urn, type, name, field, ...pair, harmless: reason(kind, live, program) };
  });
}

function reason(kind: string, live: unknown, program: unknown): string | undefined {
  if (kind.startsWith("delete")) return "left out by the program, and kept by the cluster";
  return program !== undefined && covers(program, live)
    ? "equal in the cluster; not read back by an import"
    : undefined;
}

/** Whether all that is wanted is there; the cluster fills in more. */
function covers(wanted: unknown, live: unknown): boolean {
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
  const keys = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g)].map(
    ([whole, quoted]) => quoted ?? whole,
  );
  return keys.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Properties)[key] : undefined),
    value,
  );
}
