import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** A value as it travels between engine and plugin. */
export type Value = null | boolean | number | string | Value[] | Properties;

/** Inputs or outputs of a resource. */
export interface Properties {
  [name: string]: Value;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What a plugin answers for a value that is only known after the real run. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** One sentinel per kind of value: the engine may send any of them. */
const UNKNOWNS: ReadonlySet<Value> = new Set<Value>([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Whether the value itself is not known yet. */
export function isUnknown(value: Value | undefined): boolean {
  return value !== undefined && UNKNOWNS.has(value);
}

/** Whether the value, or anything in it, is not known yet. */
export function hasUnknown(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) ? Object.values(value).some(hasUnknown) : isUnknown(value);
}

/** Whether the value is a map (and neither null nor a list). */
export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The map in `value`, or an empty one. */
export function objectOf(value: Value | undefined): Properties {
  return isObject(value) ? value : {};
}

/** The value as text; a map, a list or nothing has none. */
export function textOf(value: Value | undefined): string {
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}

/** The properties but for some. */
export function without(properties: Properties, ...names: string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

/** Marks a value as secret for the engine. */
export function secret(value: Value): Value {
  return { [SIGNATURE]: SECRET, value };
}

/** Whether the value carries the engine's secret mark. */
export function isSecret(value: Value | undefined): boolean {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

/** The same value without any secret marks. Nulls inside maps are dropped: to a provider they mean "not set". */
export function reveal(value: Value): Value {
  if (isSecret(value)) return reveal(objectOf(value).value ?? null);
  if (Array.isArray(value)) return value.map(reveal);
  if (!isObject(value)) return value;
  const known = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(known.map(([name, inner]) => [name, reveal(inner)]));
}

/** Marks in `value` what is marked in `model`, so that a secret input stays secret on its way through a plugin. */
export function markLike(value: Value, model: Value | undefined): Value {
  if (model === undefined) return value;
  if (isSecret(model)) return isSecret(value) ? value : secret(value);
  if (Array.isArray(value) && Array.isArray(model)) return value.map((inner, i) => markLike(inner, model[i]));
  if (!isObject(value) || !isObject(model) || isSecret(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, markLike(inner, model[name])]),
  );
}

/** Marks the named properties as secret, unknown ones too. */
export function markNamed(properties: Properties, names: readonly string[]): Properties {
  const mark = (name: string, value: Value) =>
    names.includes(name) && !isSecret(value) ? secret(value) : value;
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, mark(name, value)]));
}

/** Reads a message's struct; one that is missing is empty. */
export function decode(struct: Struct | undefined): Properties {
  const value = struct?.toJavaScript() ?? {};
  return value;
}

/** Writes a struct. */
export function encode(properties: Properties): Struct {
  return Struct.fromJavaScript(properties);
}
