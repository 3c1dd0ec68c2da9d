import { RULES } from "../../policy/rules";
import { runProgram } from "../program";
import { beforehand, resourcesOf, told } from "./stack";
import type { Resource } from "../../policy/model";

let now: readonly Resource[];
let first: readonly Resource[];

beforeAll(async () => {
  now = resourcesOf(await runProgram());
  first = beforehand(now);
});

test.each(RULES.map(({ name }) => name))("production as committed passes %s", (name) => {
  expect(told(name, now)).toEqual([]);
  expect(told(name, first)).toEqual([]);
});
