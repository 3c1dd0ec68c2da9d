/**
 * What the OpenAPI document does not say about the real models: one row each. Nothing here is a rule of the
 * sandbox; a type without a row works, with the defaults that its schema gives.
 */

type Row = Record<string, unknown>;

/** Where a policy binding may point: the `PolicyBindingModel`s. */
const BINDABLE = [
  "core/applications",
  "flows/instances",
  "flows/bindings",
  "sources/all",
  "events/rules",
  "core/application_entitlements",
];

/** Field name (or `collection.field`) to the collections its value is a key of. The first match counts. */
const REFERENCES: [RegExp, string[]][] = [
  [/^policies\/bindings\.target$/, BINDABLE],
  [/\.(target|flow|flow_\w+|\w+_flow|flow_set)$/, ["flows/instances"]],
  [/\.(\w+_)?(stage|stages)$/, ["stages/all"]],
  [/\.(policy|policies|validation_policies)$/, ["policies/all"]],
  [/\.(\w*property_mappings|webhook_mapping_\w+)$/, ["propertymappings/all"]],
  [
    /\.(signing_key|encryption_key|certificate|\w+_certificates?|webhook_ca|\w+_kp)$/,
    ["crypto/certificatekeypairs"],
  ],
  [/\.(\w+_)?(group|groups)$|\.(parents|children)$/, ["core/groups"]],
  [/\.users?$/, ["core/users"]],
  [/\.(\w+_)?roles?$/, ["rbac/roles"]],
  [/\.(\w+_)?providers?$/, ["providers/all"]],
  [/\.(\w+_)?sources?$/, ["sources/all"]],
  [/\.(default_)?application$|\.app$/, ["core/applications"]],
  [/\.transports$/, ["events/transports"]],
  [/^stages\/prompt\/stages\.fields$/, ["stages/prompt/prompts"]],
  [/\.service_connection$/, ["outposts/service_connections/all"]],
];

/** The collections that a field refers to, by its name alone. */
export function referenceName(collection: string, field: string): string[] | undefined {
  return REFERENCES.find(([pattern]) => pattern.test(`${collection}.${field}`))?.[1];
}

/** Optional references whose holder goes with the target all the same. */
export const CASCADE = new Set([
  "policies/bindings.policy",
  "policies/bindings.group",
  "policies/bindings.user",
  "core/tokens.user",
]);

/** Field sets that must differ, by collection or family, with the name the message gives the object. */
export const UNIQUE: Record<string, { of: string; sets: string[][] }> = {
  "core/users": { of: "", sets: [["username"]] },
  "core/groups": { of: "Group", sets: [["name"]] },
  "core/applications": { of: "Application", sets: [["slug"], ["provider"]] },
  "core/brands": { of: "Brand", sets: [["domain"]] },
  "core/tokens": { of: "Token", sets: [["identifier"]] },
  "providers/all": { of: "provider", sets: [["name"], ["client_id"]] },
  "propertymappings/all": { of: "Property Mapping", sets: [["name"], ["managed"]] },
  "sources/all": { of: "source", sets: [["slug"]] },
  "stages/all": { of: "stage", sets: [["name"]] },
  "stages/prompt/prompts": { of: "Prompt", sets: [["name"]] },
  "policies/all": { of: "Policy", sets: [["name"]] },
  "flows/instances": { of: "Flow", sets: [["slug"]] },
  "flows/bindings": { of: "Flow Stage Binding", sets: [["target", "stage", "order"]] },
  "policies/bindings": { of: "Policy Binding", sets: [["policy", "target", "order"]] },
  "outposts/instances": { of: "Outpost", sets: [["name"], ["managed"]] },
  "events/rules": { of: "Notification Rule", sets: [["name"]] },
  "events/transports": { of: "Notification Transport", sets: [["name"]] },
  "crypto/certificatekeypairs": { of: "Certificate-Key Pair", sets: [["name"]] },
  "rbac/roles": { of: "Role", sets: [["name"]] },
};

