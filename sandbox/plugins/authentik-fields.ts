import schema from "../../sdks/authentik.schema.json";
import { type Change, same } from "./difference";
import type { Failure } from "./server";
import { TABLE } from "./authentik-table";
import { hasUnknown, isObject, isUnknown, type Properties, textOf, type Value } from "./wire";

/** How one resource type maps to the API. Whatever is not said here follows from the package schema. */
export interface Row {
  /** Collection, below `/api/v3/`. */
  readonly path: string;
  /** Field of the answer that addresses the object; `pk` unless said. */
  readonly id?: string;
  /** The one object there is: no creation and no deletion, and this id. */
  readonly singleton?: string;
  /** API field names that are not the property's name in snake case. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Properties that hold JSON as text. */
  readonly json?: readonly string[];
  /** What the provider sends for a property that the program leaves out. */
  readonly defaults?: Properties;
  /** Left-out properties that are sent as null; others are not sent at all. */
  readonly nullable?: readonly string[];
  /** Inputs that keep the server's value when left out, and show no difference. */
  readonly computed?: readonly string[];
  /** Inputs that the provider never reads back. */
  readonly unread?: readonly string[];
  /** Inputs that are read back only when the program sets them. */
  readonly readIfSet?: readonly string[];
  /** Inputs that are not part of the object in the API. */
  readonly local?: readonly string[];
  /** Lists, numbers and truth values that are not sent when empty, 0 or false; of texts none is. */
  readonly omitEmpty?: readonly string[];
  /** Whether any change makes a new object. */
  readonly replace?: boolean;
}

interface TypeSpec {
  readonly type?: string;
  readonly items?: TypeSpec;
  readonly additionalProperties?: TypeSpec;
  readonly secret?: boolean;
  /** A named type; only look-ups answer with one. */
  readonly $ref?: string;
}

interface PackageSchema {
  readonly name: string;
  /** The plugin, and what it is asked to be, in base64. */
  readonly parameterization: {
    readonly baseProvider: { readonly version: string };
    readonly parameter: string;
  };
  readonly resources: Readonly<
    Record<
      string,
      {
        readonly inputProperties: Readonly<Record<string, TypeSpec>>;
        readonly requiredInputs: readonly string[];
        readonly properties: Readonly<Record<string, TypeSpec>>;
      }
    >
  >;
  readonly functions: Readonly<
    Record<
      string,
      {
        readonly inputs: {
          readonly properties: Readonly<Record<string, TypeSpec>>;
          readonly required?: readonly string[];
        };
        readonly outputs: { readonly properties: Readonly<Record<string, TypeSpec>> };
      }
    >
  >;
}

/** The package schema that the SDK is made from: the one list of names and types. */
export const SCHEMA: PackageSchema = schema;

/** What is known of one resource type. */
export interface Kind extends Row {
  readonly token: string;
  /** The property that repeats the id, such as `groupId`. */
  readonly alias: string;
  readonly inputs: Readonly<Record<string, TypeSpec>>;
  readonly required: readonly string[];
  readonly outputs: Readonly<Record<string, TypeSpec>>;
}

/** The kind of a type token. Throws on one that is not in the table. */
export function kindOf(token: string): Kind {
  const name = token.split(":")[2] ?? "";
  const row = TABLE[name];
  const spec = SCHEMA.resources[token];
  if (!row || !spec) throw new Error(`authentik: no such resource type ${token}`);
  return {
    ...row,
    token,
    alias: `${name.charAt(0).toLowerCase()}${name.slice(1)}Id`,
    inputs: spec.inputProperties,
    required: spec.requiredInputs,
    outputs: spec.properties,
  };
}

/** Output properties of a resource type or look-up that the schema marks secret. */
export function secretsOf(token: string): string[] {
  const properties = SCHEMA.resources[token]?.properties ?? SCHEMA.functions[token]?.outputs.properties ?? {};
  return Object.keys(properties).filter((name) => properties[name]?.secret);
}

