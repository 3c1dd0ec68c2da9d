import { isDeepStrictEqual } from "node:util";

import { SECRET, type Resource } from "../state/resources";
import type { Difference } from "./differences";
import { isEmpty, isMap, isSecretName } from "./fields";

/** Inputs of a release that say what runs, beside its values; all others say how Helm is called. */
const WHAT_RUNS = new Set(["version", "chart"]);

/** Where texts may be shown. Anywhere else Helm's old values may hold a secret. */
const HARMLESS_TEXT =
  /\.(ingress|image|resources|service|replicas|autoscaling|nodeSelector|deploymentStrategy)(\.|$)/;
/** Settings that hold secrets under names of anybody's choice. */
const ENVIRONMENT = /(^|\.)(env|envFrom|annotations|podAnnotations|additionalObjects)(\.|$)/i;

/**
 * What an update would change on an adopted Helm release: field by field, and value by value, without showing one
 * that may be a secret. The settings of the server among them are told by the server itself (see `settingsLost`).
 */
export function releaseDifferences(
  urn: string,
  fields: readonly string[],
  before: Resource,
  after: Resource,
) {
  const { type, name } = before;
  const common = { urn, type, name };
  return fields.flatMap((field): Difference[] => {
    if (field === "values") return valueDifferences(common, before.inputs.values, after.inputs.values);
    const live = text(before.inputs[field]);
    const program = text(after.inputs[field]);
    // An import writes a chart after the operator's own list of repositories, as `authentik/authentik`.
    const named = field === "chart" && typeof live === "string" ? live.split("/").at(-1) : live;
    const same = live === undefined || program === undefined || named === program || isFolder(program);
    const harmless = WHAT_RUNS.has(field) && !same ? undefined : "how Helm is called, not what runs";
    return [{ ...common, field, live, program, harmless }];
  });
}

const HIDDEN = { live: SECRET, program: SECRET };
const SETTINGS = "values.authentik.";
const OWN_SECRET =
  "the server reads its settings from the program's own Secret; what that lacks is told as server-settings";

function valueDifferences(
  common: Pick<Difference, "urn" | "type" | "name">,
  live: unknown,
  program: unknown,
): Difference[] {
  // Once imported, the engine keeps them secret.
  if (live === SECRET || program === SECRET) return [{ ...common, field: "values", ...HIDDEN }];
  const parts = leaves("values", live, program);
  const settings = parts.filter(([path]) => path.startsWith(SETTINGS));
  const others = parts.filter(([path]) => !path.startsWith(SETTINGS));
  return [
    ...(settings.length > 0
      ? [{ ...common, field: "values.authentik", ...HIDDEN, harmless: OWN_SECRET }]
      : []),
    ...others.map(([path, old, wanted]) => ({
      ...common,
      field: path,
      live: shownValue(path, old),
      // Nothing in the program's own values is a secret.
      program: wanted,
      harmless: wanted === undefined && areSettings(path, old) ? OWN_SECRET : undefined,
    })),
  ];
}

/** Where two trees part, down to what only one of them has. */
function leaves(
  path: string,
  live: unknown,
  program: unknown,
): [path: string, live: unknown, program: unknown][] {
  if (isDeepStrictEqual(live, program) || (isEmpty(live) && isEmpty(program))) return [];
  const apart = isMap(live) && !(program !== undefined && !isMap(program));
  if (!apart && !(isMap(program) && isMap(live))) return [[path, live, program]];
  const wanted = isMap(program) ? program : {};
  const keys = [...new Set([...Object.keys(live), ...Object.keys(wanted)])];
  return keys.flatMap((key) => leaves(`${path}.${key}`, live[key], wanted[key]));
}

/** Variables of the server only: they are settings like all others, and taken over with them. */
function areSettings(path: string, value: unknown): boolean {
  return (
    /^values\.(global|server|worker)\.env$/.test(path) &&
    Array.isArray(value) &&
    value.every((each) => isMap(each) && typeof each.name === "string" && each.name.startsWith("AUTHENTIK_"))
  );
}

function shownValue(path: string, value: unknown): unknown {
  if (value === undefined || typeof value === "number" || typeof value === "boolean") return value;
  const names = path.split(".");
  if (ENVIRONMENT.test(path) || names.some(isSecretName) || !HARMLESS_TEXT.test(path)) return "(set)";
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      isSecretName(key) || ENVIRONMENT.test(key) ? "(set)" : inner,
    ),
  ) as unknown;
}

/** Helm remembers a chart's name, not the folder it came from. */
function isFolder(chart: unknown): boolean {
  return typeof chart === "string" && /^[./]/.test(chart);
}

function text(value: unknown): unknown {
  return typeof value === "object" && value !== null ? "(set)" : value;
}
