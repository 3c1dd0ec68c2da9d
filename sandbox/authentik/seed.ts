import { outpostConfig, SETTINGS } from "./actions";
import type { Api } from "./api";
import { EMBEDDED, randomText } from "./rules";
import type { Row } from "./store";

/** Rows of `a | b | c`. */
const table = (text: string): string[][] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));

// What a fresh 2026.5 install has once its blueprints ran.

/** slug | title | designation | who may enter */
const FLOWS = table(`
default-authentication-flow | Welcome to authentik! | authentication | none
default-invalidation-flow | Default Invalidation Flow | invalidation | none
default-provider-authorization-implicit-consent | Redirecting to %(app)s | authorization | require_authenticated
default-provider-authorization-explicit-consent | Redirecting to %(app)s | authorization | require_authenticated
default-provider-invalidation-flow | You've logged out of %(app)s. | invalidation | none
default-source-authentication | Welcome to authentik! | authentication | require_unauthenticated
default-source-enrollment | Welcome to authentik! Please select a username. | enrollment | none
default-source-pre-authentication | Pre-authentication | stage_configuration | none
default-authenticator-totp-setup | Set up Two-Factor authentication | stage_configuration | require_authenticated
default-authenticator-static-setup | Set up Static OTP Tokens | stage_configuration | require_authenticated
default-authenticator-webauthn-setup | Set up WebAuthn | stage_configuration | require_authenticated
default-password-change | Change password | stage_configuration | require_authenticated
default-user-settings-flow | Update your info | stage_configuration | require_authenticated`);

/** stage | kind below stages/ | flow and order it is bound to | policy of that binding, its order, result on failure */
const STAGES = table(`
default-authentication-identification | identification | default-authentication-flow 10 |
default-authentication-password | password | default-authentication-flow 20 | default-authentication-flow-password-stage 10 true
default-authentication-mfa-validation | authenticator/validate | default-authentication-flow 30 | default-authentication-flow-authenticator-validate-stage 10 false
default-authentication-login | user_login | default-authentication-flow 100 |
default-invalidation-logout | user_logout | default-invalidation-flow 0 |
default-provider-authorization-consent | consent | default-provider-authorization-explicit-consent 0 |
default-source-authentication-login | user_login | default-source-authentication 0 |
default-source-enrollment-prompt | prompt/stages | default-source-enrollment 0 | default-source-enrollment-if-username 0 false
default-source-enrollment-write | user_write | default-source-enrollment 1 |
default-source-enrollment-login | user_login | default-source-enrollment 2 |
default-authenticator-totp-setup | authenticator/totp | default-authenticator-totp-setup 0 |
default-authenticator-static-setup | authenticator/static | default-authenticator-static-setup 0 |
default-authenticator-webauthn-setup | authenticator/webauthn | default-authenticator-webauthn-setup 0 |
default-password-change-prompt | prompt/stages | default-password-change 0 |
default-password-change-write | user_write | default-password-change 1 | default-password-change-password-policy 0 false
default-user-settings | prompt/stages | default-user-settings-flow 20 |
default-user-settings-write | user_write | default-user-settings-flow 100 |`);

const BACKENDS = [
  "core.auth.InbuiltBackend",
  "sources.kerberos.auth.KerberosBackend",
  "sources.ldap.auth.LDAPBackend",
  "core.auth.TokenBackend",
];

/** What the blueprints set on a stage; `@x` is the key of x. */
const FIELDS: Record<string, Row> = {
  "default-authentication-identification": { user_fields: ["email", "username"] },
  "default-authentication-password": {
    backends: BACKENDS.map((b) => `authentik.${b}`),
    configure_flow: "@default-password-change",
  },
  "default-provider-authorization-consent": { mode: "expiring" },
  "default-source-enrollment-write": { user_creation_mode: "always_create" },
  "default-password-change-write": { user_creation_mode: "never_create" },
  "default-user-settings-write": { user_creation_mode: "never_create" },
  "default-user-settings": { validation_policies: ["@default-user-settings-authorization"] },
};

/** prompt field: stage it belongs to, and the end of its name | key | type | order */
const PROMPTS = table(`
default-source-enrollment-prompt username | username | text | 100
default-user-settings username | username | username | 200
default-user-settings name | name | text | 201
default-user-settings email | email | email | 202
default-user-settings locale | attributes.settings.locale | ak-locale | 203
default-password-change-prompt password | password | password | 300
default-password-change-prompt password-repeat | password_repeat | password | 301`);

/** Expression policies; the text stands for the shipped one, nothing here runs it. */
const EXPRESSIONS = table(`
default-authentication-flow-password-stage | return not hasattr(request.context["pending_user"], "backend")
default-authentication-flow-authenticator-validate-stage | return request.context.get("auth_method") != "auth_webauthn_pwl"
default-source-authentication-if-sso | return ak_is_sso_flow
default-source-enrollment-if-sso | return ak_is_sso_flow
default-source-enrollment-if-username | return "username" not in context.get("prompt_data", {})
default-user-settings-authorization | return True`);