/** Defaults of the real models where they differ from the blank of the type (first choice, "", 0, false, []). */
export const DEFAULTS: Record<string, Row> = {
  "*": { policy_engine_mode: "any" },
  "core/users": { is_active: true, path: "users", type: "internal" },
  "core/tokens": { intent: "api", expiring: true },
  "core/brands": {
    branding_title: "authentik",
    branding_logo: "/static/dist/assets/icons/icon_left_brand.svg",
    branding_favicon: "/static/dist/assets/icons/icon.png",
    branding_default_flow_background: "/static/dist/assets/images/flow_background.jpg",
  },
  "flows/bindings": { re_evaluate_policies: true },
  "policies/bindings": { enabled: true, timeout: 30 },
  "policies/password": {
    password_field: "password",
    symbol_charset: "!\\\"#$%&'()*+,-./:;<=>?@[]^_`{|}~ ",
    check_static_rules: true,
    zxcvbn_score_threshold: 2,
  },
  "policies/reputation": { check_ip: true, check_username: true },
  "providers/oauth2": {
    access_code_validity: "minutes=1",
    access_token_validity: "hours=1",
    refresh_token_validity: "days=30",
    refresh_token_threshold: "hours=1",
    include_claims_in_id_token: true,
    issuer_mode: "per_provider",
  },
  "providers/proxy": {
    internal_host_ssl_validation: true,
    intercept_header_auth: true,
    access_token_validity: "hours=1",
    refresh_token_validity: "days=30",
  },
  "sources/oauth": { enabled: true, user_path_template: "goauthentik.io/sources/%(slug)s", pkce: "none" },
  "stages/authenticator/validate": {
    device_classes: ["static", "totp", "webauthn", "duo", "sms", "email"],
    last_auth_threshold: "seconds=0",
    webauthn_user_verification: "preferred",
    email_otp_throttling_factor: 1,
    sms_otp_throttling_factor: 1,
    totp_otp_throttling_factor: 1,
    static_otp_throttling_factor: 1,
  },
  "stages/authenticator/totp": { digits: "6" },
  "stages/authenticator/static": { token_count: 6, token_length: 12 },
  "stages/authenticator/webauthn": { user_verification: "preferred", resident_key_requirement: "preferred" },
  "stages/consent": { consent_expire_in: "weeks=4" },
  "stages/email": {
    host: "localhost",
    port: 25,
    timeout: 10,
    from_address: "system@authentik.local",
    token_expiry: "minutes=30",
    subject: "authentik",
    template: "email/password_reset.html",
  },
  "stages/identification": {
    case_insensitive_matching: true,
    show_matched_user: true,
    pretend_user_exists: true,
  },
  "stages/password": { failed_attempts_before_cancel: 5 },
  "stages/prompt/prompts": { required: true },
  "stages/user_login": {
    session_duration: "seconds=0",
    remember_me_offset: "seconds=0",
    remember_device: "days=30",
  },
  "stages/user_write": { user_creation_mode: "create_when_required", user_type: "external" },
  "events/transports": {
    email_subject_prefix: "authentik Notification:",
    email_template: "email/event_notification.html",
  },
};

/** What the server makes up when a creation leaves it out, and keeps when a PUT does: field to length. */
export const GENERATED: Record<string, Record<string, number>> = {
  "providers/oauth2": { client_id: 40, client_secret: 128 },
  "providers/proxy": { client_id: 40, client_secret: 128 },
  "core/tokens": { key: 60 },
};

/** Query parameters that compare something else than the field of their name. */
export const FILTERS: Record<string, string> = {
  groups_by_name: "groups__name",
  groups_by_pk: "groups",
  roles_by_name: "roles__name",
  roles_by_pk: "roles",
  members_by_pk: "users",
  members_by_username: "users__username",
  providers_by_pk: "providers",
  identifier_in: "identifier",
  path_startswith: "path__startswith",
  "flows/instances.flow_uuid": "pk",
  "flows/bindings.fsb_uuid": "pk",
  "flows/bindings.pbm_uuid": "policybindingmodel_ptr_id",
  "sources/all.pbm_uuid": "pk",
  "sources/oauth.pbm_uuid": "pk",
  "providers/all.application__isnull": "assigned_application_slug__isnull",
  "providers/proxy.application__isnull": "assigned_application_slug__isnull",
  "rac/connection_tokens.session__user": "user",
  "crypto/certificatekeypairs.has_key": "private_key_available",
};

/** Parameters that only widen an answer: value `false` blanks the field. */
export const EXPANSIONS: Record<string, string> = {
  include_users: "users_obj",
  include_groups: "groups_obj",
  include_roles: "roles_obj",
  include_parents: "parents_obj",
  include_children: "children_obj",
  include_inherited_roles: "inherited_roles_obj",
};
