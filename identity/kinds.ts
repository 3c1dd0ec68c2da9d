import type { Json } from "../live/authentik";

/** One way to know an object: every pair of input and field is equal. */
export interface Identity {
  /** Field of the live object by input of the resource. */
  readonly fields: Readonly<Record<string, string>>;
  /** Capitals do not matter. */
  readonly fold?: true;
  /** Objects that may be meant at all. */
  readonly where?: (object: Json) => boolean;
}

/** How a type of object is known, and where it is looked up. */
export interface Kind {
  /** List of the API. */
  readonly path: string;
  /** Field that is the id of the resource inside the engine. */
  readonly id: string;
  /** Field by which other objects name it. */
  readonly key: string;
  /** By rank: a weaker one is asked only where no stronger one found anything. */
  readonly identities: readonly (readonly Identity[])[];
  /** An application's provider is also known by the application. */
  readonly throughApplication?: true;
  /** There is exactly one, with this id. */
  readonly singleton?: string;
  /** List of all types whose objects share their numbers and names with this one's. */
  readonly family?: string;
}

const by = (...inputs: readonly string[]): Identity => ({
  fields: Object.fromEntries(inputs.map((input) => [input, snake(input)])),
});
const named = [[by("name")]];
const kind = (path: string, more: Partial<Kind> = {}): Kind => ({
  path,
  id: "pk",
  key: "pk",
  identities: named,
  ...more,
});

const stage = (path: string) => kind(path, { family: "/stages/all/" });
const policy = (path: string) => kind(path, { family: "/policies/all/" });
const MAPPINGS = "/propertymappings/all/";
const PROVIDERS = "/providers/all/";

/**
 * How each type is known: people by username, else by e-mail, groups by name, applications, flows and sources by slug,
 * providers by client id, name or application, mappings by name or scope name, bindings by target and subject, the
 * embedded outpost by its managed key. Which field is the engine's id: the provider's source.
 */
export const KINDS: Readonly<Record<string, Kind>> = {
  Application: kind("/core/applications/", { id: "slug", identities: [[by("slug")]] }),
  Brand: kind("/core/brands/", { id: "brand_uuid", key: "brand_uuid", identities: [[by("domain")]] }),
  EventRule: kind("/events/rules/"),
  EventTransport: kind("/events/transports/"),
  Flow: kind("/flows/instances/", { id: "slug", identities: [[by("slug")]] }),
  FlowStageBinding: kind("/flows/bindings/", {
    identities: [[by("target", "stage", "order")], [by("target", "stage")]],
  }),
  Group: kind("/core/groups/"),
  // The program has the embedded one only.
  Outpost: kind("/outposts/instances/", {
    identities: [[{ fields: {}, where: ({ managed }) => managed === "goauthentik.io/outposts/embedded" }]],
  }),
  PolicyBinding: kind("/policies/bindings/", {
    identities: [[by("target", "policy"), by("target", "group"), by("target", "user")]],
  }),
  PolicyEventMatcher: policy("/policies/event_matcher/"),
  PolicyExpression: policy("/policies/expression/"),
  PolicyPassword: policy("/policies/password/"),
  PolicyReputation: policy("/policies/reputation/"),
  PropertyMappingProviderScope: kind("/propertymappings/provider/scope/", {
    // Authentik's own mappings have the same scope names.
    identities: [[by("name")], [{ ...by("scopeName"), where: ({ managed }) => !managed }]],
    family: MAPPINGS,
  }),
  PropertyMappingSourceOauth: kind("/propertymappings/source/oauth/", { family: MAPPINGS }),
  // Of one rank: whichever is taken, another one of that name or of that application would be in its way.
  ProviderOauth2: kind("/providers/oauth2/", {
    identities: [[by("clientId"), by("name")]],
    throughApplication: true,
    family: PROVIDERS,
  }),
  ProviderProxy: kind("/providers/proxy/", {
    identities: [[by("name"), by("externalHost")]],
    throughApplication: true,
    family: PROVIDERS,
  }),
  RbacRole: kind("/rbac/roles/"),
  SourceOauth: kind("/sources/oauth/", { id: "slug", identities: [[by("slug")]], family: "/sources/all/" }),
  StageAuthenticatorStatic: stage("/stages/authenticator/static/"),
  StageAuthenticatorTotp: stage("/stages/authenticator/totp/"),
  StageAuthenticatorValidate: stage("/stages/authenticator/validate/"),
  StageDeny: stage("/stages/deny/"),
  StageIdentification: stage("/stages/identification/"),
  StagePassword: stage("/stages/password/"),
  StagePrompt: stage("/stages/prompt/stages/"),
  StagePromptField: kind("/stages/prompt/prompts/"),
  StageUserLogin: stage("/stages/user_login/"),
  StageUserWrite: stage("/stages/user_write/"),
  SystemSettings: kind("/admin/settings/", { singleton: "system_settings" }),
  Token: kind("/core/tokens/", { id: "identifier", identities: [[by("identifier")]] }),
  // Authentik demands that usernames are unique, not addresses: another account may have somebody's.
  User: kind("/core/users/", { identities: [[by("username")], [{ ...by("email"), fold: true }]] }),
};

/** The kind of a type token such as `authentik:index/group:Group`. */
export function kindOf(type: string): Kind | undefined {
  const name = type.startsWith("authentik:") ? type.slice(type.lastIndexOf(":") + 1) : "";
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

/** A field's name in the API. */
export function snake(input: string): string {
  return input.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
