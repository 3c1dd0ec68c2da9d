import { NO_PATH } from "../../components/applications/public-paths";
import type { RedirectUri } from "../../components/applications/redirect-uris";
import { flag, text, texts, TYPES, type Item, type Reference, type Snapshot } from "./snapshot";
import type { Directory } from "./directory";

/** What a binding lets through, of an application or of a step of a login. */
export interface Opening {
  readonly kind: "group" | "person" | "policy";
  readonly key: string;
  /** Name of the group, username, or name of the policy; the id where the state does not know the object. */
  readonly name: string;
  /** Lets through everybody else. */
  readonly negate: boolean;
  /** A policy that breaks lets people through. */
  readonly passesOnError: boolean;
}

/** What tells an application about people. */
export interface Mapping {
  readonly scope: string;
  readonly name?: string;
  /** Empty for a mapping that Authentik ships. */
  readonly content: string;
  /** Of a mapping that Authentik ships, as far as the program knows it: its scope. */
  readonly shipped?: string;
}

/** Where people may be sent back to. */
export interface ReturnUri extends RedirectUri {
  /** After logging out, so without a code. */
  readonly logout?: true;
}

export interface Application {
  readonly key: string;
  readonly slug: string;
  readonly name: string;
  readonly mode: "oidc" | "proxy" | "none";
  readonly provider?: Reference;
  /** Whether one opening is enough, or all must let a person through. */
  readonly engine: "any" | "all";
  /** Enabled bindings. Without any, the server's default decides. */
  readonly openings: readonly Opening[];
  /** Scopes the application may ask for, and so the claims it is told. */
  readonly claims: readonly string[];
  /** The mappings behind the claims, by key. */
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly redirectUris: readonly ReturnUri[];
  readonly grantTypes: readonly string[];
  /** What its tokens do not prove, in words that follow the name of the application. */
  readonly weaknesses: readonly string[];
  readonly clientId: string;
  /** Id of the key that signs its tokens. */
  readonly signingKey: string;
  /** Expressions of paths that the outpost serves without a login. */
  readonly publicPaths: readonly string[];
  /** Of a proxied application: whether an outpost serves it. */
  readonly served: boolean;
  /** Of a proxied application: mode and public address of its provider. */
  readonly front: string;
}

/** What the applications of a state are read with. */
export interface Lookup {
  readonly directory: Directory;
  /** Enabled bindings by the key of their target. */
  readonly bindings: ReadonlyMap<string, readonly Opening[]>;
  /** Names of scope mappings that Authentik ships, by id. */
  readonly shipped: ReadonlyMap<string, string>;
}

/** The enabled bindings of a state, by what they are bound to. */
export function bindingsOf(state: Snapshot, directory: Directory): Map<string, Opening[]> {
  const byTarget = new Map<string, { order: number; opening: Opening }[]>();
  for (const item of state.ofType(TYPES.binding)) {
    if (!flag(item, "enabled", true)) continue;
    const opening = openingOf(state, item, directory);
    const [target] = state.follow(item, "target");
    if (!opening || !target) continue;
    const { order } = item.values;
    const entry = { order: typeof order === "number" ? order : 0, opening };
    const known = byTarget.get(target.key);
    if (known) known.push(entry);
    else byTarget.set(target.key, [entry]);
  }
  return new Map(
    [...byTarget].map(([target, entries]) => [
      target,
      entries
        .sort((a, b) => a.order - b.order || compare(a.opening.name, b.opening.name))
        .map(({ opening }) => opening),
    ]),
  );
}

function openingOf(state: Snapshot, item: Item, directory: Directory): Opening | undefined {
  const common = {
    negate: flag(item, "negate", false),
    passesOnError: flag(item, "failureResult", false),
  };
  const [policy] = state.follow(item, "policy");
  if (policy) return { ...common, kind: "policy", key: policy.key, name: nameOf(policy.item) ?? policy.key };
  const [group] = state.follow(item, "group");
  if (group) {
    const name = directory.groups.get(group.key)?.name;
    return { ...common, kind: "group", key: group.key, name: name ?? group.key };
  }
  const [user] = state.follow(item, "user", "user");
  if (user) {
    const name = directory.people.get(user.key)?.username;
    return { ...common, kind: "person", key: user.key, name: name ?? `user ${user.key}` };
  }
  return undefined;
}

