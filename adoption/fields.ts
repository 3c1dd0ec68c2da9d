import { isDeepStrictEqual } from "node:util";

import type { Json } from "../live/authentik";
import { snake } from "../identity/kinds";
import { SECRET, UNKNOWN } from "../state/resources";

/** Fields of the API that are not called like the input. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Application: { protocolProvider: "provider", uuid: "pk" },
  Flow: { uuid: "pk" },
  Outpost: { protocolProviders: "providers" },
  ProviderOauth2: { allowedRedirectUris: "redirect_uris" },
  ProviderProxy: { basicAuthUsernameAttribute: "basic_auth_user_attribute" },
  SourceOauth: {
    callbackUri: "callback_url",
    propertyMappings: "user_property_mappings",
    propertyMappingsGroups: "group_property_mappings",
    uuid: "pk",
  },
};

/** Never read back by anyone: the program must hold the real one. */
const WRITE_ONLY: Readonly<Record<string, readonly string[]>> = {
  SourceOauth: ["consumerSecret"],
  User: ["password"],
};

/** Lists whose order the server does not keep. */
const UNORDERED = new Set([
  "propertyMappings",
  "propertyMappingsGroups",
  "fields",
  "sources",
  "transports",
  "protocolProviders",
  "groups",
  "parents",
  "roles",
  "configurationStages",
  "validationPolicies",
  "clientCertificates",
]);

/** JSON objects of settings, of which each is told by itself: as a whole they are too long to be read. */
const TAKEN_APART = new Set(["config", "flags"]);

/** What a server does for a flag that was never saved. */
const FLAG_DEFAULTS: Readonly<Record<string, unknown>> = {
  core_default_app_access: true,
  enterprise_audit_include_expanded_diff: false,
  flows_continuous_login: false,
  flows_refresh_others: false,
};

/** Last part of a type token. */
export function typeName(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

/** The API's name of an input. */
export function apiField(type: string, field: string): string {
  return RENAMED[typeName(type)]?.[field] ?? snake(field);
}

/** What the server has for an input. */
export function liveValue(type: string, field: string, object: Json): unknown {
  return object[apiField(type, field)];
}

/** One field, or one of the settings in it, with what both sides have. */
export interface Pair {
  readonly field: string;
  readonly live: unknown;
  readonly program: unknown;
}

/** A field, or each of the settings in it that differs. */
export function pairsOf(pair: Pair): Pair[] {
  const known = takenApart(pair.field, pair.live);
  const program = takenApart(pair.field, pair.program);
  if (!known || !program) return [pair];
  return [...new Set([...Object.keys(known), ...Object.keys(program)])]
    .filter((key) => !isDeepStrictEqual(known[key], program[key]))
    .map((key) => ({ field: `${pair.field}.${key}`, live: known[key], program: program[key] }));
}

/** The settings in a field, by name; nothing where the field is taken as a whole. */
export function takenApart(field: string, value: unknown): Json | undefined {
  const settings = TAKEN_APART.has(field) ? plain(value) : undefined;
  if (!isMap(settings)) return undefined;
  return field === "flags" ? { ...FLAG_DEFAULTS, ...settings } : settings;
}

/** Why writing a field changes nothing on the server; undefined where it does. */
export function reason(type: string, { field, live, program }: Pair): string | undefined {
  if (WRITE_ONLY[typeName(type)]?.includes(field))
    return "never read back; the program must hold the real one";
  if (program === SECRET || program === UNKNOWN) return undefined;
  if (isEmpty(live) && isEmpty(program)) return "empty there and in the program";
  if (isDeepStrictEqual(plain(live), plain(program)))
    return "equal on the server; not read back by an import";
  if (UNORDERED.has(field) && isDeepStrictEqual(sorted(live), sorted(program))) {
    return "only the order differs, and the server keeps none";
  }
  return undefined;
}

/** Whether a value says nothing. */
export function isEmpty(value: unknown): boolean {
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

/** Whether a value is an object, and no list. */
export function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value;
}

const SECRET_NAME = /secret|password$|token$|key$|webhook_?url$/i;
/** Ids of certificates, which are no secrets. */
const KEY_REFERENCE = /(signing|encryption)_?key$/i;

/** Whether what is called so may be a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !KEY_REFERENCE.test(name);
}

/** A value without secrets, for people to read. */
export function shown(field: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (value === SECRET || (isSecretName(field) && !isEmpty(value))) return SECRET;
  return JSON.parse(
    JSON.stringify(plain(value), (key, inner: unknown) =>
      isSecretName(key) && !isEmpty(inner) ? SECRET : inner,
    ),
  ) as unknown;
}

const LONGEST = 120;

/** A value short enough for a line. */
export function shortened(value: unknown): unknown {
  const text = JSON.stringify(value);
  return value !== undefined && text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : value;
}
