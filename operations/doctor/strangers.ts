import { managedIds, unmanaged, type Unmanaged } from "../../adoption/unmanaged";
import { mend } from "../mend";
import { BOOTSTRAP, TOKENS } from "../token/kinds";
import { predecessorOf } from "../token/tokens";
import { ofType, type Check, type Finding } from "./examination";

/** What is on the server, and not in the program: each is a door that no review has seen. */
export const strangers: Check = {
  name: "objects that the program does not know",
  async run(examination) {
    const { objects, resources, context } = examination;
    // Tokens are looked at below: the program's own are in no state.
    const unknown = (await unmanaged(objects, managedIds(resources))).filter(
      (one) => one.kind !== "Token" && !isOwnRole(one),
    );
    const found: Finding[] = unknown.map(({ kind, label, id }) => ({
      severity: "warning",
      subject: `${kind} ${label} (${id})`,
      meaning: "is on the server and not in the program",
      mend: `put it into the program's data and take it over (npm run adopt -- --stack ${context.workspace.stack}), or delete it in Authentik`,
    }));
    const known = new Set<unknown>([BOOTSTRAP, TOKENS.automation.identifier]);
    for (const { id } of ofType(examination, "Token")) known.add(id);
    for (const { identifier, intent, managed, user_obj: owner } of await objects.list("/core/tokens/")) {
      if (!["api", "app_password"].includes(String(intent)) || known.has(identifier) || managed) continue;
      const base = predecessorOf(String(identifier));
      if (base !== undefined && known.has(base)) {
        const which = base === BOOTSTRAP ? "bootstrap" : "automation";
        found.push({
          severity: "warning",
          subject: `token ${String(identifier)}`,
          meaning: `a rotation of ${base} was interrupted: both keys are valid`,
          mend: mend.ops(context.workspace.stack, `token rotate --which ${which}`),
        });
        continue;
      }
      const { username, type } = (owner ?? {}) as { readonly username?: string; readonly type?: string };
      if (type === "internal_service_account") continue;
      found.push({
        severity: "warning",
        subject: `token ${String(identifier)} of ${username ?? "nobody"}`,
        meaning: `${intent === "api" ? "acts" : "logs in"} as ${username ?? "its owner"} without a second factor`,
        mend: "delete it in Authentik (Directory, Tokens), unless it is known and needed",
      });
    }
    return found;
  },
};

/** The role that Authentik makes for a single person or group, and hides, to hold what was granted to it alone. */
function isOwnRole({ kind, label }: Unmanaged): boolean {
  return kind === "RbacRole" && /^"?ak-(?:managed|migrated)-role--/.test(label);
}
