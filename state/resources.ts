import { answerOf } from "../shell/answer";

/** Stands where the engine keeps a secret; the value is never read. */
export const SECRET = "[secret]";
/** Stands where a preview does not know a value yet. */
export const UNKNOWN = "[unknown]";
/** Stands in a state for a value that was set by hand, which may be a secret, or is not known. */
export const SET_BY_HAND = "(set by hand)";

/** A resource as the engine tells it, secrets replaced by `SECRET`. */
export interface Resource {
  readonly urn: string;
  /** Full type token, as `authentik:index/group:Group`. */
  readonly type: string;
  /** Last part of the URN. */
  readonly name: string;
  /** Absent in a preview, for what is not there yet. */
  readonly id?: string;
  /** Whether a provider keeps it; a component is not. */
  readonly custom: boolean;
  readonly parent?: string;
  readonly protect: boolean;
  /** Whether it stays on the server when the program gives it up. */
  readonly retainOnDelete?: boolean;
  /** Inputs of which the program leaves what the server has. */
  readonly ignoreChanges?: readonly string[];
  readonly inputs: Properties;
  /** Of a preview: what is known beforehand. */
  readonly outputs: Properties;
  /** URNs of the resources that an input came from, by input. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

export type Properties = Readonly<Record<string, unknown>>;

/** What the engine would do with one resource. */
export interface Step {
  /** same, create, update, replace, create-replacement, delete-replaced, delete, import, read, discard … */
  readonly op: string;
  readonly urn: string;
  readonly before?: Resource;
  readonly after?: Resource;
  /** Inputs that differ, by path, with the kind of change: add, update, delete, each also as `…-replace`. */
  readonly differences: Readonly<Record<string, string>>;
}

/** An object that was being changed when the engine was killed. */
export interface PendingOperation {
  readonly type: string;
  readonly resource: Resource;
}

/** What a stack holds. */
export interface Deployment {
  readonly resources: readonly Resource[];
  readonly pending: readonly PendingOperation[];
}

interface RawResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  /** Of what is adopted: the id it has on the server already. */
  readonly importID?: string;
  readonly custom?: boolean;
  readonly parent?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  readonly propertyDependencies?: Record<string, readonly string[] | null>;
}

interface RawStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: RawResource;
  readonly newState?: RawResource;
  readonly detailedDiff?: Readonly<Record<string, { readonly kind: string }>> | null;
  /** Names of the inputs that differ, of a plugin that tells no more. */
  readonly diffReasons?: readonly string[] | null;
}

export const RELEASE = "kubernetes:helm.sh/v3:Release";

/** How the engine marks a secret, and values it does not know yet, in its JSON. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWNS = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/**
 * Reads the answer of `pulumi stack export`.
 *
 * @throws Error when it is no such answer.
 */
export function readDeployment(text: string): Deployment {
  const { deployment } = answerOf(text, "pulumi stack export") as {
    // A backend may have nothing of a stack that was never brought up.
    deployment?: {
      resources?: readonly RawResource[];
      pending_operations?: readonly { type: string; resource: RawResource }[];
    } | null;
  };
  if (deployment === null) return { resources: [], pending: [] };
  if (typeof deployment !== "object") throw new Error("this is not the answer of `pulumi stack export`");
  return {
    resources: (deployment.resources ?? []).map(resourceOf),
    pending: (deployment.pending_operations ?? []).map(({ type, resource }) => ({
      type,
      resource: resourceOf(resource),
    })),
  };
}

/**
 * Reads the steps of the answer of `pulumi preview --json --show-sames`.
 *
 * @throws Error when it is no such answer.
 */
export function readPreview(text: string): Step[] {
  return readPreviewAnswer(text).steps;
}

/** The whole answer of a preview. */
export interface PreviewAnswer {
  readonly steps: Step[];
  /** What the engine or the program said against it; with any, the steps are not all there are. */
  readonly errors: readonly string[];
  /** How many steps of each kind the engine counted, those that are not shown included. */
  readonly summary: Readonly<Record<string, number>>;
}

/**
 * Reads the answer of `pulumi preview --json --show-sames`, also of one that failed.
 *
 * @throws Error when it is no such answer.
 */
export function readPreviewAnswer(text: string): PreviewAnswer {
  const answer = answerOf(text, "pulumi preview --json") as {
    steps?: readonly RawStep[] | null;
    diagnostics?: readonly { readonly severity?: string; readonly message?: string }[] | null;
    changeSummary?: Readonly<Record<string, number>> | null;
  };
  const { diagnostics, changeSummary } = answer;
  const errors = (diagnostics ?? []).flatMap(({ severity, message }) =>
    severity === "error" && message !== undefined ? [message] : [],
  );
  // The engine leaves out steps where it shows none; what is read from a file may be anything.
  const steps: unknown = answer.steps ?? (changeSummary || errors.length > 0 ? [] : undefined);
  if (!Array.isArray(steps)) throw new Error("this is not the answer of `pulumi preview --json`");
  return { steps: (steps as readonly RawStep[]).map(stepOf), errors, summary: changeSummary ?? {} };
}

function stepOf(raw: RawStep, index: number): Step {
  const { op, urn, oldState, newState, detailedDiff, diffReasons } = raw;
  if (typeof op !== "string" || typeof urn !== "string")
    throw new Error(`step ${index + 1} of the preview has no operation or no URN`);
  return {
    op,
    urn,
    before: oldState && resourceOf(oldState),
    after: newState && resourceOf(newState),
    differences: Object.fromEntries(
      detailedDiff
        ? Object.entries(detailedDiff).map(([path, { kind }]) => [path, kind])
        : (diffReasons ?? []).map((path) => [path, "update"]),
    ),
  };
}

/** Last part of a URN. */
export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

function resourceOf(raw: RawResource): Resource {
  if (typeof raw.urn !== "string" || typeof raw.type !== "string")
    throw new Error("a resource has no URN or no type");
  return {
    urn: raw.urn,
    type: raw.type,
    name: nameOf(raw.urn),
    // A preview gives an unknown id, or none.
    id: [raw.id, raw.importID].find((id) => id !== undefined && id !== "" && !UNKNOWNS.has(id)),
    custom: raw.custom ?? false,
    parent: raw.parent,
    protect: raw.protect ?? false,
    retainOnDelete: raw.retainOnDelete ?? false,
    ignoreChanges: raw.ignoreChanges,
    inputs: plain(raw.inputs ?? {}) as Properties,
    outputs: plain(raw.outputs ?? {}) as Properties,
    propertyDependencies: Object.fromEntries(
      Object.entries(raw.propertyDependencies ?? {}).map(([key, urns]) => [key, urns ?? []]),
    ),
  };
}

/** The value without the engine's wrappings. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return UNKNOWNS.has(value) ? UNKNOWN : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (record[SIGNATURE] === SECRET_SIGNATURE) return SECRET;
  return Object.fromEntries(Object.entries(record).map(([key, inner]) => [key, plain(inner)]));
}

/** Whether the engine has marked a value as secret. */
export function isSecretValue(value: unknown): boolean {
  return plain(value) === SECRET;
}

/** A value as the engine takes a secret in its JSON, to encrypt it. */
export function secretOf(value: unknown): Properties {
  return { [SIGNATURE]: SECRET_SIGNATURE, plaintext: JSON.stringify(value) };
}
