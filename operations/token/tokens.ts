import type { AuthentikApi, Json } from "../../live/authentik";
import { AuthentikApi as Api } from "../../live/authentik";
import { Secret } from "../../live/secret";
import { ServerError } from "../../live/server-error";
import { ownAccount, type Owner } from "../person/accounts";

/** An API token on the server, without its key. */
export interface ApiToken {
  readonly identifier: string;
  /** Number of the user it acts as. */
  readonly user: number;
  readonly expiring: boolean;
  /** Time of expiry, ISO 8601; absent for one that never expires. */
  readonly expires?: string;
}

/** Ending of the identifier of a token that is about to take over. */
const NEXT = "-next";

/** Identifier of the token that takes over from another. */
export function nextOf(identifier: string): string {
  return `${identifier}${NEXT}`;
}

/** Identifier of the token that this one takes over from; undefined for one that takes over from none. */
export function predecessorOf(identifier: string): string | undefined {
  return identifier.endsWith(NEXT) ? identifier.slice(0, -NEXT.length) : undefined;
}

/** The same server, asked with another token. */
export function asked(api: AuthentikApi, token: Secret): AuthentikApi {
  return new Api({ ...api.options, token });
}

/**
 * Who acts with a token.
 *
 * @returns undefined when the server does not accept it.
 * @throws ServerError for any other failure.
 */
export async function ownerOf(api: AuthentikApi, token: Secret): Promise<Owner | undefined> {
  try {
    return await ownAccount(asked(api, token));
  } catch (error) {
    if (error instanceof ServerError && (error.status === 401 || error.status === 403)) return undefined;
    throw error;
  }
}

/** The token with this identifier, if there is one. */
export async function tokenNamed(api: AuthentikApi, identifier: string): Promise<ApiToken | undefined> {
  const found = await api.get(`/core/tokens/${encodeURIComponent(identifier)}/`);
  return found && tokenOf(found);
}

/**
 * The token that has this key; one that is about to take over comes first. Authentik logs each key that is looked at.
 *
 * @param owner whose tokens are looked at.
 */
export async function tokenWithKey(
  api: AuthentikApi,
  key: Secret,
  owner: Owner,
): Promise<ApiToken | undefined> {
  const listed = await api.list("/core/tokens/", { user__username: owner.username, intent: "api" });
  const tokens = listed.map(tokenOf);
  const isNext = ({ identifier }: ApiToken) => (predecessorOf(identifier) === undefined ? 1 : 0);
  for (const token of tokens.sort((a, b) => isNext(a) - isNext(b))) {
    if ((await keyOf(api, token.identifier)).equals(key)) return token;
  }
  return undefined;
}

/** The key of a token. @throws ServerError when there is no such token. */
export async function keyOf(api: AuthentikApi, identifier: string): Promise<Secret> {
  const path = `/core/tokens/${encodeURIComponent(identifier)}/view_key/`;
  const key = (await api.get(path))?.key;
  if (typeof key !== "string" || key === "")
    throw new ServerError("Authentik", "GET", path, 200, "the answer has no key");
  return new Secret(key);
}

/**
 * The token with this identifier; made where there is none. When an API token expires, Authentik gives it another key,
 * and says how long it lasts (`default_token_duration`); no request can.
 */
export async function tokenMade(
  api: AuthentikApi,
  { identifier, user, expiring }: ApiToken,
  description: string,
): Promise<ApiToken> {
  const there = await tokenNamed(api, identifier);
  if (there) return there;
  return tokenOf(
    await api.write("POST", "/core/tokens/", { identifier, intent: "api", user, expiring, description }),
  );
}

/**
 * Gives an API token that expires its whole time again. Owner and intent are named: Authentik gives a token whose owner a
 * change leaves out to whoever asks.
 */
export async function renew(
  api: AuthentikApi,
  { identifier, user }: ApiToken,
  description: string,
): Promise<void> {
  const path = `/core/tokens/${encodeURIComponent(identifier)}/`;
  await api.write("PATCH", path, { user, intent: "api", description }, { repeatable: true });
}

/** Gives a token another key: the one it had is refused from now on. */
export async function setKey(api: AuthentikApi, identifier: string, key: Secret): Promise<void> {
  const path = `/core/tokens/${encodeURIComponent(identifier)}/set_key/`;
  await api.write("POST", path, { key: key.reveal() });
}

function tokenOf(object: Json): ApiToken {
  const { identifier, user, expiring, expires } = object;
  if (typeof identifier !== "string" || typeof user !== "number")
    throw new ServerError("Authentik", "GET", "/core/tokens/", 200, "the answer is no token");
  return {
    identifier,
    user,
    expiring: expiring !== false,
    expires: typeof expires === "string" ? expires : undefined,
  };
}
