import * as pulumi from "@pulumi/pulumi";

import { CONFIG, STACK } from "../../benchmark/config";
import { organisation, PLANA } from "../../benchmark/organisation";
import { inWaves } from "../../stacks/waves";
import { ak, runProgram } from "../program";

test("the next wave begins once the engine has accepted all of the wave before, the last is not waited for", async () => {
  const begun: number[] = [];
  const accept: (() => void)[] = [];
  const register = (item: number) => {
    begun.push(item);
    const urn = pulumi.output(new Promise<string>((resolve) => accept.push(() => resolve(`urn ${item}`))));
    return { urn } as unknown as pulumi.Resource;
  };
  const turns = () => new Promise((resolve) => setTimeout(resolve, 10));
  const done = inWaves([1, 2, 3, 4, 5], 2, register);
  expect(begun).toEqual([1, 2]);
  accept[1]?.();
  await turns();
  expect(begun).toEqual([1, 2]);
  accept[0]?.();
  await turns();
  expect(begun).toEqual([1, 2, 3, 4]);
  accept[2]?.();
  accept[3]?.();
  await done;
  expect(begun).toEqual([1, 2, 3, 4, 5]);
});

test("an organisation of several waves is there whole", async () => {
  const of = organisation({ people: 150, applications: 40 });
  const configured = {
    values: { ...CONFIG.values, "authentik:url": "https://auth.benchmark.example.org" },
    secrets: { ...CONFIG.secrets, "authentik:token": "benchmark-token" },
  };
  const { recorder } = await runProgram(configured, of, STACK);
  const { recorder: small } = await runProgram(configured, organisation(PLANA), STACK);
  // What every server has is asked for once, by however many it is used.
  const asked = [...recorder.lookUps].sort();
  expect(asked.length).toBeGreaterThan(0);
  expect(asked).toEqual([...new Set(asked)]);
  expect(asked).toEqual([...small.lookUps].sort());
  const slugs = of.applications.map(({ slug }) => slug);
  expect(of.people).toHaveLength(150);
  expect(slugs).toHaveLength(40);
  expect(recorder.all(ak("User"))).toHaveLength(150);
  expect(recorder.all(ak("Application")).map(({ name }) => name)).toEqual(expect.arrayContaining(slugs));
  expect(recorder.all(ak("Application"))).toHaveLength(slugs.length);
});
