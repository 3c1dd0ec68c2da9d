import { ownAccount } from "../person/accounts";
import { type Check } from "./examination";

/** The server tells whoever is no administrator of every list only a part, and does not say so. */
export const sight: Check = {
  name: "what the token may see",
  async run({ authentik }) {
    const self = await ownAccount(authentik);
    if (self.superuser) return [];
    return [
      {
        severity: "unchecked",
        subject: `token of ${self.username}`,
        meaning:
          "does not administer Authentik: the server leaves out what it may not see, so what is said below may be wrong",
        mend: "give the token of an administrator (AUTHENTIK_TOKEN, which goes first, or authentik:token of the stack), then run this again",
      },
    ];
  },
};
