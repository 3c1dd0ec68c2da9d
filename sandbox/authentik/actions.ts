import { version } from "@goauthentik/api/package.json";

import type { Api } from "./api";
import { missing, Refusal } from "./refusal";
import { blank, groupsOf } from "./render";
import { randomText } from "./rules";
import type { Located, Row } from "./store";

/** What an action gets: the object its path names, if any, and the checked query and body. */
interface Call {
  readonly api: Api;
  readonly located: Located | undefined;
  readonly query: ReadonlyMap<string, unknown>;
  readonly body: Row;
  readonly actor: Row;
}

const row = ({ located }: Call): Row => {
  if (!located) throw missing("object");
  return located.row;
};

function recovery(call: Call): Row {
  const brand = call.api.store.rows("core/brands").find((b) => b.default === true);
  const flow = call.api.store.byKey(["flows/instances"], brand?.flow_recovery)?.row;
  // A bare string, not a list: that is how the real server says it.
  if (!flow) throw new Refusal(400, { non_field_errors: "No recovery flow set." });
  const user = row(call).pk;
  const identifier = `${String(user)}-password-reset`;
  const tokens = call.api.store.collection("core/tokens");
  // A link that was made before and not used yet is the same one, and lasts longer.
  const kept = call.api.store.rows(tokens.name).find((token) => token.identifier === identifier);
  const body = { identifier, user, intent: "verification", key: randomText(60), expiring: true };
  const { key } = kept ?? call.api.objects.create(tokens, body).row;
  return { link: `${call.api.url()}/if/flow/${String(flow.slug)}/?flow_token=${String(key)}` };
}

function member(call: Call, add: boolean): undefined {
  const group = row(call).pk;
  const user = call.api.store.byKey(["core/users"], call.body.pk)?.row;
  if (!user) throw missing("User");
  const others = [user.groups].flat().filter((g) => g !== group);
  user.groups = add ? [...others, group] : others;
}

function settings({ api, body }: Call, reset: boolean): Row {
  const schema = api.schema("Settings");
  const kept = reset ? {} : api.store.settings;
  const blank = Object.entries(schema.properties ?? {}).map(([f, s]) => [
    f,
    SETTINGS[f] ?? api.renderer.default("admin/settings", f, s),
  ]);
  return (api.store.settings = { ...(Object.fromEntries(blank) as Row), ...kept, ...structuredClone(body) });
}

/** `/admin/settings/` of a fresh install. */
export const SETTINGS: Row = {
  avatars: "gravatar,initials",
  default_user_change_name: true,
  event_retention: "days=365",
  reputation_lower_limit: -5,
  reputation_upper_limit: 5,
  footer_links: [],
  gdpr_compliance: true,
  impersonation: true,
  impersonation_require_reason: true,
  default_token_duration: "days=1",
  default_token_length: 60,
  pagination_default_page_size: 20,
  pagination_max_page_size: 100,
  // A flag is answered once it has been saved, and not before.
  flags: {},
};

/** What an outpost is told when nobody says otherwise. */
export const outpostConfig = (host: string): Row => ({
  log_level: "info",
  docker_labels: null,
  authentik_host: host,
  docker_network: null,
  container_image: null,
  docker_map_ports: true,
  refresh_interval: "minutes=5",
  kubernetes_replicas: 1,
  kubernetes_namespace: "default",
  authentik_host_browser: "",
  object_naming_template: "ak-outpost-%(name)s",
  authentik_host_insecure: false,
  kubernetes_json_patches: null,
  kubernetes_service_type: "ClusterIP",
  kubernetes_ingress_path_type: null,
  kubernetes_image_pull_secrets: [],
  kubernetes_ingress_class_name: null,
  kubernetes_disabled_components: [],
  kubernetes_ingress_annotations: {},
  kubernetes_ingress_secret_name: "authentik-outpost-tls",
  kubernetes_httproute_annotations: {},
  kubernetes_httproute_parent_refs: [],
});

/** What anybody may read, without a token. */
export const OPEN = new Set(["/root/config/", "/core/brands/current/"]);

/** Endpoints that are no create, read, update or delete. */
export const ACTIONS: Record<string, (call: Call) => unknown> = {
  "post /core/users/{id}/recovery/": recovery,
  "post /core/users/{id}/set_password/": (c) => void (row(c).password_change_date = new Date().toISOString()),
  "get /core/users/me/": ({ api, actor }) => {
    const user = {
      collection: api.store.collection("core/users"),
      row: { ...actor, groups: groupsOf(api.store, actor).map((g) => g.pk) },
    };
    return { user: api.renderer.render(user, api.schema("UserSelf")) };
  },
  "post /core/groups/{group_uuid}/add_user/": (c) => member(c, true),
  "post /core/groups/{group_uuid}/remove_user/": (c) => member(c, false),
  "get /core/tokens/{identifier}/view_key/": (c) => ({ key: row(c).key }),
  "post /core/tokens/{identifier}/set_key/": (c) => void (row(c).key = c.body.key),
  "get /core/applications/{slug}/check_access/": (c) => {
    const user = c.query.has("for_user")
      ? c.api.store.byKey(["core/users"], c.query.get("for_user"))?.row
      : c.actor;
    if (!user) throw missing("User");
    return { passing: c.api.opens(row(c), user), messages: [], log_messages: [] };
  },
  "delete /core/authenticated_sessions/bulk_delete/": ({ api, query }) => {
    const users = query.get("user_pks") as number[];
    const held = api.store
      .all("core/authenticated_sessions")
      .filter((s) => users.includes(Number(s.row.user)));
    held.forEach((s) => api.store.remove(s));
    return { deleted: held.length };
  },
  "get /outposts/instances/default_settings/": ({ api }) => ({ config: outpostConfig(`${api.url()}/`) }),
  "get /root/config/": ({ api }) => blank(api.document, api.schema("Config")),
  "get /core/brands/current/": ({ api }) => blank(api.document, api.schema("CurrentBrand")),
  "get /admin/settings/": ({ api }) => api.store.settings,
  "put /admin/settings/": (c) => settings(c, true),
  "patch /admin/settings/": (c) => settings(c, false),
  "get /admin/version/": () => ({
    version_current: version,
    version_latest: version,
    version_latest_valid: true,
    build_hash: "",
    outdated: false,
    outpost_outdated: false,
  }),
};
