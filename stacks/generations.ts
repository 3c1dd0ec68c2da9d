import * as pulumi from "@pulumi/pulumi";

import type { Settings } from "./config";
import { clientOf } from "./hosting";
import type { Application } from "./organisation";
import { refuse, type Problem } from "./problem";

/** The engine's own functions, of no plugin: what the last update of a stack told, and what its state holds. */
const TOLD = "pulumi:pulumi:readStackOutputs";
const HELD = "pulumi:pulumi:readStackResourceOutputs";

/** A resource of the state, by its URN. */
type Held = Readonly<
  Record<string, { readonly outputs?: { readonly keepers?: { readonly generation?: string } } }>
>;

/** How the engine names the client secret that was generated for an application. */
const GENERATED = /[$:]random:index\/randomPassword:RandomPassword::(?<slug>.+)-client-secret$/;

/**
 * Which generated client secret each application runs with. Of the state, since what was told last may be of an update that
 * failed, or that was of one application only.
 */
async function runningGenerations(stack: string): Promise<ReadonlyMap<string, number>> {
  const { outputs: told } = (await pulumi.runtime.invoke(TOLD, { name: stack }, {})) as { outputs?: object };
  // The engine cannot tell the resources of a stack that has none, and ends (3.259, `GetStackResourceOutputs`). One that has
  // told nothing yet was never brought up whole, so that nothing was reissued.
  if (Object.keys(told ?? {}).length === 0) return new Map();
  const { outputs: held = {} } = (await pulumi.runtime.invoke(HELD, { stackName: stack }, {})) as {
    outputs?: Held;
  };
  return new Map(
    Object.entries(held).flatMap(([urn, { outputs }]): [string, number][] => {
      const slug = GENERATED.exec(urn)?.groups?.slug;
      const generation = Number(outputs?.keepers?.generation);
      return slug !== undefined && generation > 0 ? [[slug, generation]] : [];
    }),
  );
}

/** Which generated client secret an application is to have; undefined where none is generated. */
function generationOf(application: Application, clients: Settings["clients"]): number | undefined {
  if (application.mode === "proxy" || clientOf(clients, application.slug)?.clientSecret) return undefined;
  return application.secretGeneration ?? 1;
}

/**
 * Refuses data that is older than what runs: a secret was reissued, and the commit of it is not in this data. Going back
 * would generate another one still, and no pod would be restarted for it.
 *
 * @throws RunError with each such application.
 */
export async function refuseOlder(
  { stack, clients }: Pick<Settings, "stack" | "clients">,
  applications: readonly Application[],
): Promise<void> {
  const held = await runningGenerations(stack);
  const older = applications.flatMap((application): Problem[] => {
    const { slug } = application;
    const written = generationOf(application, clients);
    const running = held.get(slug);
    if (written === undefined || running === undefined || written >= running) return [];
    return [
      {
        key: `applications: ${slug}`,
        value: `secretGeneration: ${written}`,
        expected: `${running} or more: its client secret was reissued, and ${running} runs; ${written} would be one more new secret, which no pod has`,
        mend: `merge the commit of the reissue, which raised it in the stack's applications.ts; where that is lost, write secretGeneration: ${running} there; to issue one more on purpose, after that: npm run ops -- --stack ${stack} secret reissue ${slug}`,
      },
    ];
  });
  refuse(stack, older);
}
