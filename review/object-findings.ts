import { changedSecrets, type Change } from "./change";
import { compare } from "./applications";
import type { Finding } from "./finding";
import type { Picture } from "./picture";
import { names, say } from "./text";
import { TYPES } from "./snapshot";

/** Kinds of objects that hold who people are and what the server runs on: gone, they do not come back as they were. */
function isKept({ before, key }: Change, explained: ReadonlySet<string>): boolean {
  if (!before?.custom || explained.has(key)) return false;
  return (
    before.protect || before.type.startsWith("authentik:") || before.type === "kubernetes:helm.sh/v3:Release"
  );
}

/** `Application forgejo`. */
export function objectName({ key, before, after }: Change): string {
  const resource = after ?? before;
  if (!resource) return key;
  return `${resource.type.slice(resource.type.lastIndexOf(":") + 1)} ${resource.name}`;
}

/** Objects that are deleted, made anew, or no longer protected; secrets that change; what holds for the whole server. */
export function objectFindings(before: Picture, after: Picture, changes: readonly Change[]): Finding[] {
  const explained = explainedBindings(before);
  const deleted = changes.filter((change) => change.op === "delete" && isKept(change, explained));
  const replaced = changes.filter(
    (change) =>
      change.op === "replace" &&
      (isKept(change, new Set()) || change.before?.type === "kubernetes:core/v1:Secret"),
  );
  const unprotected = changes.filter(
    (change) => change.before?.protect === true && change.after?.protect === false,
  );
  const listed = (some: readonly Change[]) => names(some.map(objectName).sort(compare), 10);
  const findings: Finding[] = [];
  if (deleted.length > 0) findings.push({ rule: "object-deleted", text: say`Deletes ${listed(deleted)}.` });
  if (replaced.length > 0)
    findings.push({ rule: "object-replaced", text: say`Deletes and makes anew ${listed(replaced)}.` });
  if (unprotected.length > 0)
    findings.push({ rule: "protection-dropped", text: say`No longer protects ${listed(unprotected)}.` });
  const rbac = changes.filter(
    ({ op, before: old }) => op !== "same" && old?.type.endsWith(":ClusterRoleBinding") === true,
  );
  if (rbac.length > 0)
    findings.push({
      rule: "cluster-admin",
      text: say`Changes who administers the cluster: ${listed(rbac)}.`,
    });
  return [...findings, ...secretFindings(changes), ...settingsFindings(before, after, changes)];
}

/** Bindings whose loss is told in words: of applications, and of the locks of the doors. */
function explainedBindings({ state, applications, doors }: Picture): Set<string> {
  const explained = new Set<string>();
  const doorFlows = new Set<string>();
  for (const brand of state.ofType(TYPES.brand))
    for (const property of ["flowAuthentication", "flowRecovery"])
      for (const { key } of state.follow(brand, property)) doorFlows.add(key);
  const sources = state.ofTypes("authentik:index/source");
  for (const source of sources)
    for (const { key } of state.follow(source, "authenticationFlow")) doorFlows.add(key);
  const told = new Set([
    ...applications.keys(),
    ...doorFlows,
    ...(doors.length > 0 ? sources.map(({ key }) => key) : []),
  ]);
  for (const step of state.ofType(TYPES.stageBinding)) {
    const [stage] = state.follow(step, "stage");
    const guards = stage?.item?.type === TYPES.deny || stage?.item?.type === TYPES.validate;
    if (guards && state.follow(step, "target").some(({ key }) => doorFlows.has(key))) {
      explained.add(step.key);
      told.add(step.key);
    }
  }
  for (const binding of state.ofType(TYPES.binding))
    if (state.follow(binding, "target").some(({ key }) => told.has(key))) explained.add(binding.key);
  return explained;
}

function secretFindings(changes: readonly Change[]): Finding[] {
  const findings: Finding[] = [];
  for (const change of changes) {
    const { after, op } = change;
    if (!after?.type.startsWith("authentik:") || op === "create") continue;
    const secrets = changedSecrets(change);
    if (secrets.length === 0) continue;
    const text =
      after.type === TYPES.oauth2
        ? say`Reissues the client secret of ${after.name}: it logs nobody in until it has the new one.`
        : say`Changes ${names(secrets)} of ${objectName(change)}.`;
    findings.push({ rule: "secret-reissued", text });
  }
  return findings;
}

function settingsFindings(before: Picture, after: Picture, changes: readonly Change[]): Finding[] {
  const findings: Finding[] = [];
  const { settings: was } = before;
  const { settings: is } = after;
  const known = before.state.ofType(TYPES.settings).length > 0;
  if (known && is.openByDefault && !was.openByDefault)
    findings.push({
      rule: "server-setting",
      text: say`Opens every application without a binding to everyone (core_default_app_access).`,
    });
  if (is.identityEditable && (!known || !was.identityEditable))
    findings.push({
      rule: "server-setting",
      text: say`Lets people change their own address or username, and so take over another person's Google login.`,
    });
  if (known && is.impersonation !== was.impersonation)
    findings.push({
      rule: "impersonation",
      text: is.impersonation
        ? say`Administrators may act as another person.`
        : say`Administrators may no longer act as another person.`,
    });
  for (const change of changes) {
    if (change.after?.type !== TYPES.outpost || change.op !== "update" || !change.differing.has("config"))
      continue;
    findings.push({ rule: "outpost", text: say`Changes the configuration of ${objectName(change)}.` });
  }
  return findings;
}
