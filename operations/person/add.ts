import type { RosterEntry } from "../../stacks/organisation";
import type { Problem } from "../../stacks/problem";
import { emailOf, readRoster } from "../../stacks/roster";
import { Refusal, type Context, type Result } from "../context";
import { mend } from "../mend";
import { Steps } from "../steps";
import { RosterFile } from "./roster-file";

export interface NewPerson {
  readonly first: string;
  readonly last: string;
  readonly email?: string;
  readonly roles: readonly string[];
}

/**
 * Writes a person into the roster, for review. No server is touched.
 *
 * @throws Refusal when the name gives no address, an address is taken, or a role is unknown.
 */
export async function addPerson(context: Context, person: NewPerson): Promise<Result> {
  const { organisation, workspace, dryRun } = context;
  const entry = entryOf(person);
  const file = RosterFile.of(context);
  const email = emailOf(entry, organisation.staffDomain);
  const result = (text: string, change: string): Result => ({
    code: 0,
    text,
    data: { person: entry, email, file: file.path, dryRun, change },
  });

  const there = file.entries.find((each) => sameName(each, entry) && addressed(each) === addressed(entry));
  if (there && same(there, entry)) return result(`${email} is on the roster already.`, "");
  if (there) {
    throw new Refusal(
      `${email} is on the roster already, ${there.leaving ? "as leaving" : `with roles ${JSON.stringify(there.roles ?? [])}`}\n` +
        `  mend: edit the line in ${file.path}, or, for another person of that name, give another address: --email`,
    );
  }
  const { problems } = readRoster({ ...organisation, people: [...file.entries, entry] });
  if (problems.length > 0) throw new Refusal(`Nothing was written.\n${problems.map(told).join("\n")}`);

  const text = await file.with(entry);
  const change = file.difference(text);
  const steps = new Steps(context, { verb: "person add", whom: email });
  await steps.take("written into the roster", () => {
    file.save(text);
    return Promise.resolve();
  });
  if (dryRun) return result(`Nothing was written. The change would be:\n${change}`, change);
  const lines = [
    `${change}\n\nNothing on a server was touched. Commit it for review; after the merge and \`up\`:`,
    `  ${mend.ops(workspace.stack, `person invite ${email.split("@")[0] ?? email} --print`)}`,
  ];
  if (person.email === undefined && !/^[\p{ASCII}]*$/u.test(entry.first + entry.last))
    lines.push(`The address is ${email}; otherwise: --email`);
  return result(lines.join("\n"), change);

  function addressed(each: RosterEntry): string {
    return emailOf(each, organisation.staffDomain);
  }
}

function entryOf({ first, last, email, roles }: NewPerson): RosterEntry {
  const [given, family] = [first, last].map((name) => name.normalize("NFC").replace(/\s+/g, " ").trim());
  for (const name of [given, family]) {
    if (!name || !/^[\p{L}\p{M}][\p{L}\p{M} .'’-]*$/u.test(name))
      throw new Refusal(
        `${JSON.stringify(name)} is no name: letters are expected, and between them spaces, dots, dashes and apostrophes`,
        2,
      );
  }
  return {
    first: given ?? "",
    last: family ?? "",
    ...(email === undefined ? {} : { email }),
    ...(roles.length > 0 ? { roles: [...new Set(roles)] } : {}),
  };
}

function sameName(one: RosterEntry, other: RosterEntry): boolean {
  const name = ({ first, last }: RosterEntry) => `${first} ${last}`.normalize("NFC").toLowerCase();
  return name(one) === name(other);
}

function same(there: RosterEntry, { roles = [] }: RosterEntry): boolean {
  const held = there.roles ?? [];
  return !there.leaving && held.length === roles.length && roles.every((role) => held.includes(role));
}

function told({ key, value, expected, mend }: Problem): string {
  return `  ${key}: found ${JSON.stringify(value)}; expected ${expected}\n      mend: ${mend}${mend.includes("email") ? " (here: --email)" : ""}`;
}
