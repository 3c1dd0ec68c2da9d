import type { Resource } from "../../policy/model";
import { prod } from "../../stacks/prod";
import { productionWith, runProgram } from "../program";
import { stackFile } from "../stack-files";
import { resourcesOf } from "./stack";

/** What the program makes with other settings: between them, every kind of resource. */
export async function variations(): Promise<ReadonlyMap<string, readonly Resource[]>> {
  const local = {
    values: { ...stackFile("local"), "authentik:url": "http://127.0.0.1:9000" },
    secrets: { "authentik:token": "of-no-worth" },
  };
  const runs = {
    "traefik, several pods": () =>
      runProgram(
        productionWith({
          "plana-sso:ingressController": "traefik",
          "plana-sso:serverReplicas": "3",
          "plana-sso:workerReplicas": "2",
        }),
      ),
    "a trial in the same cluster, without certificates and Google": () =>
      runProgram(
        productionWith({
          "plana-sso:tlsIssuer": undefined,
          "plana-sso:google": "false",
          "plana-sso:consumerNamespaces": "create",
          "plana-sso:namespacePrefix": "trial-",
          "plana-sso:adoptRelease": "true",
        }),
      ),
    "the embedded default": () => runProgram(local, prod, "local"),
  };
  const stacks = new Map<string, readonly Resource[]>();
  // One after the other: a program under mocks is the only one of its process.
  for (const [what, run] of Object.entries(runs)) stacks.set(what, resourcesOf(await run()));
  return stacks;
}
