import type { AuthentikApi, Json } from "../../live/authentik";
import { ServerError } from "../../live/server-error";
import { visible } from "../../stacks/visible";
import type { Account } from "./accounts";

/** Something on the server by which a person is let in without showing a password again. */
export interface Held {
  /** For people; never a key. */
  readonly label: string;
  /** Path of the API that deletes it. */
  readonly path: string;
}

/** A kind of such things. */
export interface Holding {
  /** In the plural, for people. */
  readonly what: string;
  list(api: AuthentikApi, account: Account): Promise<Held[]>;
}

interface Row {
  readonly what: string;
  readonly path: string;
  /** Field that the path of one object ends with. */
  readonly id: string;
  readonly query: (account: Account) => Readonly<Record<string, string | number>>;
}

const byNumber = ({ pk }: Account) => ({ user: pk });
const byUsername = ({ username }: Account) => ({ user__username: username });

/** Paths and filters: the OpenAPI document of the server's release. */
const ROWS: readonly Row[] = [
  { what: "sessions", path: "/core/authenticated_sessions/", id: "uuid", query: byUsername },
  { what: "authorization codes", path: "/oauth2/authorization_codes/", id: "pk", query: byNumber },
  { what: "refresh tokens", path: "/oauth2/refresh_tokens/", id: "pk", query: byNumber },
  { what: "access tokens", path: "/oauth2/access_tokens/", id: "pk", query: byNumber },
  {
    what: "tokens (API, app passwords, one-time links)",
    path: "/core/tokens/",
    id: "identifier",
    query: byUsername,
  },
  { what: "consents", path: "/core/user_consent/", id: "pk", query: byNumber },
  { what: "social connections", path: "/sources/user_connections/all/", id: "pk", query: byNumber },
  {
    what: "remote desktop tokens",
    path: "/rac/connection_tokens/",
    id: "pk",
    query: ({ pk }) => ({ session__user: pk }),
  },
  // No filter by user there.
  { what: "device bindings", path: "/endpoints/device_bindings/", id: "pk", query: () => ({}) },
];

/** Everything but authenticators, in the order in which it is taken away. */
export const HOLDINGS: readonly Holding[] = ROWS.map(({ what, path, id, query }) => ({
  what,
  async list(api, account) {
    const objects = await api.list(path, query(account));
    // A server that does not know a filter ignores it, and tells everybody's.
    return objects
      .filter((object) => ownerOf(object, path) === account.pk)
      .map((object) => {
        const key = object[id];
        if (typeof key !== "string" && typeof key !== "number")
          throw new ServerError("Authentik", "GET", path, 200, `an object has no ${id}`);
        return { label: String(key), path: `${path}${encodeURIComponent(key)}/` };
      });
  },
}));

/** Paths of authenticators by the model that the server names. */
const DEVICES: Readonly<Record<string, string>> = {
  TOTPDevice: "totp",
  StaticDevice: "static",
  WebAuthnDevice: "webauthn",
  DuoDevice: "duo",
  SMSDevice: "sms",
  EmailDevice: "email",
  EndpointDevice: "endpoint",
  GoogleEndpointDevice: "endpoint",
};

/** The second factors of a person. */
export const AUTHENTICATORS: Holding = {
  what: "authenticators",
  async list(api, account) {
    return (await listDevices(api, account.pk)).map(({ pk, model, kind, name }) => {
      if (kind === undefined)
        throw new ServerError(
          "Authentik",
          "GET",
          DEVICE_LIST,
          200,
          `an authenticator of unknown type ${model}`,
        );
      return {
        label: visible(`${kind} ${name}`),
        path: `/authenticators/admin/${kind}/${encodeURIComponent(pk)}/`,
      };
    });
  },
};

/**
 * The kinds of a person's authenticators, as `totp`; one whose enrolment was broken off counts for nothing.
 *
 * @param user number of the user.
 * @throws ServerError
 */
export async function confirmedKinds(api: AuthentikApi, user: number | string): Promise<ReadonlySet<string>> {
  const devices = await listDevices(api, user);
  return new Set(devices.flatMap(({ kind, confirmed }) => (kind !== undefined && confirmed ? [kind] : [])));
}

const DEVICE_LIST = "/authenticators/admin/all/";

interface Device {
  readonly pk: string;
  readonly name: string;
  /** Last part of what the server calls its type. */
  readonly model: string;
  /** As the path of its kind has it; undefined for a model that is not known here. */
  readonly kind?: string;
  readonly confirmed: boolean;
}

/** The list is a bare array, without pages. */
async function listDevices(api: AuthentikApi, user: number | string): Promise<Device[]> {
  const answer: unknown = await api.get(DEVICE_LIST, { user });
  if (!Array.isArray(answer))
    throw new ServerError("Authentik", "GET", DEVICE_LIST, 200, "the answer is no list");
  return (answer as Json[]).map(({ pk, name, type, confirmed }) => {
    if ((typeof pk !== "string" && typeof pk !== "number") || typeof type !== "string")
      throw new ServerError("Authentik", "GET", DEVICE_LIST, 200, "the answer has no authenticators");
    const model = type.slice(type.lastIndexOf(".") + 1);
    return {
      pk: String(pk),
      name: typeof name === "string" ? name : "",
      model,
      kind: Object.hasOwn(DEVICES, model) ? DEVICES[model] : undefined,
      confirmed: confirmed === true,
    };
  });
}

/** Number of the user that an object belongs to: told as the number, or as the whole user. */
function ownerOf({ user }: Json, path: string): number | undefined {
  const pk: unknown = typeof user === "object" && user !== null ? (user as Json).pk : user;
  if (typeof pk === "number") return pk;
  // A binding may belong to a group instead.
  if (pk === null) return undefined;
  throw new ServerError("Authentik", "GET", path, 200, "an object has no user");
}
