import { ofType, type Check, type Finding } from "./examination";

/**
 * Nobody else has a person's e-mail address. Authentik does not demand that addresses are unique, and its Google source and
 * its identification stage take the first account that has the one they were given.
 */
export const addresses: Check = {
  name: "addresses of people",
  async run(examination) {
    const people = ofType(examination, "User");
    const known = new Set(people.map(({ id }) => id));
    const owners = new Map(
      people.flatMap(({ name, inputs: { email } }): [string, string][] =>
        typeof email === "string" && email !== "" ? [[email.toLowerCase(), name]] : [],
      ),
    );
    const users = await examination.objects.list("/core/users/");
    return users.flatMap(({ pk, username, email }): Finding[] => {
      const owner = owners.get(typeof email === "string" ? email.toLowerCase() : "");
      if (owner === undefined || known.has(String(pk))) return [];
      return [
        {
          severity: "error",
          subject: `account ${String(username)}`,
          meaning: `has the address of ${owner}, and is not in the program: ${owner} comes in as ${String(username)}, or not at all`,
          mend: `give account ${String(username)} another address in Authentik (Directory, Users)`,
        },
      ];
    });
  },
};
