import { UNKNOWN } from "../../state/resources";
import { objectName, type Change } from "../model/change";
import type { Finding } from "./finding";
import { TYPES } from "../model/snapshot";
import { names, say } from "../../shell/words";

/** What decides about access and is told as if it were its default as long as nobody knows it. */
const DECIDING: Readonly<Record<string, readonly string[]>> = {
  [TYPES.user]: ["isActive", "username", "email"],
  [TYPES.group]: ["isSuperuser", "name"],
  [TYPES.binding]: ["enabled", "negate", "failureResult"],
  [TYPES.application]: ["slug", "policyEngineMode"],
  [TYPES.stageBinding]: ["order", "evaluateOnPlan", "reEvaluatePolicies", "policyEngineMode"],
  [TYPES.validate]: ["notConfiguredAction", "deviceClasses", "lastAuthThreshold"],
  [TYPES.oauth2]: ["grantTypes", "clientType", "issuerMode", "allowedRedirectUris"],
  [TYPES.proxy]: ["skipPathRegex", "externalHost", "mode"],
  [TYPES.settings]: ["flags", "impersonation", "defaultUserChangeEmail", "defaultUserChangeUsername"],
  [TYPES.outpost]: ["config"],
  [TYPES.brand]: ["default"],
  [TYPES.write]: ["userCreationMode"],
  [TYPES.mapping]: ["scopeName", "expression"],
  [TYPES.expression]: ["expression"],
};

/** What a preview does not know yet, where it decides about access. */
export function unknownFindings(changes: readonly Change[]): Finding[] {
  return changes.flatMap((change): Finding[] => {
    const { op, after: now } = change;
    if (op === "same" || !now) return [];
    const deciding = DECIDING[now.type] ?? (now.type.startsWith("authentik:index/source") ? ["enabled"] : []);
    const unknown = deciding.filter((property) => now.inputs[property] === UNKNOWN);
    if (unknown.length === 0) return [];
    const text = say`Is not known yet: ${names(unknown)} of ${objectName(change)}. What is told about it may turn out otherwise.`;
    return [{ rule: "not-known", text }];
  });
}
