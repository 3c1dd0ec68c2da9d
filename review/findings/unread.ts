import { RELEASE } from "../../state/resources";
import { compare } from "../model/applications";
import { objectName, type Change } from "../model/change";
import { IDENTITY, type Door } from "../model/doors";
import type { Finding } from "./finding";
import { explainedBindings } from "./objects";
import { pairs, type Pair, type Picture } from "../model/picture";
import { ignoresMore, isRoute } from "./routes";
import { secondFactorText } from "../model/second-factor";
import { DELIVERED, secretChange, SECRET_TYPE } from "./server";
import { TYPES, type Snapshot } from "../model/snapshot";
import { names, say } from "../../shell/words";

/** What is compared, and what other findings have said about it. */
export interface Compared {
  readonly before: Picture;
  readonly after: Picture;
  readonly changes: readonly Change[];
  readonly firstTime: boolean;
}

const NAMESPACE = "kubernetes:core/v1:Namespace";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";

/** Types of which an untold change is no danger by itself. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...[TYPES.user, TYPES.group, TYPES.application, TYPES.oauth2, TYPES.proxy],
  ...[TYPES.outpost, TYPES.attachment, SECRET_TYPE, NAMESPACE, CONFIG_MAP],
]);

/** Properties of those that are one all the same. */
const DANGEROUS: ReadonlySet<string> = new Set([
  ...["roles", "users", "password", "backchannelProviders", "authenticationFlow"],
]);

/** Properties that are only seen, whatever has them. */
const SHOWN =
  /^(?:name|title|description|label|subText|friendlyName|denyMessage|errorMessage|background|layout|icon|avatars|footerLinks|severity|emailSubjectPrefix|executionLogging|show[A-Z]\w*|branding[A-Z]\w*|pagination[A-Z]\w*)$/;

/** Types that the report has been taught; of any other nobody can say what it does. */
const KNOWN =
  /^(?:authentik:index\/\w+:(?:User|Group|Application|ProviderOauth2|ProviderProxy|Outpost\w*|Token|Stage\w+|Flow|FlowStageBinding|Policy\w+|PropertyMapping\w+|Source\w+|Brand|SystemSettings|EventRule|EventTransport)|kubernetes:(?:core\/v1:(?:Namespace|Secret|ConfigMap|Service)|networking\.k8s\.io\/v1:Ingress|traefik\.io\/\w+:Middleware|helm\.sh\/v3:Release|rbac\.authorization\.k8s\.io\/v1:ClusterRoleBinding))$/;

const RBAC = /:(?:Cluster)?RoleBinding(?:Patch)?$/;

/** What is given to a new person, group or application anyway, and so is told with it or only seen. */
const GIVEN: Readonly<Record<string, readonly string[]>> = {
  [TYPES.user]: ["username", "name", "email", "isActive", "groups", "type", "path", "attributes"],
  [TYPES.group]: ["name", "isSuperuser", "parents", "attributes"],
};

/** Of an application only seen, in its tile. */
const TILE = /^(?:name|meta[A-Z]\w*|group|openInNewTab)$/;

/**
 * Whatever is done to an object of Authentik or of the cluster and told by nothing else: nothing passes without a
 * word. In the first deployment everything is new, and only types that the report does not know are told.
 */
export function unreadFindings(compared: Compared): Finding[] {
  const { changes, firstTime } = compared;
  const told = new Map<string, { readonly one: Untold; readonly objects: string[] }>();
  const explained = explainedBindings(compared.before);
  const doors = pairs(compared.before.doors, compared.after.doors, ({ name }) => name);
  for (const change of changes) {
    const type = (change.after ?? change.before)?.type ?? "";
    if (!/^(?:authentik|kubernetes):/.test(type) || (firstTime && KNOWN.test(type))) continue;
    for (const one of untold(change, type, compared, explained, doors)) {
      const key = JSON.stringify([one.what, one.unsafe, one.properties]);
      const known = told.get(key);
      if (known) known.objects.push(objectName(change));
      else told.set(key, { one, objects: [objectName(change)] });
    }
  }
  return [...told.values()].map(({ one: { what, unsafe, properties }, objects }) => {
    const listed = names(objects.sort(compare), 10);
    const of = properties.length > 0 ? say`${names(properties)} of ${listed}` : listed;
    const read = unsafe ? ". Read it." : ".";
    return {
      rule: unsafe ? "unread" : "object-changed",
      text: [`${VERBS[what]} `, ...of, ...(what === "leaves" ? [" as on the server"] : []), read],
    };
  });
}

const VERBS = {
  create: "Adds",
  update: "Changes",
  replace: "Deletes and makes anew",
  delete: "Deletes",
  leaves: "Leaves",
} as const;

interface Untold {
  readonly what: keyof typeof VERBS;
  readonly unsafe: boolean;
  readonly properties: readonly string[];
}

