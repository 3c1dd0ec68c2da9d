import { managedIds, unmanaged } from "../../adoption/unmanaged";
import { BOOTSTRAP, TOKENS } from "../token/kinds";
import { ofType, type Check, type Finding } from "./examination";

/** What is on the server, and not in the program: each is a door that no review has seen. */
export const strangers: Check = {
  name: "objects that the program does not know",
  async run(examination) {
    const { objects, resources } = examination;
    const found: Finding[] = (await unmanaged(objects, managedIds(resources))).map(({ kind, label, id }) => ({
      severity: "warning",
      subject: `${kind} ${label} (${id})`,
      meaning: "is on the server and not in the program",
      mend: "take it into the program (npm run adopt), or delete it in Authentik",
    }));
    const known = new Set<unknown>([BOOTSTRAP, TOKENS.automation.identifier]);
    for (const { id } of ofType(examination, "Token")) known.add(id);
    for (const { identifier, intent, managed, user_obj: owner } of await objects.list("/core/tokens/")) {
      if (!["api", "app_password"].includes(String(intent)) || known.has(identifier) || managed) continue;
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
