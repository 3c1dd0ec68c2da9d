import * as pulumi from "@pulumi/pulumi";

import { checkApplications } from "./application-checks";
import { compose, type Outputs } from "./compose";
import { COMPOSITIONS } from "./compositions";
import { readConfig } from "./config";
import { checkData } from "./data";
import { refuse } from "./problem";
import { sparePromiseTraces } from "./promise-traces";
import { readRoster } from "./roster";
import { checkClients, checkConfigured, checkHosts } from "./settings-checks";

/**
 * Runs the program for the selected stack.
 *
 * @throws pulumi.RunError with all problems of configuration and data, before any resource is registered.
 */
export async function run(compositions = COMPOSITIONS): Promise<Outputs> {
  try {
    return await runStack(compositions);
  } catch (error) {
    // No stack of a RunError is shown. The host colours it all the same, in which Node (20.20) fills its memory for up to a
    // minute: it takes `node_modules/@pulumi/resource.ts`, as the SDK's source map has it, for a path without an end.
    if (pulumi.RunError.isInstance(error)) error.stack = undefined;
    throw error;
  }
}

async function runStack(compositions: typeof COMPOSITIONS): Promise<Outputs> {
  const stack = pulumi.getStack();
  const { settings, problems, hosting, credentials, composition } = readConfig(
    stack,
    Object.keys(compositions),
  );
  const data = Object.hasOwn(compositions, composition) ? compositions[composition] : undefined;
  // What is not of its type is told alone: the other checks rely on the types.
  const malformed = data ? checkData(data) : [];
  const organisation = malformed.length > 0 ? undefined : data;
  const roster = organisation && readRoster(organisation);
  const found = [
    ...problems,
    ...malformed,
    ...(roster?.problems ?? []),
    ...(organisation && credentials ? checkClients(organisation, credentials) : []),
    ...(organisation && hosting ? checkApplications(organisation, hosting) : []),
    ...(organisation && hosting ? checkHosts(organisation, hosting, stack) : []),
    ...(organisation && settings ? checkConfigured(organisation, settings) : []),
  ];
  refuse(stack, found);
  if (!settings || !organisation || !roster) throw new Error("unreachable: refused above");
  sparePromiseTraces();
  return compose(settings, organisation, roster.people);
}
