import * as pulumi from "@pulumi/pulumi";

import type { Settings } from "./config";
import { clientOf } from "./hosting";
import type { Application } from "./organisation";
import { refuse, type Problem } from "./problem";

/** The engine's own function, of no plugin: what the last update of a stack told, as it stands in the state. */
const TOLD = "pulumi:pulumi:readStackOutputs";

/** As `compose` tells it; an older program told less. */
interface Told {
  readonly outputs?: {
    readonly applications?: Readonly<Record<string, { readonly secretGeneration?: number }>>;
  };
}

/** Which generated client secret of an application it is; undefined where none is generated. */
export function generationOf(application: Application, clients: Settings["clients"]): number | undefined {
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
  const { outputs } = (await pulumi.runtime.invoke(TOLD, { name: stack }, {})) as Told;
  const told = outputs?.applications ?? {};
  const older = applications.flatMap((application): Problem[] => {
    const { slug } = application;
    const written = generationOf(application, clients);
    const running = Object.hasOwn(told, slug) ? told[slug]?.secretGeneration : undefined;
    if (written === undefined || running === undefined || written >= running) return [];
    return [
      {
        key: `applications: ${slug}`,
        value: `secretGeneration: ${written}`,
        expected: `${running} or more: its client secret was reissued, and ${running} runs; ${written} would be one more new secret, which no pod has`,
        mend: `merge the commit of the reissue, which raised it in the stack's applications.ts; to issue one more on purpose, after that: npm run ops -- --stack ${stack} secret reissue ${slug}`,
      },
    ];
  });
  refuse(stack, older);
}
