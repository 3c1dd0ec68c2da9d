import { isDeepStrictEqual } from "node:util";

import { RELEASE, SECRET, UNKNOWN, type Resource } from "../../state/resources";
import { compare } from "../model/applications";
import { objectName, type Change } from "../model/change";
import type { Finding } from "./finding";
import { TYPES } from "../model/snapshot";
import { names, say } from "../../shell/words";

export const SECRET_TYPE = "kubernetes:core/v1:Secret";

/** What the component of a delivery calls the Secret of a consumer, after the slug. */
export const DELIVERED = "-oidc";

/** What the server itself runs on, its chart and the Secret that it reads; and the Secrets of the consumers. */
export function serverFindings(changes: readonly Change[]): Finding[] {
  const reissued = new Set(changes.filter(isReissue).map(({ after }) => after?.name ?? ""));
  const findings: Finding[] = [];
  const rewritten: Change[] = [];
  for (const change of changes) {
    const { op, before: old, after: now } = change;
    if (op !== "update" || !old || !now) continue;
    if (now.type === RELEASE) findings.push(...releaseFindings(change, old, now));
    if (now.type !== SECRET_TYPE) continue;
    const kind = secretChange(change);
    if (kind === "none") continue;
    if (kind === "rewritten") {
      rewritten.push(change);
    } else if (now.protect) {
      findings.push({
        rule: "server-changed",
        text: say`Changes the settings of the server (${objectName(change)}): it starts again.`,
      });
    } else if (now.name.endsWith(DELIVERED) && !reissued.has(now.name.slice(0, -DELIVERED.length))) {
      findings.push({
        rule: "consumer",
        text: say`Tells ${now.name.slice(0, -DELIVERED.length)} something else (${objectName(change)}): who administers there may depend on it. Read it.`,
      });
    }
  }
  if (rewritten.length > 0)
    findings.push({
      rule: "object-changed",
      text: say`Writes ${names(rewritten.map(objectName).sort(compare), 10)} in another way (data, stringData); whether they hold the same is not seen.`,
    });
  return findings;
}

/** Client id or secret of a client are made anew. */
function isReissue({ op, after, differing }: Change): boolean {
  if (op === "same" || after?.type !== TYPES.oauth2) return false;
  return op !== "update" || differing.has("clientSecret") || differing.has("clientId");
}

/** Properties by which a Secret holds values. */
const VALUES = ["data", "stringData"];

/** What becomes of the values of a Secret; `rewritten`: they are given in the other of the two ways. */
export function secretChange({
  before: old,
  after: now,
  differing,
}: Change): "none" | "values" | "rewritten" {
  const ways = (resource: Resource | undefined) =>
    VALUES.filter((way) => resource && Object.hasOwn(resource.inputs, way)).join(" ");
  if (!VALUES.some((way) => differing.has(way))) return "none";
  const [was, is] = [ways(old), ways(now)];
  return was !== is && VALUES.includes(was) && VALUES.includes(is) ? "rewritten" : "values";
}

/** Values of the chart that are ordinary to change. */
const ORDINARY =
  /^(?:(?:server|worker)\.(?:replicas|resources|pdb)(?:\.|$)|global\.podAnnotations\.plana\.solutions\/settings-checksum$)/;

function releaseFindings(change: Change, old: Resource, now: Resource): Finding[] {
  const { differing } = change;
  const findings: Finding[] = [];
  const version = ({ inputs }: Resource) =>
    typeof inputs.version === "string" ? inputs.version : String(inputs.chart);
  if (version(old) !== version(now))
    findings.push({
      rule: "server-changed",
      text: say`Moves the server from chart ${version(old)} to ${version(now)}: Authentik's own flows are set up again.`,
    });
  const [was, is] = [old.inputs.values, now.inputs.values];
  const hidden = [was, is].some((values) => values === SECRET || values === UNKNOWN);
  const paths = hidden ? (differing.has("values") ? ["values"] : []) : differingPaths(was, is, "");
  // A chart of a path of its own has no version beside it.
  const moved = now.inputs.version === undefined && old.inputs.version === undefined ? ["chart"] : [];
  const others = [...differing].filter((property) => !["values", "version", ...moved].includes(property));
  const further = [...others, ...paths.filter((path) => !ORDINARY.test(path))].sort(compare);
  if (further.length > 0)
    findings.push({
      rule: "server-setting",
      text: say`Changes how the server runs (${names(further, 10)} of ${objectName(change)}). Read it.`,
    });
  else if (findings.length === 0)
    findings.push({
      rule: "server-changed",
      text: say`Changes how the server runs (${names(paths.length > 0 ? paths.sort(compare) : [...differing].sort(compare), 10)} of ${objectName(change)}).`,
    });
  return findings;
}

/** Paths at which two values differ, down to where one of them has nothing below. */
function differingPaths(was: unknown, is: unknown, path: string): string[] {
  if (isDeepStrictEqual(was, is)) return [];
  if (!isRecord(was) || !isRecord(is)) return [path];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) =>
    differingPaths(was[key], is[key], path === "" ? key : `${path}.${key}`),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
