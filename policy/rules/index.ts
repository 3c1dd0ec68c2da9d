import type { Rule } from "../rule";
import { accessRules } from "./access";
import { doorRules } from "./doors";
import { groupRules } from "./groups";
import { kindRules } from "./kinds";
import { loginRules } from "./login";
import { outpostRules } from "./outpost";
import { peopleRules } from "./people";
import { protectionRules } from "./protection";
import { providerRules } from "./providers";
import { redirectUriRules } from "./redirect-uris";
import { routeRules } from "./routes";
import { secretRules } from "./secrets";
import { serverRules } from "./server";

/** Every rule of the pack, in the order of docs/policy.md. */
export const RULES: readonly Rule[] = [
  ...kindRules,
  ...accessRules,
  ...redirectUriRules,
  ...providerRules,
  ...doorRules,
  ...loginRules,
  ...peopleRules,
  ...groupRules,
  ...outpostRules,
  ...routeRules,
  ...serverRules,
  ...secretRules,
  ...protectionRules,
];
