import { changedSecrets, objectName, type Change } from "../model/change";
import { compare } from "../model/applications";
import { isSetup } from "../model/flows";
import type { Finding } from "./finding";
import type { Picture } from "../model/picture";
import { routeFindings } from "./routes";
import { serverFindings } from "./server";
import { names, say } from "../../shell/words";
import { RELEASE, SECRET, UNKNOWN } from "../../state/resources";
import { TYPES, type Item } from "../model/snapshot";

/** Kinds of objects that hold who people are and what the server runs on: gone, they do not come back as they were. */
function isKept({ before, key }: Change, explained: ReadonlySet<string>): boolean {
  if (!before?.custom || explained.has(key)) return false;
  return before.protect || before.type.startsWith("authentik:") || before.type === RELEASE;
}

/** Objects that are deleted, made anew, or no longer protected; secrets that change; what holds for the whole server. */
export function objectFindings(
  before: Picture,
  after: Picture,
  changes: readonly Change[],
  firstTime: boolean,
): Finding[] {
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
  const given = changes.filter(
    (change) => change.before?.retainOnDelete === true && change.after?.retainOnDelete === false,
  );
  if (given.length > 0)
    findings.push({
      rule: "protection-dropped",
      text: say`Would take ${listed(given)} off the server, too, once the program gives it up: Authentik ships it.`,
    });
  const rbac = changes.filter(
    ({ op, before: old, after: now }) =>
      op !== "same" &&
      (old !== undefined || !firstTime) &&
      /:(?:Cluster)?RoleBinding(?:Patch)?$/.test((now ?? old)?.type ?? ""),
  );
  if (rbac.length > 0)
    findings.push({
      rule: "cluster-admin",
      text: say`Changes who administers the cluster: ${listed(rbac)}.`,
    });
  return [
    ...findings,
    ...tokenFindings(changes, firstTime),
    ...(firstTime ? [] : routeFindings(before, after, changes)),
    ...secretFindings(changes),
    ...otherFindings(changes),
    ...(firstTime ? [] : serverFindings(changes)),
    ...settingsFindings(before, after),
    ...outpostFindings(before, after, changes),
  ];
}

/** Bindings whose loss is told in words: of applications, and of the locks of the doors. */
export function explainedBindings({ state, applications, doors }: Picture): Set<string> {
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
    if (!stage) continue;
    const guards =
      stage.item?.type === TYPES.deny || stage.item?.type === TYPES.validate || isSetup(state, stage);
    if (guards && state.follow(step, "target").some(({ key }) => doorFlows.has(key))) {
      explained.add(step.key);
      told.add(step.key);
    }
  }
  for (const binding of state.ofType(TYPES.binding))
    if (state.follow(binding, "target").some(({ key }) => told.has(key))) explained.add(binding.key);
  return explained;
}

/** Whoever holds a token of the API is let in as its owner. */
function tokenFindings(changes: readonly Change[], firstTime: boolean): Finding[] {
  const made = changes.filter(
    ({ op, after: now }) => ["create", "replace"].includes(op) && now?.type === "authentik:index/token:Token",
  );
  if (made.length === 0 || firstTime) return [];
  const tokens = names(made.map(objectName).sort(compare), 10);
  return [
    {
      rule: "token",
      text: say`Makes ${tokens}: whoever holds it acts as its owner, without a second factor.`,
    },
  ];
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

/** Properties of providers whose change is told in other words. */
const TOLD = new Set([
  ...["clientId", "clientSecret", "clientType", "issuerMode", "signingKey", "grantTypes"],
  ...["allowedRedirectUris", "propertyMappings", "mode", "externalHost", "skipPathRegex"],
  ...["jwtFederationProviders", "jwtFederationSources", "jwksSources", "authenticationFlow"],
]);

/** What else changes of how applications are logged in to, as how long a token lasts: each set of properties once. */
function otherFindings(changes: readonly Change[]): Finding[] {
  const byProperties = new Map<string, { readonly properties: string[]; readonly providers: string[] }>();
  for (const { op, after: now, differing } of changes) {
    if (op !== "update" || (now?.type !== TYPES.oauth2 && now?.type !== TYPES.proxy)) continue;
    const properties = [...differing].filter((property) => !TOLD.has(property)).sort(compare);
    if (properties.length === 0) continue;
    const key = properties.join(" ");
    const known = byProperties.get(key);
    if (known) known.providers.push(now.name);
    else byProperties.set(key, { properties, providers: [now.name] });
  }
  return [...byProperties.values()].map(({ properties, providers }) => ({
    rule: "application-provider",
    text: say`Changes ${names(properties)} of the provider of ${names(providers.sort(compare))}.`,
  }));
}

/** Where an outpost sends people to log in; undefined where that is not known. */
function loginHost(outpost: Item | undefined): string | undefined {
  const config = outpost?.values.config;
  if (outpost === undefined || config === UNKNOWN || config === SECRET) return undefined;
  try {
    const { authentik_host: host } = JSON.parse(typeof config === "string" ? config : "{}") as Record<
      string,
      unknown
    >;
    return typeof host === "string" ? host : "";
  } catch {
    return "";
  }
}

function outpostFindings(before: Picture, after: Picture, changes: readonly Change[]): Finding[] {
  return changes.flatMap((change): Finding[] => {
    const { op, key, after: now, differing } = change;
    if (now?.type !== TYPES.outpost) return [];
    const [was, is] = [loginHost(before.state.item(key)), loginHost(after.state.item(key))];
    if (is !== undefined && !is.startsWith("https://")) {
      const text =
        is === ""
          ? say`Outpost ${now.name} does not know where people log in: every callback ends in a 404.`
          : say`Outpost ${now.name} sends people to ${is} to log in, which is no address with TLS.`;
      return [{ rule: "outpost-host", text, standing: was === is }];
    }
    if (was && is !== undefined && was !== is)
      return [
        {
          rule: "outpost-host",
          text: say`Outpost ${now.name} sends people to ${is} to log in, no longer to ${was}.`,
        },
      ];
    return op === "update" && differing.has("config")
      ? [{ rule: "outpost", text: say`Changes the configuration of ${objectName(change)}.` }]
      : [];
  });
}

function settingsFindings(before: Picture, after: Picture): Finding[] {
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
  return findings;
}