/** The API's name of a property. */
export function apiName(rename: Row["rename"], property: string): string {
  return rename?.[property] ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function fits(value: Value, { type, items, additionalProperties }: TypeSpec): boolean {
  if (isUnknown(value)) return true;
  if (type === "array") return Array.isArray(value) && value.every((inner) => !items || fits(inner, items));
  if (type === "object")
    return (
      isObject(value) &&
      Object.values(value).every((inner) => !additionalProperties || fits(inner, additionalProperties))
    );
  return typeof value === type;
}

/** Refuses names that the schema does not have, values of another type, and what is required and missing. */
export function refusals(
  values: Properties,
  known: Readonly<Record<string, TypeSpec>>,
  required: readonly string[] = [],
): Failure[] {
  const out: Failure[] = [];
  for (const [property, value] of Object.entries(values)) {
    const spec = known[property];
    if (!spec) out.push({ property, reason: `An argument named "${property}" is not expected here` });
    else if (!fits(value, spec))
      out.push({
        property,
        reason: `Inappropriate value: expected ${spec.type ?? "another type"}, got ${JSON.stringify(value)}`,
      });
  }
  for (const property of required)
    if (!(property in values))
      out.push({
        property,
        reason: `Missing required argument: The argument "${property}" is required, but no definition was found`,
      });
  return out;
}

/** Refuses text that should be JSON and is not. */
export function notJson(kind: Kind, inputs: Properties): Failure[] {
  return (kind.json ?? []).flatMap((property) => {
    const value = inputs[property];
    if (typeof value !== "string" || isUnknown(value)) return [];
    try {
      JSON.parse(value);
      return [];
    } catch (error) {
      return [{ property, reason: `"${property}" contains invalid JSON: ${String(error)}` }];
    }
  });
}

function empty(value: Value | undefined): boolean {
  return !value || (Array.isArray(value) && value.length === 0);
}

function equal(kind: Kind, property: string, a: Value | undefined, b: Value | undefined): boolean {
  if (typeof a === "string" && typeof b === "string") {
    if (isUnknown(a) || isUnknown(b)) return false;
    if (kind.json?.includes(property)) return same(JSON.parse(a) as Value, JSON.parse(b) as Value);
    return a.replace(/\n+$/, "") === b.replace(/\n+$/, "");
  }
  // To the provider an optional value that is left out is the same as an empty one.
  if (kind.defaults?.[property] === undefined && empty(a) && empty(b)) return true;
  return same(a, b);
}

function planned(kind: Kind, property: string, inputs: Properties, state: Properties): Value | undefined {
  const value = inputs[property] ?? kind.defaults?.[property];
  return value === undefined && kind.computed?.includes(property) ? state[property] : value;
}

/** Every input as the provider would plan it: from the program, else the default, else what the server made up. */
export function plan(kind: Kind, inputs: Properties, state: Properties): Properties {
  const out: Properties = {};
  for (const property of Object.keys(kind.inputs)) {
    const value = planned(kind, property, inputs, state);
    if (value !== undefined) out[property] = value;
  }
  return out;
}

/** What differs between program and state, as Terraform sees it. */
export function differences(kind: Kind, inputs: Properties, state: Properties): Change[] {
  return Object.keys(kind.inputs).flatMap((property): Change[] => {
    const wanted = planned(kind, property, inputs, state);
    if (property === kind.alias || equal(kind, property, wanted, state[property])) return [];
    const change = state[property] === undefined ? "add" : wanted === undefined ? "delete" : "update";
    return [{ path: property, kind: change, replace: kind.replace ?? false }];
  });
}

/** The whole object as the API takes it. */
export function bodyOf(kind: Kind, values: Properties): Properties {
  const out: Properties = {};
  for (const [property, spec] of Object.entries(kind.inputs)) {
    if (property === kind.alias || kind.local?.includes(property)) continue;
    const name = apiName(kind.rename, property);
    const value = values[property];
    if (kind.omitEmpty?.includes(property) && empty(value)) continue;
    const left = empty(value) && kind.defaults?.[property] === undefined && !kind.required.includes(property);
    if (!left && value !== undefined)
      out[name] = kind.json?.includes(property) ? (JSON.parse(textOf(value)) as Value) : value;
    else if (kind.nullable?.includes(property)) out[name] = null;
    else if (spec.type === "array") out[name] = [];
    else if (spec.type === "boolean") out[name] = false;
  }
  return out;
}

/** Text of a JSON value as Go writes it: keys in order. */
function sorted(value: Value): string {
  const order = (_: string, inner: Value): Value =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner;
  return JSON.stringify(value, order);
}

/** The server's list in the order of ours: it has none of its own, and answers in any. */
function inOrder(server: Value[], ours: Value | undefined): Value[] {
  const known = Array.isArray(ours) ? ours.filter((value) => server.some((other) => same(value, other))) : [];
  return [...known, ...server.filter((value) => !known.some((other) => same(value, other)))];
}

/** The state that an answer of the server leaves. `before` is what was planned, or the last state. */
export function stateOf(kind: Kind, id: string, answer: Properties, before: Properties): Properties {
  const out: Properties = { [kind.alias]: id };
  for (const property of Object.keys(kind.outputs)) {
    if (property === kind.alias) continue;
    const unread =
      (kind.unread?.includes(property) ?? false) ||
      (kind.readIfSet?.includes(property) === true && empty(before[property]));
    const server = unread ? undefined : answer[apiName(kind.rename, property)];
    const value = server ?? (unread || kind.local?.includes(property) ? before[property] : undefined);
    if (value === undefined || value === null) continue;
    if (kind.json?.includes(property) && server !== undefined) out[property] = sorted(value);
    else out[property] = Array.isArray(value) ? inOrder(value, before[property]) : value;
  }
  return out;
}

/** Inputs that would give this state: those of the last run brought up to date, or all that is not a default. */
export function inputsOf(kind: Kind, state: Properties, before?: Properties): Properties {
  const out: Properties = {};
  for (const property of Object.keys(kind.inputs)) {
    if (property === kind.alias) continue;
    const value = state[property];
    const old = before?.[property];
    if (old !== undefined) {
      if (value !== undefined)
        out[property] = hasUnknown(old) || !equal(kind, property, old, value) ? value : old;
    } else if (!before && value !== undefined && !kind.local?.includes(property) && !empty(value))
      if (!equal(kind, property, kind.defaults?.[property], value)) out[property] = value;
  }
  return out;
}