function untold(
  change: Change,
  type: string,
  compared: Compared,
  explained: ReadonlySet<string>,
  doors: readonly Pair<Door>[],
): Untold[] {
  const { op, key, before: old, after: now, differing } = change;
  const found: Untold[] = [];
  if (!isRoute(change) && ignoresMore(old, now)) {
    const properties = (now?.ignoreChanges ?? []).filter((one) => !old?.ignoreChanges?.includes(one)).sort();
    found.push({ what: "leaves", unsafe: properties.some((one) => one !== "attributes"), properties });
  }
  const whole = (unsafe: boolean) => [...found, { what: op, unsafe, properties: [] } as Untold];
  switch (op) {
    case "same":
      return found;
    case "create": {
      if (isToldWhole(change, type, compared)) break;
      const given =
        GIVEN[type] ??
        (type === TYPES.application ? ["slug", "protocolProvider", "policyEngineMode"] : undefined);
      if (given === undefined && !isProvider(type)) return whole(!HARMLESS.has(type));
      const used = !isProvider(type) || isUsed(key, compared.after);
      if (!used) found.push({ what: "create", unsafe: false, properties: [] });
      const further = Object.keys(now?.inputs ?? {}).filter((property) =>
        given ? !given.includes(property) && !TILE.test(property) : DANGEROUS.has(property),
      );
      return [...found, ...byLevel(type, further)];
    }
    case "delete":
    case "replace": {
      const kept =
        type.startsWith("authentik:") || type === RELEASE || old?.protect === true || explained.has(key);
      if (kept || (op === "replace" && type === SECRET_TYPE) || isToldWhole(change, type, compared)) break;
      return whole(type !== CONFIG_MAP);
    }
    case "update": {
      const left = [...differing].filter((property) => !isTold(change, property, type, compared, doors));
      // Membership does not break, nor does it take time.
      const idle =
        type !== TYPES.binding || hasPolicy(compared.after.state, key) ? [] : ["failureResult", "timeout"];
      return [...found, ...byLevel(type, left, idle)];
    }
  }
  return found;
}

/**
 * Properties that change, those that are a danger first.
 *
 * @param idle further properties that do nothing here.
 */
function byLevel(type: string, properties: readonly string[], idle: readonly string[] = []): Untold[] {
  const isUnsafe = (property: string) =>
    DANGEROUS.has(property) || (!HARMLESS.has(type) && !SHOWN.test(property) && !idle.includes(property));
  return [true, false].flatMap((unsafe) => {
    const some = properties.filter((property) => isUnsafe(property) === unsafe).sort(compare);
    return some.length > 0 ? [{ what: "update" as const, unsafe, properties: some }] : [];
  });
}

function hasPolicy(state: Snapshot, binding: string): boolean {
  const item = state.item(binding);
  return item !== undefined && state.follow(item, "policy").length > 0;
}

function isProvider(type: string): boolean {
  return type === TYPES.oauth2 || type === TYPES.proxy;
}

function isUsed(key: string, { applications }: Picture): boolean {
  return [...applications.values()].some(({ provider }) => provider?.key === key);
}

/** Whether a thing that comes or goes is told in words, or comes and goes with its application. */
function isToldWhole(change: Change, type: string, { before, after, changes }: Compared): boolean {
  if (isRoute(change) || RBAC.test(type) || type === "authentik:index/token:Token") return true;
  const { op, key, after: now, before: old } = change;
  const comes = [...after.applications.values()].filter(({ key: one }) => !before.applications.has(one));
  switch (type) {
    case NAMESPACE:
      return op === "create" && comes.length > 0;
    case SECRET_TYPE: {
      const name = (now ?? old)?.name ?? "";
      const of = (picture: Picture) =>
        [...picture.applications.values()].some(({ slug }) => `${slug}${DELIVERED}` === name);
      return op === "create" ? of(after) && !of(before) : op === "delete" && of(before) && !of(after);
    }
    case TYPES.mapping:
      return [...after.applications.values()].some(
        ({ key: application, mappings }) => before.applications.has(application) && mappings.has(key),
      );
    case TYPES.binding:
      return (
        isBoundInWords(key, after, changes) && now?.inputs.enabled !== false && !isBoundAgain(key, after)
      );
    case TYPES.stageBinding: {
      const item = after.state.item(key);
      return item !== undefined && after.state.follow(item, "target").length > 0;
    }
    case TYPES.attachment:
      return true;
    default:
      return (
        type.startsWith("authentik:index/policy") &&
        pairs(before.doors, after.doors, ({ name }) => name).some(
          ({ before: was, after: is }) =>
            was && is?.policies.includes(key) === true && !was.policies.includes(key),
        )
      );
  }
}

/** Whether a new binding binds to an application what is bound to it already, which opens nothing. */
function isBoundAgain(binding: string, { state, applications }: Picture): boolean {
  const item = state.item(binding);
  if (!item) return false;
  return state.follow(item, "target").some(({ key }) => {
    const bound = (applications.get(key)?.openings ?? []).map((opening) => opening.key);
    return ["policy", "group", "user"].some((subject) =>
      state
        .follow(item, subject, subject === "user" ? "user" : "uuid")
        .some((one) => bound.indexOf(one.key) < bound.lastIndexOf(one.key)),
    );
  });
}

