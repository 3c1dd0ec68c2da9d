import type { Command } from "commander";
import { InvalidArgumentError } from "commander";

import { examples, type Run } from "../verb";
import { addPerson } from "./add";
import { invite, type InviteOptions } from "./invite";
import { offboard, type OffboardOptions } from "./offboard";

/** `person add`, `person invite`, `person offboard`. */
export function person(program: Command, run: Run): void {
  const noun = program.command("person").description("people: add, invite, offboard");
  noun
    .command("add")
    .description("write a person into the roster, for review; no server is touched")
    .argument("<first>", "first name")
    .argument("<last>", "last name; one of several words in quotes")
    .option("-r, --role <role>", "a role of stacks/prod/groups.ts; may be given again", collect)
    .option("--email <address>", "address, where it is not first.last in plain letters")
    .addHelpText(
      "after",
      examples(
        "--stack prod person add Ivan Petrov --role senior-developer --role tenant-support",
        "--stack prod person add Мария Петрова",
        '--stack prod person add Jan "van der Berg" --email jan.berg@plana.solutions --dry-run',
      ),
    )
    .action((first: string, last: string, { role = [], email }: { role?: string[]; email?: string }) =>
      run((context) => addPerson(context, { first, last, email, roles: role })),
    );
  noun
    .command("invite")
    .description("make a person's one-time link to set a password; says whether TOTP is enrolled")
    .argument("<person>", "username, address or whole name")
    .option("--print", "print the link, once")
    .option("--matrix", "send the link to the Matrix room of the configuration")
    .addHelpText(
      "after",
      examples(
        "--stack prod person invite ivan.petrov --print",
        "--stack prod person invite ivan.petrov --matrix",
      ),
    )
    .action((name: string, { print = false, matrix = false }: Partial<InviteOptions>) =>
      run((context) => invite(context, name, { print, matrix })),
    );
  noun
    .command("offboard")
    .description("mark a person as leaving in the roster; with --now also cut the account off at once")
    .argument("<person>", "username, address or whole name")
    .option("--now", "act on the server before the merge, and read back what is left")
    .option("--authenticators", "also remove second factors")
    .option("--force", "also the last active administrator, and the owner of the program's own token")
    .option("--loki <url>", "address of Loki; else plana-sso:lokiUrl")
    .option("--days <days>", "how far back Loki is asked", days, 30)
    .addHelpText(
      "after",
      examples(
        "--stack prod person offboard boyan.rabchev",
        "--stack prod --dry-run person offboard boyan.rabchev --now",
        "--stack prod person offboard boyan.rabchev --now --authenticators",
      ),
    )
    .action((name: string, options: Partial<OffboardOptions> & Pick<OffboardOptions, "days">) =>
      run((context) =>
        offboard(context, name, { now: false, authenticators: false, force: false, ...options }),
      ),
    );
}

function collect(value: string, all: string[] = []): string[] {
  return [...all, value];
}

function days(value: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(value)) throw new InvalidArgumentError("a whole number of days, up to 9999");
  return Number(value);
}
