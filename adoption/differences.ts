import { isDeepStrictEqual } from "node:util";

import type { Json } from "../live/authentik";
import { kindOf, snake } from "../identity/kinds";
import { SECRET, UNKNOWN, type Properties, type Resource, type Step } from "../state/resources";

/** One field that the first `up` would write on an adopted object. */
export interface Difference {
  readonly urn: string;
  readonly type: string;
  /** Name of the resource. */
  readonly name: string;
  readonly field: string;
  readonly live: unknown;
  readonly program: unknown;
  /** Why it changes nothing on the server; absent for what is overwritten. */
  readonly harmless?: string;
}

/** Fields of the API that are not called like the input. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Application: { protocolProvider: "provider" },
  Outpost: { protocolProviders: "providers" },
  ProviderOauth2: { allowedRedirectUris: "redirect_uris" },
};

/** Never read back by anyone: the program must hold the real one. */
const WRITE_ONLY: Readonly<Record<string, readonly string[]>> = {
  SourceOauth: ["consumerSecret"],
  User: ["password"],
};

/** Lists whose order the server does not keep. */
const UNORDERED = new Set([
  "propertyMappings",
  "fields",
  "sources",
  "transports",
  "protocolProviders",
  "groups",
  "configurationStages",
]);

const RELEASE = "kubernetes:helm.sh/v3:Release";

/**
 * What an update would change on an object that is there, field by field. A field that is equal on the server changes
 * nothing, whatever the engine remembers of it.
 *
 * @param object the live object, as the API answers it.
 */
export function differencesOf(step: Step, object: Json | undefined): Difference[] {
  const { before, after, urn } = step;
  if (!before) return [];
  const { type, name } = before;
  if (step.op !== "update" || !after) {
    // The object would not stay what it is: nothing of it is harmless.
    return [{ urn, type, name, field: `(${step.op})`, live: undefined, program: undefined }];
  }
  if (type.startsWith("kubernetes:") && type !== RELEASE) return inCluster(step, before, after);
  const fields = [...new Set(Object.keys(step.differences).map((path) => path.split(/[.[]/)[0] ?? path))];
  // An update without a field is a default that the import leaves out.
  return fields.map((field) => {
    const common = { urn, type, name, field };
    const live = object && kindOf(type) ? liveValue(type, field, object) : valueOf(before, field);
    const program = after.inputs[field];
    // Helm's old values may hold the secret key.
    if (type === RELEASE) {
      const harmless = field === "values" ? undefined : "how Helm is called, not what runs";
      return { ...common, live: SECRET, program: SECRET, harmless };
    }
    return {
      ...common,
      live: shown(field, live),
      program: shown(field, program),
      harmless: reason(common, live, program),
    };
  });
}

/** Objects of the cluster, path by path: server-side apply takes away only what the same manager has set. */
function inCluster({ urn, differences }: Step, before: Resource, after: Resource): Difference[] {
  const { type, name } = before;
  return Object.entries(differences).map(([field, kind]) => ({
    urn,
    type,
    name,
    field,
    live: shown(field, at(before.inputs, field)),
    program: shown(field, at(after.inputs, field)),
    harmless: kind === "delete" ? "left out by the program, and kept by the cluster" : undefined,
  }));
}

function at(value: unknown, path: string): unknown {
  const keys = path.split(/[.[\]"]+/).filter((key) => key !== "");
  return keys.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Properties)[key] : undefined),
    value,
  );
}

function valueOf({ inputs, outputs }: { inputs: Properties; outputs: Properties }, field: string): unknown {
  return outputs[field] ?? inputs[field];
}

function liveValue(type: string, field: string, object: Json): unknown {
  const name = type.slice(type.lastIndexOf(":") + 1);
  return object[RENAMED[name]?.[field] ?? snake(field)];
}

function reason(
  { type, field }: { type: string; field: string },
  live: unknown,
  program: unknown,
): string | undefined {
  const name = type.slice(type.lastIndexOf(":") + 1);
  if (WRITE_ONLY[name]?.includes(field)) return "never read back; the program must hold the real one";
  if (program === SECRET || program === UNKNOWN) return undefined;
  if (isEmpty(live) && isEmpty(program)) return "empty there and in the program";
  if (isDeepStrictEqual(plain(live), plain(program)))
    return "equal on the server; not read back by an import";
  if (UNORDERED.has(field) && isDeepStrictEqual(sorted(live), sorted(program))) {
    return "only the order differs, and the server keeps none";
  }
  return undefined;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === "{}") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** JSON in a text is compared, and shown, as JSON. */
function plain(value: unknown): unknown {
  if (typeof value === "string" && /^[[{]/.test(value)) {
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  }
  return value;
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value;
}

const LONGEST = 120;
const SECRET_NAME = /secret|password$|token$|key$/i;

/** A value for people to read. */
function shown(field: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (value === SECRET || (SECRET_NAME.test(field) && !isEmpty(value))) return SECRET;
  const text = JSON.stringify(plain(value), (key, inner: unknown) =>
    SECRET_NAME.test(key) && !isEmpty(inner) ? SECRET : inner,
  );
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : (JSON.parse(text) as unknown);
}

/**
 * Inputs of a resource that are not what the server has. What is never read back, or secret, is not compared.
 *
 * @param object the live object, as the API answers it.
 */
export function differingFields(
  { type, inputs }: Pick<Resource, "type" | "inputs">,
  object: Json,
): { readonly field: string; readonly live: unknown; readonly program: unknown }[] {
  return Object.entries(inputs).flatMap(([field, program]) => {
    if (field.startsWith("__") || program === SECRET || program === UNKNOWN) return [];
    const live = liveValue(type, field, object);
    if (live === SECRET || reason({ type, field }, live, program) !== undefined) return [];
    return [{ field, live: shown(field, live), program: shown(field, program) }];
  });
}
