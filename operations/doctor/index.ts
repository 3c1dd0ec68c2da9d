import type { Context, Result } from "../context";
import { examples, type AddVerb } from "../verb";
import { access } from "./access";
import { addresses } from "./addresses";
import { blueprints } from "./blueprints";
import { clusterSecrets } from "./cluster-secrets";
import { discovery } from "./discovery";
import { doors } from "./doors";
import { examine, unchecked, type Check, type Examination, type Finding } from "./examination";
import { expiry } from "./expiry";
import { managed } from "./managed";
import { outpost } from "./outpost";
import { counts, countsText, reportText, type Checked } from "./report";
import { selfChange } from "./self-change";
import { sight } from "./sight";
import { strangers } from "./strangers";
import { totp } from "./totp";
import { versions } from "./versions";

/** Everything that is looked at; a new check is a line here. */
const CHECKS: readonly Check[] = [
  sight,
  versions,
  clusterSecrets,
  discovery,
  outpost,
  doors,
  managed,
  blueprints,
  access,
  totp,
  selfChange,
  addresses,
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
  // Together: a server that does not answer then takes its patience once.
  const checked = await Promise.all(
    checks.map(async (check): Promise<Checked> => {
      context.say(`looking at ${check.name}`);
      return { check: check.name, findings: await findingsOf(check, examination) };
    }),
  );
  const { error, unchecked, warning } = counts(checked);
  const code = error + unchecked > 0 ? 1 : 0;
  context.log({
    verb: "doctor",
    whom: context.workspace.stack,
    step: "looked at everything",
    outcome: "done",
    detail: countsText(checked),
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
    return [unchecked("could not be checked", error)];
  }
}

/** `doctor`. */
export const doctor: AddVerb = (program, run) => {
  program
    .command("doctor")
    .description("look at everything that can be wrong, and change nothing")
    .option("--through <address>", "connect there for the public hosts, e.g. http://127.0.0.1:9000")
    .addHelpText("after", examples("--stack prod doctor", "--stack prod --json doctor"))
    .action(({ through }: { readonly through?: string }) => run((context) => diagnose(context, through)));
};