/** managed name below goauthentik.io/providers/ | scope | name | expression */
const SCOPES = table(`
oauth2/scope-openid | openid | OAuth Mapping: OpenID 'openid' | return {}
oauth2/scope-email | email | OAuth Mapping: OpenID 'email' | return {"email": request.user.email, "email_verified": False}
oauth2/scope-profile | profile | OAuth Mapping: OpenID 'profile' | return {"name": request.user.name, "groups": [g.name for g in request.user.groups.all()]}
oauth2/scope-entitlements | entitlements | OAuth Mapping: Application Entitlements | return {"entitlements": []}
oauth2/scope-offline_access | offline_access | OAuth Mapping: OpenID 'offline_access' | return {}
oauth2/scope-authentik_api | goauthentik.io/api | OAuth Mapping: authentik API access | return {}
proxy/scope-proxy | ak_proxy | OAuth Mapping: Proxy outpost | return {"ak_proxy": {}}`);

/** event rule | the actions its policies match */
const RULES = table(`
configuration-error | configuration_error
update | update_available
exception | policy_exception property_mapping_exception`);

/** Puts the built-in objects into an empty store, through the same checks as any request. */
export function seed({ store, objects }: Api): void {
  store.settings = structuredClone(SETTINGS);
  const keys = new Map<string, unknown>();
  const filled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(filled);
    return typeof value === "string" && value.startsWith("@") ? keys.get(value.slice(1)) : value;
  };
  const put = (name: string, body: Row, alias = ""): unknown => {
    const collection = store.collection(name);
    const resolved = Object.fromEntries(Object.entries(body).map(([k, v]) => [k, filled(v)]));
    const key = objects.create(collection, resolved).row[collection.pkField];
    keys.set(alias, key);
    return key;
  };
  const bind = (policy = "", target: unknown, order = 0, failure_result = false): unknown =>
    put("policies/bindings", { policy: `@${policy}`, target, order, failure_result });

  const admins = put("core/groups", { name: "authentik Admins", is_superuser: true });
  put("core/users", {
    pk: 3,
    username: `ak-outpost-${randomText(32).toLowerCase()}`,
    name: "Outpost authentik Embedded Outpost Service-Account",
    type: "internal_service_account",
    path: "goauthentik.io/outposts",
  });
  put("core/users", { pk: 4, username: "akadmin", name: "authentik Default Admin", groups: [admins] });

  for (const [slug, title, designation, authentication] of FLOWS) {
    put("flows/instances", { slug, name: title, title, designation, authentication }, slug);
  }
  for (const [name, expression] of EXPRESSIONS) put("policies/expression", { name, expression }, name);
  const strength = "default-password-change-password-policy";
  put("policies/password", { name: strength, length_min: 8, check_zxcvbn: true }, strength);
  const fields = new Map<string, unknown[]>();
  for (const [where = "", field_key, type, order] of PROMPTS) {
    const [stage = "", end = ""] = where.split(" ");
    const name = `${stage.replace(/-prompt$/, "")}-field-${end}`;
    const key = put("stages/prompt/prompts", { name, field_key, type, order: Number(order), label: end });
    fields.set(stage, [...(fields.get(stage) ?? []), key]);
  }
  for (const [name = "", kind = "", where = "", policy = ""] of STAGES) {
    const [flow = "", order] = where.split(" ");
    const setup = kind.startsWith("authenticator/") && name === flow ? { configure_flow: `@${flow}` } : {};
    const prompts = kind === "prompt/stages" ? { fields: fields.get(name) } : {};
    const stage = put(`stages/${kind}`, { name, ...setup, ...prompts, ...FIELDS[name] });
    const binding = put("flows/bindings", { target: `@${flow}`, stage, order: Number(order) });
    const [bound, at, result] = policy.split(" ");
    if (bound) bind(bound, binding, Number(at), result === "true");
  }
  for (const flow of ["default-source-authentication", "default-source-enrollment"])
    bind(`${flow}-if-sso`, `@${flow}`);

  for (const [managed = "", scope_name, name = "", expression] of SCOPES) {
    const shipped = { managed: `goauthentik.io/providers/${managed}`, name: `authentik default ${name}` };
    put("propertymappings/provider/scope", { ...shipped, scope_name, expression });
  }
  const transports = ["email", "local"].map((mode) =>
    put("events/transports", { name: `default-${mode}-transport`, mode }),
  );
  for (const [name = "", actions = ""] of RULES) {
    const rule = put("events/rules", {
      name: `default-notify-${name}`,
      severity: "alert",
      destination_group: admins,
      transports,
    });
    actions.split(" ").forEach((action, order) => {
      const match = `default-match-${action.replace(/_available$/, "").replace(/_/g, "-")}`;
      put("policies/event_matcher", { name: match, action }, match);
      bind(match, rule, order);
    });
  }
  const pair = { certificate_data: "emulated", key_data: "emulated", key_type: "rsa" };
  put("crypto/certificatekeypairs", { name: "authentik Self-signed Certificate", ...pair });
  put("core/brands", {
    domain: "authentik-default",
    default: true,
    flow_authentication: "@default-authentication-flow",
    flow_invalidation: "@default-invalidation-flow",
    flow_user_settings: "@default-user-settings-flow",
  });
  const outpost = { name: "authentik Embedded Outpost", type: "proxy", providers: [] };
  put("outposts/instances", { ...outpost, managed: EMBEDDED, config: outpostConfig("") });
  put("rbac/roles", { name: "authentik Read-only" });
}
