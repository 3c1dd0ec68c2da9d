import { isDeepStrictEqual } from "node:util";

import { snake } from "../../identity/kinds";
import { SECRET, UNKNOWN } from "../../state/resources";
import type { Check, Finding } from "./examination";

/**
 * Fields that Authentik's own blueprints write whenever they are applied again, that is on every upgrade (read in
 * `blueprints/default/`, 2026.5), by type and name of the object.
 */
const OWNED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "Flow default-authentication-flow": {
    name: "Welcome to authentik!",
    title: "Welcome to authentik!",
    designation: "authentication",
    authentication: "none",
  },
  "StageIdentification default-authentication-identification": { user_fields: ["email", "username"] },
  "Flow default-source-authentication": {
    designation: "authentication",
    authentication: "require_unauthenticated",
  },
  "StageAuthenticatorTotp default-authenticator-totp-setup": { digits: "6" },
};

/** Fields that the program and a blueprint write in turn, and blueprints that cannot be applied. */
export const blueprints: Check = {
  name: "blueprints",
  async run({ resources, objects }) {
    const found: Finding[] = [];
    for (const { type, name, inputs } of resources) {
      const subject = `${type.slice(type.lastIndexOf(":") + 1)} ${name}`;
      const owned = Object.hasOwn(OWNED, subject) ? OWNED[subject] : undefined;
      for (const [input, value] of Object.entries(inputs)) {
        const field = snake(input);
        if (!owned || !Object.hasOwn(owned, field) || value === SECRET || value === UNKNOWN) continue;
        if (isDeepStrictEqual(value, owned[field])) continue;
        found.push({
          severity: "warning",
          subject,
          meaning: `${input}: the program says ${JSON.stringify(value)}, Authentik's blueprint ${JSON.stringify(owned[field])}; every upgrade resets it until the next up`,
          mend: "use an object of the program's own in its place",
        });
      }
    }
    for (const { name, status, enabled } of await objects.list("/managed/blueprints/")) {
      if (enabled === false || (status !== "error" && status !== "orphaned")) continue;
      found.push({
        severity: "warning",
        subject: `blueprint ${String(name)}`,
        meaning: `is ${status}: what Authentik ships is not what this version expects`,
        mend: "look at it in Authentik (Customization, Blueprints) and apply it again",
      });
    }
    return found;
  },
};
