import { createHash } from "node:crypto";
import { type ApiDocument, resolve, type Schema } from "./document";
import type { Located, Row, Store } from "./store";
import { DEFAULTS, referenceName } from "./tables";

/** The blank of a schema: its default, null where allowed, its first choice, or the empty value of its type. */
export function blank(document: ApiDocument, schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema["x-nullable"]) return null;
  const s = resolve(document, schema);
  if (s.default !== undefined) return s.default;
  if (s.enum) return s.enum[0];
  const type = [s.type].flat()[0];
  if (type === "array") return [];
  if (type === "boolean") return false;
  if (type === "integer" || type === "number") return Math.max(0, s.minimum ?? 0);
  if (type === "object" || s.properties) {
    return Object.fromEntries((s.required ?? []).map((k) => [k, blank(document, s.properties?.[k] ?? {})]));
  }
  if (s.format === "date-time") return new Date(0).toISOString();
  return "";
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Every group a person is in, parents of groups included. */
export function groupsOf(store: Store, user: Row): Row[] {
  const found = new Map<unknown, Row>();
  const visit = (pk: unknown): void => {
    const group = found.has(pk) ? undefined : store.byKey(["core/groups"], pk)?.row;
    if (!group) return;
    found.set(pk, group);
    list(group.parents).forEach(visit);
  };
  list(user.groups).forEach(visit);
  return [...found.values()];
}

/** Whether a person is an administrator: superuser rights come from groups only. */
export const isSuperuser = (store: Store, user: Row): boolean =>
  groupsOf(store, user).some((g) => g.is_superuser === true);

const pks = (rows: Located[]): unknown[] => rows.map((l) => l.row[l.collection.pkField]);
type Compute = (row: Row, store: Store, url: string) => Row;

/** Fields that the server computes, by collection or family. */
const COMPUTED: Record<string, Compute> = {
  "core/users": (row, store) => ({
    uid: hash(`uid ${String(row.uuid)}`),
    is_superuser: isSuperuser(store, row),
    avatar: "/static/dist/assets/images/user_default.png",
  }),
  "core/groups": (row, store) => ({
    group_uuid: row.pk,
    num_pk: parseInt(String(row.pk).slice(0, 6), 16),
    users: pks(store.all("core/users").filter((u) => list(u.row.groups).includes(row.pk))),
    children: pks(store.all("core/groups").filter((g) => list(g.row.parents).includes(row.pk))),
  }),
  "core/applications": (row) => ({
    launch_url: row.meta_launch_url || null,
    meta_icon_url: row.meta_icon || null,
  }),
  "providers/all": (row, store, url) => {
    const apps = store.rows("core/applications");
    const own = apps.find((a) => a.provider === row.pk);
    const back = apps.find((a) => list(a.backchannel_providers).includes(row.pk));
    return {
      assigned_application_slug: own?.slug ?? null,
      assigned_application_name: own?.name ?? null,
      assigned_backchannel_application_slug: back?.slug ?? null,
      assigned_backchannel_application_name: back?.name ?? null,
      outpost_set: store
        .rows("outposts/instances")
        .filter((o) => list(o.providers).includes(row.pk))
        .map((o) => o.name),
      url_issuer: own ? `${url}/application/o/${String(own.slug)}/` : null,
    };
  },
  "flows/instances": (row, store) => ({
    stages: store
      .rows("flows/bindings")
      .filter((b) => b.target === row.pk)
      .map((b) => b.stage),
    policies: store
      .rows("policies/bindings")
      .filter((b) => b.target === row.pk && b.policy)
      .map((b) => b.policy),
    background_url: row.background || "/static/dist/assets/images/flow_background.jpg",
    export_url: `/api/v3/flows/instances/${String(row.slug)}/export/`,
  }),
  "stages/all": (row, store) => ({
    flow_set: store
      .rows("flows/bindings")
      .filter((b) => b.stage === row.pk)
      .map((b) => b.target),
  }),
  "policies/all": (row, store) => ({
    bound_to: store.rows("policies/bindings").filter((b) => b.policy === row.pk).length,
  }),
  "sources/all": (row, _store, url) => ({
    callback_url: `${url}/source/oauth/callback/${String(row.slug)}/`,
    managed: row.managed ?? null,
    type: {
      name: row.provider_type,
      verbose_name: row.provider_type,
      urls_customizable: row.provider_type === "openidconnect",
      request_token_url: null,
      authorization_url: null,
      access_token_url: null,
      profile_url: null,
      oidc_well_known_url: null,
      oidc_jwks_url: null,
    },
  }),
  "crypto/certificatekeypairs": (row) => ({ private_key_available: Boolean(row.key_data) }),
  "outposts/instances": (row) => ({
    refresh_interval_s: 10,
    token_identifier: `ak-outpost-${String(row.pk)}-api`,
  }),
};

