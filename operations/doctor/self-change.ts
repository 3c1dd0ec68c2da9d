import type { Json } from "../../live/authentik";
import type { Check, Finding } from "./examination";

/**
 * Attributes by which Authentik lets somebody change what the system settings forbid (read in `core/models.py`, 2026.5).
 * A person's attributes are their own, so a preview does not show them.
 */
const SELF_CHANGE = ["email", "username"].map((field) => `goauthentik.io/user/can-change-${field}`);

/** Nobody may change the address or the name by which a Google account or an application knows them. */
export const selfChange: Check = {
  name: "what people may change of themselves",
  async run({ objects }) {
    return [
      ...(await objects.list("/core/users/")).flatMap((user) =>
        findings(`person ${String(user.username)}`, user),
      ),
      ...(await objects.list("/core/groups/")).flatMap((group) =>
        findings(`group ${String(group.name)}`, group),
      ),
    ];
  },
};

function findings(subject: string, { attributes }: Json): Finding[] {
  const set = (attributes ?? {}) as Json;
  return SELF_CHANGE.filter((name) => set[name] !== undefined && set[name] !== false).map((name) => ({
    severity: "error",
    subject,
    meaning: `${name} is ${JSON.stringify(set[name])}: with another person's address or name one is taken for that person`,
    mend: "take the attribute away in Authentik (Directory)",
  }));
}
