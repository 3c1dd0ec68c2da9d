import { type Connection, list, request } from "./authentik-api";
import { apiName } from "./authentik-fields";
import { objectOf, type Properties, textOf, type Value } from "./wire";

/** One look-up: where it searches, and what it calls things. */
interface LookUp {
  readonly path: string;
  /** Field that becomes `id`; `pk` unless said. */
  readonly id?: string;
  /** Names of query parameters that are not the input's in snake case. */
  readonly query?: Readonly<Record<string, string>>;
  /** Names of fields in the answer. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Inputs that address one object by path. */
  readonly direct?: readonly string[];
  /** Answers with all that fit, under this name. */
  readonly all?: string;
  /** Inputs that are no filters. */
  readonly flags?: readonly string[];
  /** What it says when nothing fits. */
  readonly missing: string;
}

const LOOK_UPS: Readonly<Record<string, LookUp>> = {
  getBrand: { path: "core/brands", id: "brand_uuid", missing: "No matching brands found" },
  getCertificateKeyPair: {
    path: "crypto/certificatekeypairs",
    rename: {
      expiry: "cert_expiry",
      subject: "cert_subject",
      fingerprint1: "fingerprint_sha1",
      fingerprint256: "fingerprint_sha256",
    },
    flags: ["fetchCertificate", "fetchKey", "keyData"],
    missing: "No matching certificates found",
  },
  getFlow: { path: "flows/instances", missing: "No matching flows found" },
  getGroup: {
    path: "core/groups",
    direct: ["id", "pk"],
    flags: ["includeUsers"],
    missing: "No matching groups found",
  },
  getOutpost: {
    path: "outposts/instances",
    direct: ["id"],
    query: { name: "name__iexact" },
    missing: "No matching outpost found",
  },
  getPropertyMappingProviderScope: {
    path: "propertymappings/provider/scope",
    query: { managedLists: "managed" },
    missing: "No matching mappings found",
  },
  getSource: { path: "sources/all", rename: { uuid: "pk" }, missing: "No matching sources found" },
  getStage: { path: "stages/all", missing: "No matching stages found" },
  getUser: { path: "core/users", direct: ["id", "pk"], missing: "No matching users found" },
  getUsers: { path: "core/users", all: "users", missing: "No matching users found" },
};

/** The fields that the SDK names, out of an object of the API; JSON is handed on as text. */
function outputs(of: LookUp, object: Properties, names: readonly string[]): Properties {
  const out: Properties = {};
  for (const name of names) {
    const value = object[name === "id" ? (of.id ?? "pk") : apiName(of.rename, name)];
    if (name === "attributes") out[name] = JSON.stringify(value ?? {});
    else if (name === "id") out[name] = textOf(value);
    else out[name] = value ?? "";
  }
  return out;
}

const USER = [
  "attributes",
  "avatar",
  "dateJoined",
  "email",
  "groups",
  "isActive",
  "isSuperuser",
  "lastLogin",
];
const USER_FIELDS = [...USER, "name", "path", "pk", "type", "uid", "username", "uuid"];

/** Answers a look-up as the provider does. Nothing found is an error, except for lists. */
export async function lookUp(
  to: Connection,
  token: string,
  args: Properties,
  names: readonly string[],
): Promise<Properties> {
  const of = LOOK_UPS[token];
  if (!of) throw new Error(`authentik: no such function ${token}`);
  const direct = of.direct?.map((name) => args[name]).find((value) => value !== undefined);
  if (direct !== undefined)
    return {
      ...outputs(of, objectOf(await request(to, "GET", `${of.path}/${textOf(direct)}/`)), names),
      ...args,
    };

  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    if (of.flags?.includes(name) || name === "id") continue;
    const values: Value[] = Array.isArray(value) ? value : [value];
    for (const one of values) query.append(of.query?.[name] ?? apiName(undefined, name), textOf(one));
  }
  const found = await list(to, of.path, query);
  if (of.all) return { ...args, id: "0", [of.all]: found.map((object) => outputs(of, object, USER_FIELDS)) };
  const [first] = found;
  if (!first) throw new Error(`${of.missing} (${token} ${JSON.stringify(args)})`);
  const out = outputs(of, first, names);
  if (token === "getPropertyMappingProviderScope")
    return {
      ...out,
      ids: args.managedLists ? found.map(({ pk }) => pk ?? "") : [],
      ...(args.managedLists ? { id: "-1" } : {}),
    };
  if (token === "getCertificateKeyPair") return { ...out, ...(await material(to, args, textOf(out.id))) };
  return { ...out, ...args };
}

async function material(to: Connection, args: Properties, id: string): Promise<Properties> {
  const view = async (wanted: boolean, what: string): Promise<Value> =>
    wanted
      ? `${textOf(objectOf(await request(to, "GET", `crypto/certificatekeypairs/${id}/${what}/`)).data)}\n`
      : "";
  return {
    certificateData: await view(args.fetchCertificate !== false, "view_certificate"),
    keyData: await view(args.fetchKey !== false, "view_private_key"),
  };
}
