import { isDeepStrictEqual } from "node:util";

import { SECRET, type Resource, type Step } from "../../state/resources";

/** What happens to one object, whatever number of steps the engine needs for it. */
export interface Change {
  /** URN in the previewed state; of a deleted object the one it had. */
  readonly key: string;
  readonly op: "same" | "create" | "update" | "replace" | "delete";
  readonly before?: Resource;
  readonly after?: Resource;
  /** Names of the properties that differ. */
  readonly differing: ReadonlySet<string>;
}

const REPLACING = new Set(["replace", "create-replacement", "delete-replaced", "import-replacement"]);
const DELETING = new Set([
  "delete",
  "delete-replaced",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
]);
/** Looked at, not changed. */
const READING = new Set(["refresh", "read", "read-replacement", "read-discard"]);

/**
 * One change for each object: the engine tells several steps where it reads, replaces, or imports and then updates. In
 * the order of the URNs, since that of the steps is another one each time.
 */
export function changesOf(steps: readonly Step[]): Change[] {
  const byUrn = new Map<string, Step[]>();
  for (const step of steps) {
    if (READING.has(step.op)) continue;
    const known = byUrn.get(step.urn);
    if (known) known.push(step);
    else byUrn.set(step.urn, [step]);
  }
  const objects = [...byUrn].sort(([a], [b]) => (a < b ? -1 : 1));
  return objects.map(([key, ofOne]) => {
    const before = ofOne.find((step) => step.before)?.before;
    const after = ofOne.filter((step) => !DELETING.has(step.op)).findLast((step) => step.after)?.after;
    const op = operation(ofOne, before, after);
    const told = ofOne.flatMap((step) => Object.keys(step.differences));
    const differing = new Set(told.map((path) => path.split(/[.[]/, 1)[0] ?? path));
    // Not every provider tells what differs.
    if (op === "update" && differing.size === 0 && before && after) {
      const properties = new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)]);
      for (const property of properties)
        if (!isDeepStrictEqual(before.inputs[property], after.inputs[property])) differing.add(property);
    }
    return { key, op, before, after, differing };
  });
}

function operation(steps: readonly Step[], before: unknown, after: unknown): Change["op"] {
  if (steps.some(({ op }) => REPLACING.has(op))) return after ? "replace" : "delete";
  if (!after) return "delete";
  if (!before) return "create";
  return steps.every(({ op }) => op === "same") ? "same" : "update";
}

/** Secret properties whose value changes. The values themselves are never known here. */
export function changedSecrets({ before, after, differing }: Change): string[] {
  if (!before || !after) return [];
  return [...differing]
    .filter((property) => before.inputs[property] === SECRET || after.inputs[property] === SECRET)
    .sort();
}

/** `Application forgejo`. */
export function objectName({ key, before, after }: Change): string {
  const resource = after ?? before;
  if (!resource) return key;
  return `${resource.type.slice(resource.type.lastIndexOf(":") + 1)} ${resource.name}`;
}