/** The applications of a state. */
export function applicationsOf(state: Snapshot, lookup: Lookup): Application[] {
  const served = new Set([
    ...state
      .ofType(TYPES.outpost)
      .flatMap((outpost) => state.follow(outpost, "protocolProviders", "provider").map(({ key }) => key)),
    ...state
      .ofType(TYPES.attachment)
      .flatMap((attachment) =>
        state.follow(attachment, "protocolProvider", "provider").map(({ key }) => key),
      ),
  ]);
  return state.ofType(TYPES.application).map((item) => {
    const [provider] = state.follow(item, "protocolProvider", "provider");
    const found = provider?.item;
    const mappings = found ? state.follow(found, "propertyMappings") : [];
    return {
      key: item.key,
      slug: text(item, "slug"),
      name: text(item, "name"),
      mode: found?.type === TYPES.proxy ? "proxy" : provider ? "oidc" : "none",
      provider,
      engine: text(item, "policyEngineMode") === "all" ? "all" : "any",
      openings: lookup.bindings.get(item.key) ?? [],
      claims: claimsOf(mappings, lookup.shipped),
      mappings: new Map(mappings.map((mapping) => [mapping.key, mappingOf(mapping, lookup.shipped)])),
      redirectUris: found ? redirectUrisOf(found) : [],
      grantTypes: found ? texts(found, "grantTypes").sort(compare) : [],
      weaknesses: found ? weaknessesOf(found) : [],
      signingKey: found ? text(found, "signingKey") : "",
      clientId: found ? text(found, "clientId") : "",
      publicPaths: found ? publicPathsOf(found) : [],
      served: provider !== undefined && served.has(provider.key),
      front: found?.type === TYPES.proxy ? `${text(found, "mode")} ${text(found, "externalHost")}` : "",
    } satisfies Application;
  });
}

/** The expressions of paths that need no login. */
function publicPathsOf(provider: Item): string[] {
  return text(provider, "skipPathRegex")
    .split("\n")
    .filter((line) => line !== "" && line !== NO_PATH);
}

/** Names of shipped scope mappings, which the component of the scopes tells as its outputs. */
export function shippedScopes(...states: readonly Snapshot[]): Map<string, string> {
  const shipped = new Map<string, string>();
  for (const item of states.flatMap((state) => state.ofType(TYPES.scopes))) {
    const told = item.values.shipped;
    if (typeof told !== "object" || told === null) continue;
    for (const [scope, id] of Object.entries(told)) if (typeof id === "string") shipped.set(id, scope);
  }
  return shipped;
}

function claimsOf(mappings: readonly Reference[], shipped: ReadonlyMap<string, string>): string[] {
  const claims = new Set<string>();
  let unnamed = 0;
  for (const { key, item } of mappings) {
    const scope = (item && text(item, "scopeName")) ?? shipped.get(key);
    if (scope) claims.add(scope);
    else unnamed += 1;
  }
  const told = [...claims].sort(compare);
  return unnamed === 0 ? told : [...told, `${unnamed} shipped with Authentik`];
}

function mappingOf({ key, item }: Reference, shipped: ReadonlyMap<string, string>): Mapping {
  if (!item) return { scope: "", content: "", shipped: shipped.get(key) };
  const scope = text(item, "scopeName");
  return { scope, name: nameOf(item), content: `${scope}\n${text(item, "expression")}` };
}

/** Ways by which a token of somebody else is taken for a login. */
const FEDERATION = ["jwtFederationProviders", "jwtFederationSources", "jwksSources"];

function weaknessesOf(provider: Item): string[] {
  const given = (property: string) => {
    const value = provider.values[property];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== "";
  };
  const federation = FEDERATION.some(given) ? ["takes tokens of others for a login"] : [];
  if (provider.type !== TYPES.oauth2) return federation;
  return [
    ...(given("signingKey") ? [] : ["signs its tokens with the client secret alone"]),
    ...(text(provider, "clientType") === "public"
      ? ["gives tokens to whoever has a code (public client)"]
      : []),
    ...(text(provider, "issuerMode") === "global" ? ["gives tokens that name no application"] : []),
    ...federation,
    ...(texts(provider, "grantTypes").includes("authorization_code")
      ? []
      : ["grants no authorization code, so nobody logs in"]),
  ];
}

function redirectUrisOf(provider: Item): ReturnUri[] {
  const value = provider.values.allowedRedirectUris;
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) => {
    if (typeof one !== "object" || one === null) return [];
    const { matching_mode: matching, redirect_uri_type: type, url } = one as Record<string, unknown>;
    if (typeof url !== "string") return [];
    const uri = { matching: matching === "regex" ? ("regex" as const) : ("strict" as const), url };
    return [type === "logout" ? { ...uri, logout: true as const } : uri];
  });
}

/** Name of an object; undefined where the state does not hold it. */
export function nameOf(item: Item | undefined): string | undefined {
  return item && (text(item, "name") || item.resource.name);
}

/** The same order on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
