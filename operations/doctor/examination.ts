import type { ProbeOptions } from "../../live/probe";
import type { Live } from "../../live/connect";
import { LiveObjects } from "../../identity/live-objects";
import { deployment } from "../../state/engine";
import type { Resource } from "../../state/resources";
import { Refusal, type Context } from "../context";
import { mend } from "../mend";

/** How bad a finding is; `unchecked`: it could not be looked at, which is not good either. */
export type Severity = "error" | "warning" | "unchecked";

/** Something that is not as it should be. */
export interface Finding {
  readonly severity: Severity;
  /** What it is about, as `application grafana`. */
  readonly subject: string;
  /** What is the case, and what that means. */
  readonly meaning: string;
  /** The command or the edit that mends it. */
  readonly mend: string;
}

/** One thing that is looked at. It only reads. */
export interface Check {
  readonly name: string;
  /** @throws ServerError when it cannot be looked at. */
  run(examination: Examination): Promise<readonly Finding[]>;
}

/** What the checks look at. */
export interface Examination extends Live {
  readonly context: Context;
  /** Lists of the server, each read once. */
  readonly objects: LiveObjects;
  /** What the state of the stack holds. */
  readonly resources: readonly Resource[];
  /** Public address of Authentik, as the stack's outputs tell it. */
  readonly publicUrl: string;
  readonly now: Date;
  /** How a public host is reached from here. */
  readonly way: ProbeOptions;
}

/**
 * @param through address to which requests to public hosts go; absent: to the hosts themselves, or to where the stack
 *   says that Authentik is, if that is not its public host.
 * @throws Refusal when the stack has not been brought up.
 */
export async function examine(context: Context, through?: string): Promise<Examination> {
  const { workspace } = context;
  const { resources } = await deployment(workspace);
  const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs.authentik;
  const publicUrl = (outputs as { readonly url?: unknown } | undefined)?.url;
  if (typeof publicUrl !== "string") {
    throw new Refusal(
      `stack ${workspace.stack} has not been brought up\n  mend: ${mend.up(workspace.stack)}`,
    );
  }
  const live = await context.live();
  const { url } = live.authentik.options;
  const elsewhere = new URL(url).host === new URL(publicUrl).host ? undefined : url;
  const address = through ?? elsewhere;
  return {
    context,
    authentik: live.authentik,
    // Its own kubeconfig may be of no use; what asks Authentik alone is looked at all the same.
    get cluster() {
      return live.cluster;
    },
    objects: new LiveObjects(live.authentik),
    resources,
    publicUrl,
    now: new Date(),
    way: address === undefined ? {} : { through: address },
  };
}

/** That something could not be looked at. */
export function unchecked(subject: string, error: unknown): Finding {
  const [meaning = "", own] = (error instanceof Error ? error.message : String(error)).split("\n  mend: ");
  return {
    severity: "unchecked",
    subject,
    meaning,
    mend:
      own ??
      "make the server answer (doctor --through <address> where the public hosts do not lead there from here), then run this again",
  };
}

/** Looks at each by itself: one that cannot be looked at does not keep the others. */
export async function lookAtEach<T>(
  all: readonly T[],
  subject: (one: T) => string,
  look: (one: T) => Promise<readonly Finding[]>,
): Promise<Finding[]> {
  const found = await Promise.all(
    all.map((one) => look(one).catch((error: unknown) => [unchecked(subject(one), error)])),
  );
  return found.flat();
}

/** Resources of a type, by the last part of its token. */
export function ofType({ resources }: Examination, type: string): Resource[] {
  return resources.filter((resource) => resource.type.endsWith(`:${type}`));
}

/** The command by which the program's values come back. */
export function applyAgain({ context }: Examination): string {
  return mend.up(context.workspace.stack);
}
