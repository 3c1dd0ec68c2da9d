import { text } from "./text";
import Ajv, { type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { type ApiDocument, DOCUMENT_ID, type Schema } from "./document";

/** Messages by field, in the shape of Django REST framework. */
export type FieldErrors = Record<string, string[]>;

const TYPE_MESSAGES: Record<string, string> = {
  string: "Not a valid string.",
  integer: "A valid integer is required.",
  number: "A valid number is required.",
  boolean: "Must be a valid boolean.",
  array: "Expected a list of items.",
  object: "Value must be a dictionary, and not have any duplicate keys.",
};

function message(error: ErrorObject): string {
  const { keyword, params, data } = error as ErrorObject<string, Record<string, unknown>>;
  if (keyword === "required") return "This field is required.";
  if (keyword === "additionalProperties") return "Unknown field.";
  if (data === null) return "This field may not be null.";
  if (keyword === "type") return TYPE_MESSAGES[[params.type].flat()[0] as string] ?? "Wrong type.";
  if (keyword === "enum") return `"${text(data)}" is not a valid choice.`;
  if (keyword === "minLength" && data === "") return "This field may not be blank.";
  if (keyword === "maxLength")
    return `Ensure this field has no more than ${String(params.limit)} characters.`;
  if (keyword === "format")
    return params.format === "uuid" ? "Must be a valid UUID." : `Enter a valid ${String(params.format)}.`;
  return error.message ?? keyword;
}

/** Checks values against schemas of the document. Each schema is compiled when it is first needed. */
export class Validator {
  private readonly ajv: Ajv;
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(document: ApiDocument) {
    // No coercion: "1" is not taken for 1.
    this.ajv = new Ajv({
      strict: false,
      allErrors: true,
      verbose: true,
      validateSchema: false,
      unicodeRegExp: false,
    });
    addFormats(this.ajv);
    this.ajv.addSchema({ $id: DOCUMENT_ID, components: document.components });
  }

  /** What is wrong with `value`, by top-level field; undefined when nothing is. */
  check(schema: Schema, value: unknown): FieldErrors | undefined {
    const key = schema.$ref ?? JSON.stringify(schema);
    let validate = this.compiled.get(key);
    if (!validate) this.compiled.set(key, (validate = this.ajv.compile(schema)));
    if (validate(value)) return undefined;
    const out: FieldErrors = {};
    for (const error of validate.errors ?? []) {
      if (error.keyword === "anyOf" || error.keyword === "oneOf") continue;
      const path = error.instancePath.split("/").slice(1);
      const own = error.params as { missingProperty?: string; additionalProperty?: string };
      const inner = own.missingProperty ?? own.additionalProperty;
      const [field = "non_field_errors", ...rest] = inner === undefined ? path : [...path, inner];
      const text = rest.length > 0 ? `${rest.join(".")}: ${message(error)}` : message(error);
      const list = (out[field] ??= []);
      if (!list.includes(text)) list.push(text);
    }
    return out;
  }
}
