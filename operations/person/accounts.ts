import type { AuthentikApi, Json } from "../../live/authentik";
import { ServerError } from "../../live/server-error";
import { didYouMean, nearest } from "../../stacks/problem";
import { plainLetters } from "../../stacks/letters";
import { visible } from "../../stacks/visible";
import { Refusal } from "../refusal";

/** A user on the server. */
export interface Account {
  readonly pk: number;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly active: boolean;
  /** Administers Authentik, through whatever group. */
  readonly superuser: boolean;
  /** internal, external, service_account or internal_service_account. */
  readonly type: string;
  /** Keys of the groups the account is in by itself, not through a parent. */
  readonly groups: readonly string[];
  /** Keys of the roles the account has by itself. */
  readonly roles: readonly string[];
}

/** Whoever can be named on the command line. */
export interface Named {
  readonly username: string;
  readonly name: string;
  readonly email: string;
}

const USERS = "/core/users/";

/** All users of the server. @throws ServerError */
export async function listAccounts(api: AuthentikApi): Promise<Account[]> {
  const users = await api.list(USERS, { include_groups: false, include_roles: false });
  return users.map(accountOf);
}

/** One user, read anew. @throws ServerError when it is gone. */
export async function readAccount(api: AuthentikApi, pk: number): Promise<Account> {
  const user = await api.get(`${USERS}${pk}/`);
  if (!user) throw new ServerError("Authentik", "GET", `${USERS}${pk}/`, 404, "the user is gone");
  return accountOf(user);
}

/** Who acts with a token. */
export type Owner = Pick<Account, "pk" | "username" | "superuser">;

/** Whose token the API is asked with. @throws ServerError */
export async function ownAccount(api: AuthentikApi): Promise<Owner> {
  const me = (await api.get("/core/users/me/"))?.user as Json | undefined;
  if (typeof me?.pk !== "number" || typeof me.username !== "string")
    throw new ServerError("Authentik", "GET", "/core/users/me/", 200, "the answer has no user");
  return { pk: me.pk, username: me.username, superuser: me.is_superuser === true };
}

/**
 * Whose token the commands use, where it is an administrator's. To anybody else the server tells of every list only what
 * that account may see, and answers as if there were no more.
 *
 * @throws Refusal, ServerError
 */
export async function administrator(api: AuthentikApi): Promise<Pick<Account, "pk" | "username">> {
  const self = await ownAccount(api);
  if (self.superuser) return self;
  throw new Refusal(
    `${self.username}, whose token is used, does not administer Authentik: what it may not see would be taken for not there\n` +
      "  mend: give the token of an administrator (AUTHENTIK_TOKEN, which goes first, or authentik:token of the stack)",
  );
}

/** Whether an account is a machine's. */
export function isService({ type }: Account): boolean {
  return type === "service_account" || type === "internal_service_account";
}

/**
 * Who is meant by a username, an address or a name; capitals and accents written apart do not matter.
 *
 * @returns undefined when nobody is.
 * @throws Refusal when several are.
 */
export function findNamed<T extends Named>(wanted: string, all: readonly T[]): T | undefined {
  for (const field of ["username", "email", "name"] as const) {
    const found = all.filter((each) => isSame(each[field], wanted));
    if (found.length > 1) {
      throw new Refusal(
        `${JSON.stringify(wanted)} is the ${field} of ${found.map(({ username }) => username).join(" and ")}\n` +
          "  mend: give the username",
      );
    }
    if (found[0]) return found[0];
  }
  return undefined;
}

/** The refusal of a name that nobody has, with whoever is likely to be meant. */
export function unknownPerson(wanted: string, all: readonly Named[], where: string): Refusal {
  const likely = likelyNamed(wanted, all);
  const meant = likely.map(({ username, name }) => visible(`${username} (${name})`)).join(" or ");
  return new Refusal(
    `${JSON.stringify(wanted)} is nobody ${where}${didYouMean(meant)}\n` +
      "  mend: give a username, an address or a whole name; npm run ops -- access lists everybody",
  );
}

/** Whoever is called nearly so, also when it is written in Cyrillic; else those who have it as one of their names. */
export function likelyNamed<T extends Named>(wanted: string, all: readonly T[]): T[] {
  const written = fold(plainLetters(wanted));
  const guess = nearest(
    written,
    all.flatMap(({ username, email, name }) => [username, email, name]),
  );
  const near = all.find(({ username, email, name }) => [username, email, name].includes(guess ?? "\0"));
  if (near) return [near];
  const parts = ({ username, name }: Named) => `${username} ${fold(plainLetters(name))}`.split(/[ .]/);
  return all.filter((each, index) => {
    const first = all.findIndex(({ username }) => username === each.username) === index;
    return first && parts(each).includes(written);
  });
}

/** Whether two usernames, addresses or names are the same for people; nothing is the same as nothing. */
export function isSame(one: string, other: string): boolean {
  return one !== "" && fold(one) === fold(other);
}

function fold(text: string): string {
  return text.normalize("NFC").trim().replace(/\s+/g, " ").toLowerCase();
}

function accountOf(user: Json): Account {
  const { pk, username, name, email, is_active: active, is_superuser: superuser, type } = user;
  if (typeof pk !== "number" || typeof username !== "string" || typeof active !== "boolean")
    throw new ServerError("Authentik", "GET", USERS, 200, "the answer is no user");
  const keys = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  return {
    pk,
    username,
    active,
    name: typeof name === "string" ? name : "",
    email: typeof email === "string" ? email : "",
    superuser: superuser === true,
    type: typeof type === "string" ? type : "internal",
    groups: keys(user.groups),
    roles: keys(user.roles),
  };
}
