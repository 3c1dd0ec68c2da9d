import { RULES } from "../../policy/rules";
import { KINDS } from "../../policy/rules/kinds";
import { runProgram } from "../program";
import { beforehand, resourcesOf, told } from "./stack";
import { variations } from "./variations";
import type { Resource } from "../../policy/model";

let stacks: readonly (readonly [what: string, resources: readonly Resource[]])[];

beforeAll(async () => {
  const production = resourcesOf(await runProgram());
  stacks = [["production as committed", production], ...(await variations())];
}, 300_000);

test.each(RULES.map(({ name }) => name))("the program, with whichever settings, passes %s", (name) => {
  for (const [what, resources] of stacks) {
    expect([what, told(name, resources)]).toEqual([what, []]);
    expect([what, told(name, beforehand(resources))]).toEqual([what, []]);
  }
});

test("the known kinds are those that the program makes, and no more", () => {
  const made = stacks.flatMap(([, resources]) => resources.map(({ type }) => type));
  const kinds = new Set(made.filter((type) => !/^(?:pulumi|plana):/.test(type)));
  expect([...kinds].sort()).toEqual([...KINDS].sort());
});
