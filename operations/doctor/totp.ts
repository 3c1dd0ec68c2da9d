import { ServerError } from "../../live/server-error";
import { mend } from "../mend";
import { confirmedKinds } from "../person/holdings";
import { applyAgain, ofType, type Check, type Finding } from "./examination";

/** Who has a confirmed TOTP device. */
export const totp: Check = {
  name: "second factor of each person",
  async run(examination) {
    const found: Finding[] = [];
    for (const { name, id = "" } of ofType(examination, "User")) {
      const path = `/core/users/${id}/`;
      const user = await examination.authentik.get(path);
      if (!user) {
        found.push({
          severity: "error",
          subject: `person ${name}`,
          meaning: "is in the program and not on the server",
          mend: applyAgain(examination),
        });
        continue;
      }
      if (typeof user.is_active !== "boolean")
        throw new ServerError("Authentik", "GET", path, undefined, "the answer is no person");
      if (!user.is_active) continue;
      const kinds = await confirmedKinds(examination.authentik, id);
      if (kinds.has("totp")) continue;
      const codes = kinds.has("static") ? " and one of the recovery codes" : "";
      found.push({
        severity: "warning",
        subject: `person ${name}`,
        meaning: `has no TOTP yet: whoever has the password${codes} enrols a device of their own at the next login`,
        mend: `${mend.ops(examination.context.workspace.stack, `person invite ${name} --print`)}, and see that they log in`,
      });
    }
    return found;
  },
};
