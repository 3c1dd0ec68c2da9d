import type { Command } from "commander";

import { didYouMean, nearest } from "../../stacks/problem";
import { deployment } from "../../state/engine";
import { Refusal, type Context, type Result } from "../context";
import { administrator, findNamed, likelyNamed } from "../person/accounts";
import { examples, type Run } from "../verb";
import { differences } from "./differences";
import { throughText, type Application, type Directory, type Person } from "./directory";
import { checkAccess, liveDirectory } from "./live";
import { programDirectory } from "./program";
import { render, type Line } from "./render";

/** `access [person|application]`. */
export function access(program: Command, run: Run): void {
  program
    .command("access")
    .description("who may enter what now, and where that differs from the program")
    .argument("[name]", "username, address or name of a person, or slug of an application")
    .addHelpText(
      "after",
      examples(
        "--stack prod access",
        "--stack prod access boyan.rabchev",
        "--stack prod --json access forgejo",
      ),
    )
    .action((name?: string) => run((context) => tellAccess(context, name)));
}

/**
 * Reads the server and the stack's state, and tells who may enter what.
 *
 * @throws Refusal when the name is neither a person's nor an application's.
 */
async function tellAccess(context: Context, wanted?: string): Promise<Result> {
  const { authentik: api } = await context.live();
  await administrator(api);
  const live = await liveDirectory(api);
  const asked = wanted === undefined ? {} : named(live, wanted);
  const { resources } = await deployment(context.workspace);
  const program = programDirectory(resources);
  const people = asked.person ? [asked.person] : live.people;
  const applications = asked.application ? [asked.application] : live.applications;

  const lines: Line[] = [];
  for (const person of people) {
    for (const application of applications) {
      const found = live.access(person, application);
      if (found.entry === "no") continue;
      // Where a policy decides, the server is asked.
      const enters = found.entry === "yes" || (await checkAccess(api, application.slug, person.key));
      lines.push({
        person: person.username,
        application: application.slug,
        entry: found.entry,
        enters,
        through: throughText(found),
      });
    }
  }
  const names = [asked.person?.username, asked.application?.slug];
  const differing = differences(live, program).filter(
    ({ of, text }) =>
      wanted === undefined ||
      names.includes(of) ||
      (asked.application && text.split(/[ ;]/).includes(asked.application.slug)),
  );
  const told = people.map((person) => ({
    username: person.username,
    name: person.name,
    active: person.active,
    administers: live.administers(person),
    groups: live.groupsOf(person),
  }));
  const data = { people: told, access: lines, differences: differing };
  return {
    code: 0,
    text: render({ ...data, asked: asked.application?.slug ?? asked.person?.username }),
    data,
  };
}

function named(live: Directory, wanted: string): { person?: Person; application?: Application } {
  const application = live.applications.find(({ slug }) => slug === wanted.toLowerCase());
  if (application) return { application };
  const person = findNamed(wanted, live.people);
  if (person) return { person };
  const slug = nearest(
    wanted,
    live.applications.map((application) => application.slug),
  );
  const likely = likelyNamed(wanted, live.people).map(({ username }) => username);
  const guess = [...(slug === undefined ? [] : [slug]), ...likely].join(" or ");
  throw new Refusal(
    `${JSON.stringify(wanted)} is neither a person nor an application of the server${didYouMean(guess)}\n` +
      "  mend: npm run ops -- --stack <stack> access   lists all of them",
  );
}
