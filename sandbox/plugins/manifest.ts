import * as models from "@kubernetes/client-node/dist/gen/models/all.js";
import type { Kind } from "../kubernetes/kinds";
import type { Failure } from "./server";
import { isObject, isUnknown, type Properties, type Value } from "./wire";

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

function isModel(value: unknown): value is Model {
  return typeof value === "function" && "getAttributeTypeMap" in value;
}

function modelNamed(name: string): Model | undefined {
  const found: unknown = Reflect.get(models, name);
  return isModel(found) ? found : undefined;
}

/** Refuses what the published model of a type does not have, at any depth. */
function refusals(value: Value, type: string, at: string): Failure[] {
  if (isUnknown(value)) return [];
  const wrong = (expected: string): Failure[] => [
    { property: at, reason: `invalid type for "${at}": expected ${expected}, got ${JSON.stringify(value)}` },
  ];
  const element = /^(?:Array|Set)<(.+)>$/.exec(type)?.[1];
  if (element)
    return Array.isArray(value)
      ? value.flatMap((inner, i) => refusals(inner, element, `${at}[${i}]`))
      : wrong("a list");
  const entry = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (entry) {
    if (!isObject(value)) return wrong("a map");
    return Object.entries(value).flatMap(([name, inner]) => refusals(inner, entry, `${at}.${name}`));
  }
  const model = modelNamed(type);
  if (model) return isObject(value) ? within(value, model, at) : wrong("a map");
  if (type === "IntOrString")
    return ["number", "string"].includes(typeof value) ? [] : wrong("a number or a string");
  if (type === "Date") return typeof value === "string" ? [] : wrong("a time");
  if (["string", "number", "boolean"].includes(type)) return typeof value === type ? [] : wrong(`a ${type}`);
  return [];
}

function within(value: Properties, model: Model, at: string): Failure[] {
  const attributes = model.getAttributeTypeMap();
  return Object.entries(value).flatMap(([name, inner]) => {
    const path = at ? `${at}.${name}` : name;
    const type = attributes.find(({ baseName }) => baseName === name)?.type;
    return type ? refusals(inner, type, path) : [{ property: path, reason: `unknown field "${path}"` }];
  });
}

/** Checks a manifest as the API server's strict validation would. Of custom resources only the frame is known. */
export function checkManifest(kind: Kind, manifest: Properties): Failure[] {
  if (!kind.custom) return refusals(manifest, `V1${kind.kind}`, "");
  const known = ["apiVersion", "kind", "metadata", "spec"];
  const unknown = Object.keys(manifest).filter((name) => !known.includes(name));
  return [
    ...unknown.map((property) => ({ property, reason: `unknown field "${property}"` })),
    ...refusals(manifest.metadata ?? {}, "V1ObjectMeta", "metadata"),
    ...(isObject(manifest.spec) ? [] : [{ property: "spec", reason: "a custom resource needs a spec" }]),
  ];
}