const SINGULAR: Record<string, string> = {
  stages: "stage",
  policies: "policy",
  providers: "provider",
  sources: "source",
  propertymappings: "property-mapping",
};

/** Turns stored rows into answers, following whatever the answer's schema asks for. */
export class Renderer {
  private readonly models: string[];

  constructor(
    private readonly document: ApiDocument,
    private readonly store: Store,
    private readonly url: () => string,
  ) {
    this.models = (document.components.schemas.ModelEnum?.enum ?? []).map(String);
  }

  /** The default of a field: the real model's, else the blank of its type. */
  default(collection: string, field: string, schema: Schema): unknown {
    return structuredClone(
      DEFAULTS[collection]?.[field] ?? DEFAULTS["*"]?.[field] ?? blank(this.document, schema),
    );
  }

  /** Stored and computed fields of an object, before any schema picks from them. */
  values({ collection, row }: Located): Row {
    const compute = COMPUTED[collection.family] ?? COMPUTED[collection.name];
    return { ...this.names(collection), ...row, ...compute?.(row, this.store, this.url()) };
  }

  /** The object in the shape of `schema`, without the fields in `without`. */
  render(
    located: Located,
    schema: Schema = located.collection.item,
    without: ReadonlySet<string> = new Set(),
  ): Row {
    const values = this.values(located);
    const out: Row = {};
    for (const [field, property] of Object.entries(resolve(this.document, schema).properties ?? {})) {
      const base = field.endsWith("_obj") ? field.slice(0, -"_obj".length) : field;
      if (without.has(field)) out[field] = property["x-nullable"] ? null : [];
      else
        out[field] =
          this.field(located, base, values[base], property) ??
          this.default(located.collection.name, field, property);
    }
    return out;
  }

  private field({ collection }: Located, field: string, value: unknown, property: Schema): unknown {
    const target = resolve(this.document, property);
    const element = target.items ? resolve(this.document, target.items) : target;
    const families = collection.references.get(field)?.families ?? referenceName(collection.name, field);
    if (value === null && property["x-nullable"]) return null;
    if (families && element.properties && (target.items ? Array.isArray(value) : typeof value !== "object")) {
      const found = [value].flat().flatMap((key) => this.store.byKey(families, key) ?? []);
      const shown = found.map((l) => this.render(l, element));
      return target.items ? shown : shown[0];
    }
    if (target.type === "string" && typeof value === "number") return String(value);
    return value;
  }

  private names({ name, itemName }: Located["collection"]): Row {
    const verbose = itemName.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
    const model =
      this.models.find((m) => m.endsWith(`.${itemName.toLowerCase()}`)) ??
      `authentik_core.${itemName.toLowerCase()}`;
    const [first = "", ...rest] = name.replace(/\/(stages|prompts)$/, "").split("/");
    const component = ["ak", SINGULAR[first] ?? first, ...rest, "form"].join("-").replace(/_/g, "-");
    const device = name.startsWith("authenticators/")
      ? { type: `${model.split(".")[0] ?? ""}.${itemName}`, confirmed: true }
      : {};
    return {
      component,
      verbose_name: verbose,
      verbose_name_plural: `${verbose}s`,
      meta_model_name: model,
      ...device,
    };
  }
}
