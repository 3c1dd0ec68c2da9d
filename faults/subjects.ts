import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { LEAVER, type Start } from "./ground";
import { STACK, STATE_FILE } from "./site";

/** A command that is harmed while it runs. */
export interface Subject {
  readonly from: Start;
  /** Of package.json, with its arguments. */
  readonly args: readonly string[];
  /** Changes the data of the program first. */
  readonly edit?: (folder: string) => void;
}

const ops = (...args: readonly string[]) => ["ops", "--stack", STACK, "--yes", ...args];
const of = (from: Start, args: readonly string[], more: Partial<Subject> = {}): Subject => ({
  from,
  args,
  ...more,
});

/** The ordinary deployment, which follows every harm. */
export const UP = ["up", "--stack", STACK];

/** Every subject by its name. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  up: of("empty", UP),
  change: of("whole", UP, { edit: changeData }),
  adopt: of("unknown", ["adopt", "--stack", STACK, "--apply"]),
  "person-add": of("whole", ops("person", "add", "Ivan", "Petrov")),
  "person-invite": of("whole", ops("person", "invite", "julian.lubenov", "--print")),
  "person-offboard": of("whole", ops("person", "offboard", LEAVER, "--now", "--authenticators")),
  "token-rotate": of("whole", ops("token", "rotate")),
  "token-rotate-automation": of("whole", ops("token", "rotate", "--which", "automation")),
  "secret-reissue": of("whole", ops("secret", "reissue", "forgejo")),
  "secret-manifest": of("whole", ops("secret", "manifest", "forgejo", "--plain")),
  repair: of("whole", ["repair", "--stack", STACK], {
    edit: (folder) => writeFileSync(join(folder, STATE_FILE), ""),
  }),
  access: of("whole", ops("access")),
  doctor: of("whole", ops("doctor")),
};

/** Somebody comes, somebody goes, an application is opened to others: makes, changes and takes away. */
function changeData(folder: string): void {
  replace(join(folder, "stacks/prod/people.ts"), [
    ['{ first: "Boyan", last: "Rabchev", roles', '{ first: "Boyan", last: "Rabchev", leaving: true, roles'],
    ['  { first: "Julian"', '  { first: "Ivan", last: "Petrov" },\n  { first: "Julian"'],
  ]);
  replace(join(folder, "stacks/prod/applications.ts"), [
    ['access: ["plana-finance", "plana-admins"]', 'access: ["plana-finance", "tenant-impersonators"]'],
    ['description: "Source code"', 'description: "Source code of everything"'],
  ]);
}

function replace(file: string, changes: readonly (readonly [string, string])[]): void {
  let text = readFileSync(file, "utf8");
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
    text = text.replace(from, to);
  }
  writeFileSync(file, text);
}
