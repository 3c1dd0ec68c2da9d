import type { Person } from "../../components/directory/model";
import type { AuthentikApi } from "../../live/authentik";
import type { Organisation, RosterEntry } from "../../stacks/organisation";
import { readRoster } from "../../stacks/roster";
import { Refusal } from "../context";
import { findNamed, isSame, listAccounts, unknownPerson, type Account, type Named } from "./accounts";

/** A person of the roster. */
export interface OnRoster extends Pick<Person, "username" | "name" | "email"> {
  readonly entry: RosterEntry;
}

/** The people of a roster file, with the usernames and addresses that follow from their names. */
export function onRoster(organisation: Organisation, entries: readonly RosterEntry[]): OnRoster[] {
  return entries.flatMap((entry) => {
    const [person] = readRoster({ ...organisation, people: [entry] }).people;
    return person ? [{ username: person.username, name: person.name, email: person.email, entry }] : [];
  });
}

/** A person: on the roster, on the server, or both. */
export interface Who {
  readonly roster?: OnRoster;
  readonly account?: Account;
  readonly accounts: readonly Account[];
}

/**
 * Finds a person by username, address or name. An account that was renamed by hand is known by its address.
 *
 * @throws Refusal when nobody is meant, or several are.
 */
export async function findPerson(
  wanted: string,
  roster: readonly OnRoster[],
  api: AuthentikApi,
): Promise<Who> {
  const accounts = await listAccounts(api);
  const listed = findNamed(wanted, roster);
  const named = findNamed(wanted, accounts);
  const linked = listed && sameOf(listed, accounts);
  if (linked && named && linked.pk !== named.pk) {
    throw new Refusal(
      `${JSON.stringify(wanted)} is ${listed.username} on the roster and ${named.username} on the server\n` +
        "  mend: give the address",
    );
  }
  const account = linked ?? named;
  const entry = listed ?? (account && sameOf(account, roster));
  if (!account && !entry)
    throw unknownPerson(wanted, [...roster, ...accounts], "on the roster or the server");
  return { roster: entry, account, accounts };
}

/** Other accounts that let in, and may be the same person's. */
export interface Others {
  readonly sameAddress: readonly Account[];
  /** Of those with another address. */
  readonly sameName: readonly Account[];
}

export function othersOf({ roster, account, accounts }: Who): Others {
  const own = [roster, account].flatMap((each) => each ?? []);
  const others = accounts.filter(({ pk, active }) => active && pk !== account?.pk);
  const alike = (field: "email" | "name") =>
    others.filter((other) => own.some((each) => isSame(each[field], other[field])));
  const sameAddress = alike("email");
  return { sameAddress, sameName: alike("name").filter((other) => !sameAddress.includes(other)) };
}

/** The one with the same username, else with the same address. */
function sameOf<T extends Named>({ username, email }: Named, all: readonly T[]): T | undefined {
  const address = email.toLowerCase();
  return (
    all.find((each) => each.username === username) ??
    (address === "" ? undefined : all.find((each) => each.email.toLowerCase() === address))
  );
}
