import { accessOf as policyAccess, type Access as PolicyAccess } from "../../identity/access";
import type { Application, Opening } from "./applications";
import type { Person } from "./directory";

export type { Entry } from "../../identity/access";

/** Whether a person may enter, and through which openings. */
export type Access = PolicyAccess<Opening>;

/**
 * Whether a person may enter an application: as the policies say, and a proxied one only where an outpost serves it.
 *
 * @param openByDefault what the server does with an application without a binding.
 */
export function accessOf(person: Person, application: Application, openByDefault: boolean): Access {
  // Without an outpost there is nowhere to log in to.
  if (application.mode === "proxy" && !application.served) return { entry: "no", through: [] };
  return policyAccess(person, application, openByDefault);
}

/** `plana-staff`, `everyone but contractors`. */
export function openingText({ kind, name, negate }: Opening): string {
  const what = kind === "group" ? name : `${kind} ${name}`;
  return negate ? `everyone but ${what}` : what;
}