/** Whether what a binding does is told: of an application, of a door, or of a step of a flow. */
function isBoundInWords(
  binding: string,
  { state, applications, doors, steps }: Picture,
  changes: readonly Change[],
): boolean {
  const item = state.item(binding);
  if (
    !item ||
    !["policy", "group", "user"].some(
      (one) => state.follow(item, one, one === "user" ? "user" : "uuid").length > 0,
    )
  )
    return false;
  const made = new Set(changes.flatMap(({ op, key }) => (op === "create" ? [key] : [])));
  return state.follow(item, "target").some(({ key, item: target }) => {
    if (applications.has(key) || [...steps.values()].some((all) => all.some((step) => step.key === key)))
      return true;
    const source = target?.type.startsWith("authentik:index/source");
    return (
      made.has(key) ||
      doors.some(
        ({ flow, key: door }) => flow === key || (source && door === `source ${String(target?.values.slug)}`),
      )
    );
  });
}

/** Whether other findings tell every change of a property. */
function isTold(
  change: Change,
  property: string,
  type: string,
  { before, after, changes }: Compared,
  doors: readonly Pair<Door>[],
): boolean {
  if (isRoute(change) || RBAC.test(type) || type === RELEASE) return true;
  const { key } = change;
  const told = (...properties: readonly string[]) => properties.includes(property);
  const [was, is] = [before.applications.get(key), after.applications.get(key)];
  const doorsDiffer = (of: (door: Door) => unknown) =>
    doors.some(({ before: old, after: now }) => old && now && of(old) !== of(now));
  const opensOrCloses = (start: string) =>
    doors.some(({ before: old, after: now }) => (!old || !now) && (now ?? old)?.key.startsWith(start));
  switch (type) {
    case TYPES.user:
      return told("username", "name", "email", "isActive", "groups");
    case TYPES.group:
      return told("name", "isSuperuser", "parents");
    case TYPES.application:
      return (
        told("slug", "protocolProvider") ||
        TILE.test(property) ||
        (told("policyEngineMode") && Math.max(was?.openings.length ?? 0, is?.openings.length ?? 0) > 1)
      );
    case TYPES.oauth2:
    case TYPES.proxy:
      return property !== "authenticationFlow" && (isUsed(key, after) || !told("name"));
    case TYPES.outpost:
      return told("protocolProviders", "config");
    case TYPES.mapping:
      return (
        told("expression", "scopeName") &&
        [...after.applications].some(
          ([one, { mappings }]) =>
            mappings.has(key) && before.applications.get(one)?.mappings.has(key) === true,
        )
      );
    case TYPES.binding:
      return (
        told("order") ||
        ((told("target", "group", "user", "policy", "negate", "enabled") ||
          (told("failureResult") && [before, after].some(({ state }) => hasPolicy(state, key)))) &&
          (isBoundInWords(key, after, changes) || isBoundInWords(key, before, changes)))
      );
    case TYPES.stageBinding:
      return true;
    case TYPES.validate:
      return (
        told("deviceClasses", "notConfiguredAction", "lastAuthThreshold") &&
        doorsDiffer(({ secondFactor }) => secondFactorText(secondFactor))
      );
    case TYPES.identification:
      return told("enrollmentFlow") && doorsDiffer(({ enrols }) => enrols);
    case TYPES.write:
      return told("userCreationMode") && doorsDiffer(({ enrols }) => enrols);
    case TYPES.brand:
      return (
        (told("flowAuthentication", "flowRecovery") && doorsDiffer(({ flow }) => flow)) ||
        (told("flowRecovery") && opensOrCloses("recovery"))
      );
    case TYPES.settings:
      return (
        (told("flags") && after.settings.openByDefault && !before.settings.openByDefault) ||
        (told("impersonation") && before.settings.impersonation !== after.settings.impersonation) ||
        (told("defaultUserChangeEmail", "defaultUserChangeUsername") &&
          after.settings.identityEditable &&
          !before.settings.identityEditable)
      );
    case SECRET_TYPE:
      return (
        told("data", "stringData") &&
        (change.after?.protect === true ||
          change.after?.name.endsWith(DELIVERED) === true ||
          secretChange(change) === "rewritten")
      );
    default:
      if (type.startsWith("authentik:index/source"))
        return (
          told("consumerSecret") ||
          (told("enabled") && opensOrCloses(`source ${String(change.after?.inputs.slug)}`)) ||
          (told("authenticationFlow") && doorsDiffer(({ flow }) => flow)) ||
          (told("enrollmentFlow") && doorsDiffer(({ enrols }) => enrols)) ||
          (told("userMatchingMode") && doorsDiffer(({ matching }) => matching)) ||
          (told(...IDENTITY) && doorsDiffer(({ identity }) => identity))
        );
      // Told as a policy that decides otherwise.
      return (
        type.startsWith("authentik:index/policy") &&
        !SHOWN.test(property) &&
        (after.doors.some(({ policies }) => policies.includes(key)) ||
          [...after.applications.values()].some(({ openings }) => openings.some((one) => one.key === key)))
      );
  }
}
