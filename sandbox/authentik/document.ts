import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";

import { writeWhole } from "../../shell/whole-file";

/** The part of a JSON schema that the sandbox reads itself; ajv reads the rest. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  default?: unknown;
  minLength?: number;
  minimum?: number;
  readOnly?: boolean;
  /** OpenAPI's `nullable`, kept under a name that ajv does not interpret. */
  "x-nullable"?: boolean;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
}

/** A query or path parameter. */
export interface Parameter {
  name: string;
  in: "query" | "path";
  required?: boolean;
  schema: Schema;
}

type Content = Record<string, { schema: Schema } | undefined>;

/** One method of one path, with `$ref`s to parameters resolved. */
export interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { content?: Content }>;
}

/** The OpenAPI document after preprocessing: plain JSON schema, without prose. */
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The `$id` under which the document is known to ajv. */
export const DOCUMENT_ID = "authentik";
/** To be raised when `convert` changes, so that old caches are not read. */
const REVISION = 2;

type Json = Record<string, unknown>;
const PROSE = new Set(["description", "title", "tags", "security", "nullable"]);

/** OpenAPI 3.0 to JSON schema: `nullable`, blank strings, closed request objects, absolute references. */
function convert(node: unknown, closed: boolean, inProperties = false): unknown {
  if (Array.isArray(node)) return node.map((n) => convert(n, closed));
  if (typeof node !== "object" || node === null) return node;
  const source = node as Json;
  const out: Json = {};
  for (const [key, value] of Object.entries(source)) {
    if (!inProperties && PROSE.has(key) && !(typeof value === "object" && !Array.isArray(value))) continue;
    if (key === "$ref" && typeof value === "string") out[key] = DOCUMENT_ID + value;
    else if (key === "enum" || key === "default") out[key] = value;
    else out[key] = convert(value, closed, key === "properties");
  }
  if (inProperties) return out;
  if (closed && out.properties && out.additionalProperties === undefined) out.additionalProperties = false;
  // Django's `blank=True`: a text with a format may also be empty.
  if ((out.format === "email" || out.format === "uri") && out.minLength === undefined) {
    const format = out.format;
    delete out.format;
    out.anyOf = [{ format }, { enum: source.nullable === true ? ["", null] : [""] }];
  }
  if (source.nullable !== true) return out;
  if (typeof out.type === "string") {
    if (Array.isArray(out.enum)) out.enum = [...(out.enum as unknown[]), null];
    return { ...out, type: [out.type, "null"], "x-nullable": true };
  }
  return Object.keys(out).length > 0
    ? { anyOf: [out, { type: "null" }], "x-nullable": true }
    : { "x-nullable": true };
}

function preprocess(raw: { paths: Json; components: { schemas: Json; parameters: Json } }): ApiDocument {
  const schemas = Object.entries(raw.components.schemas).map(([name, schema]) => [
    name,
    convert(schema, name.endsWith("Request")),
  ]);
  const parameter = (p: { $ref?: string }): unknown =>
    p.$ref === undefined ? p : raw.components.parameters[p.$ref.slice(p.$ref.lastIndexOf("/") + 1)];
  const paths: Json = {};
  for (const [path, methods] of Object.entries(raw.paths)) {
    paths[path] = Object.fromEntries(
      Object.entries(methods as Record<string, { parameters?: { $ref?: string }[] }>).map(([method, op]) => [
        method,
        convert({ ...op, parameters: op.parameters?.map(parameter) }, true),
      ]),
    );
  }
  return { paths, components: { schemas: Object.fromEntries(schemas) as Json } } as ApiDocument;
}

/**
 * The server's OpenAPI document as plain JSON schema. Reading the YAML takes a second or more, so the result
 * is kept in `cacheDir`, under a name made from the YAML's size and time: a new release is never served stale.
 */
export function loadDocument(
  cacheDir: string,
  yml = require.resolve("@goauthentik/api/schema.yml"),
): ApiDocument {
  const { size, mtimeMs } = statSync(yml);
  const cache = join(cacheDir, `authentik-openapi-${REVISION}-${size}-${Math.trunc(mtimeMs)}.json`);
  try {
    return JSON.parse(readFileSync(cache, "utf8")) as ApiDocument;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }

  const document = preprocess(load(readFileSync(yml, "utf8")) as Parameters<typeof preprocess>[0]);
  mkdirSync(cacheDir, { recursive: true });
  writeWhole(cache, JSON.stringify(document));
  return document;
}

/** The schema behind a `$ref` or behind a wrapper that only adds `nullable` or prose. */
export function resolve(document: ApiDocument, schema: Schema): Schema {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    const target = document.components.schemas[name];
    if (target === undefined) throw new Error(`no schema ${schema.$ref} in the OpenAPI document`);
    return resolve(document, target);
  }
  const inner = schema.properties
    ? undefined
    : (schema.allOf?.[0] ?? (schema.format ? undefined : schema.anyOf?.[0]));
  return inner && schema.type === undefined ? resolve(document, inner) : schema;
}

/** The body schema of a successful answer, and its status. */
export function answerOf(operation: Operation): { status: number; schema?: Schema } {
  const status = Object.keys(operation.responses).find((code) => code.startsWith("2")) ?? "200";
  return {
    status: Number(status),
    schema: operation.responses[status]?.content?.["application/json"]?.schema,
  };
}

/** The schema of a JSON request body. */
export function bodyOf(operation: Operation | undefined): Schema | undefined {
  return operation?.requestBody?.content["application/json"]?.schema;
}
