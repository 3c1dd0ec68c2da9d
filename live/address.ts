import type { Workspace } from "../state/workspace";
import { valueInFile } from "../state/stack-file";

/** Where a stack's Authentik is. */
export interface Address {
  /** Absent where nothing names it. */
  readonly url?: string;
  /** What `AUTHENTIK_URL` names, where that is another server than the stack's. */
  readonly passedOver?: string;
}

/** As the providers do it: what the stack says goes before the environment. */
export function addressOf(inStack: string | undefined, { AUTHENTIK_URL }: NodeJS.ProcessEnv): Address {
  if (!inStack) return { url: AUTHENTIK_URL || undefined };
  const other = AUTHENTIK_URL && written(AUTHENTIK_URL) !== written(inStack);
  return { url: inStack, ...(other ? { passedOver: AUTHENTIK_URL } : {}) };
}

/** The address that a stack's file names in plain; `encrypted` where it names one that only the CLI can read. */
export function addressInFile({ configFile }: Pick<Workspace, "configFile">): {
  readonly url?: string;
  readonly encrypted: boolean;
} {
  const found = valueInFile(configFile(), "authentik:url");
  return typeof found === "string" ? { url: found, encrypted: false } : { encrypted: found !== undefined };
}

/** An address in one way of writing it. */
function written(url: string): string {
  return (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, "");
}
