import type { Context, Result } from "../context";
import type { AddVerb } from "../verb";
import { access } from "./access";
import { blueprints } from "./blueprints";
import { clusterSecrets } from "./cluster-secrets";
import { discovery } from "./discovery";
import { doors } from "./doors";
import { examine, type Check, type Examination, type Finding } from "./examination";
import { expiry } from "./expiry";
import { managed } from "./managed";
import { outpost } from "./outpost";
import { counts, reportText, type Checked } from "./report";
import { strangers } from "./strangers";
import { totp } from "./totp";
import { versions } from "./versions";

/** Everything that is looked at; a new check is a line here. */
const CHECKS: readonly Check[] = [
  versions,
  clusterSecrets,
  discovery,
  outpost,
  doors,
  managed,
  blueprints,
  access,
  totp,
  strangers,
  expiry,
];

/**
 * Looks at everything, and changes nothing. Code 0 only when all could be looked at and nothing is an error.
 *
 * @param through address to which requests to public hosts go.
 * @throws Refusal when the stack has not been brought up.
 */
export async function diagnose(
  context: Context,
  through?: string,
  checks: readonly Check[] = CHECKS,
): Promise<Result> {
  const examination = await examine(context, through);
  const checked: Checked[] = [];
  for (const check of checks) {
    context.say(`looking at ${check.name}`);
    checked.push({ check: check.name, findings: await findingsOf(check, examination) });
  }
  const { error, unchecked, warning } = counts(checked);
  const code = error + unchecked > 0 ? 1 : 0;
  context.log({
    verb: "doctor",
    whom: context.workspace.stack,
    step: "looked at everything",
    outcome: "done",
    detail: `${error} errors, ${warning} warnings, ${unchecked} not checked`,
  });
  return {
    code,
    text: reportText(checked),
    data: { healthy: code === 0, error, warning, unchecked, checked },
  };
}

async function findingsOf(check: Check, examination: Examination): Promise<readonly Finding[]> {
  try {
    return await check.run(examination);
  } catch (error) {
    return [
      {
        severity: "unchecked",
        subject: "could not be checked",
        meaning: error instanceof Error ? error.message : String(error),
        mend: "make the server answer (doctor --through <address> where the public hosts do not lead there from here), then run this again",
      },
    ];
  }
}

/** `doctor`. */
export const doctor: AddVerb = (program, run) => {
  program
    .command("doctor")
    .description("look at everything that can be wrong, and change nothing")
    .option("--through <address>", "connect there for the public hosts, e.g. http://127.0.0.1:9000")
    .action(({ through }: { readonly through?: string }) => run((context) => diagnose(context, through)));
};
