import type { Json } from "../live/authentik";
import { visible } from "../stacks/visible";
import { kindOf, KINDS } from "../identity/kinds";
import type { LiveObjects } from "../identity/live-objects";
import { labelOf } from "../identity/resolver";
import type { Resource } from "../state/resources";
import { typeName } from "./fields";

/** An object that is there, and not in the program. */
export interface Unmanaged {
  readonly kind: string;
  readonly label: string;
  readonly id: string;
  /** What becomes of it all the same. */
  readonly note?: string;
}

/** A list of the server, and which of its objects every Authentik has. */
interface Watched {
  readonly path: string;
  /** What its objects are, where they do not say it themselves. */
  readonly name?: string;
  readonly isShipped: (object: Json) => boolean;
  readonly label?: (object: Json) => string;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const isManaged = ({ managed }: Json) => text(managed) !== "";
/** What Authentik's default blueprints and its installation make. */
const isDefault = (name: unknown) => /^(default-|initial-setup|stage-default-)/.test(text(name));
const named = ({ managed, name }: Json) => text(managed) !== "" || isDefault(name);

/**
 * Everything that decides who can reach what. Of types that the program has none of, too: one more would be a door.
 * Bindings are told apart (see `bindings`).
 */
const WATCHED: readonly Watched[] = [
  {
    path: "/core/users/",
    name: "User",
    // The accounts of outposts and of providers; the first administrator is told.
    isShipped: ({ type, username }) =>
      type === "internal_service_account" || text(username).startsWith("ak-outpost-"),
  },
  { path: "/core/groups/", name: "Group", isShipped: ({ name }) => OWN_GROUPS.has(text(name)) },
  {
    path: "/rbac/roles/",
    name: "RbacRole",
    isShipped: ({ name }) => OWN_GROUPS.has(text(name)) || text(name).startsWith("ak-managed-role"),
  },
  { path: "/core/applications/", name: "Application", isShipped: () => false },
  { path: "/providers/all/", isShipped: isManaged },
  { path: "/sources/all/", isShipped: isManaged },
  { path: "/outposts/instances/", name: "Outpost", isShipped: isManaged },
  { path: "/propertymappings/all/", isShipped: isManaged },
  { path: "/flows/instances/", name: "Flow", isShipped: ({ slug }) => isDefault(slug) },
  { path: "/stages/all/", isShipped: named },
  { path: "/stages/prompt/prompts/", name: "StagePromptField", isShipped: named },
  { path: "/policies/all/", isShipped: named },
  { path: "/core/brands/", name: "Brand", isShipped: ({ domain }) => domain === "authentik-default" },
  { path: "/events/rules/", name: "EventRule", isShipped: named },
  { path: "/events/transports/", name: "EventTransport", isShipped: named },
  {
    path: "/core/tokens/",
    name: "Token",
    // Whoever has one gets in with it; recovery and verification links end by themselves.
    isShipped: ({ managed, intent }) =>
      text(managed) !== "" || !["api", "app_password"].includes(text(intent)),
    label: ({ identifier, intent, user_obj: user }) =>
      `"${text(identifier)}" (${text(intent)} of "${text((user as Json | null)?.username)}")`,
  },
  {
    path: "/managed/blueprints/",
    name: "Blueprint",
    isShipped: ({ path, content }) =>
      text(content) === "" && /^(default|system|enterprise|migrations|example)\//.test(text(path)),
  },
];

const OWN_GROUPS = new Set(["authentik Admins", "authentik Read-only"]);

/**
 * Objects on the server that no resource stands for; what Authentik ships is left out.
 *
 * @param managed ids inside the engine, by type.
 */
export async function unmanaged(
  live: LiveObjects,
  managed: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Unmanaged[]> {
  const found: Unmanaged[] = [];
  for (const { path, name, isShipped, label = labelOf } of WATCHED) {
    const types = await typesOf(path, name, live);
    for (const object of await live.list(path)) {
      const type = name ?? types.get(String(object.pk));
      const id = String(object[(type && KINDS[type]?.id) ?? "pk"]);
      if ((type && managed.get(type)?.has(id)) || isShipped(object)) continue;
      const kind = type ?? (text(object.verbose_name) || path);
      found.push({ kind, label: label(object), id, note: await noteOf(path, object, live) });
    }
  }
  const all = [...found, ...(await bindings(live, managed))];
  return all.map((each) => ({ ...each, label: visible(each.label) }));
}

/** Types of the objects of a family, by key; those that the program has none of are left out. */
async function typesOf(
  path: string,
  name: string | undefined,
  live: LiveObjects,
): Promise<Map<string, string>> {
  const types = new Map<string, string>();
  if (name !== undefined) return types;
  for (const [type, kind] of Object.entries(KINDS)) {
    if (kind.family !== path) continue;
    for (const object of await live.list(kind.path)) types.set(String(object.pk), type);
  }
  return types;
}

async function noteOf(path: string, { pk }: Json, live: LiveObjects): Promise<string | undefined> {
  if (path !== "/core/applications/") return undefined;
  const bound = await live.having("/policies/bindings/", { target: String(pk) });
  return bound.length === 0
    ? "nothing is bound to it: `up` closes it to everybody (system-settings.flags.core_default_app_access)"
    : undefined;
}

/**
 * Bindings that somebody made on what is in the program or shipped: they go on letting people in, or keeping them out.
 * Those on other objects belong to these.
 */
async function bindings(
  live: LiveObjects,
  managed: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Unmanaged[]> {
  const own = (type: string, object: Json) =>
    managed.get(type)?.has(String(object[KINDS[type]?.id ?? "pk"])) ?? false;
  const flows = new Map((await live.list("/flows/instances/")).map((flow) => [text(flow.pk), flow]));
  const found: Unmanaged[] = [];
  /** Targets that are in the program or shipped, with what they are called. */
  const targets = new Map<string, { readonly label: string; readonly shipped: boolean }>();
  for (const flow of flows.values()) {
    const shipped = isDefault(flow.slug);
    if (shipped || own("Flow", flow)) targets.set(text(flow.pk), { label: `flow ${labelOf(flow)}`, shipped });
  }
  for (const binding of await live.list("/flows/bindings/")) {
    const flow = flows.get(text(binding.target));
    const stage = text((binding.stage_obj as Json | undefined)?.name);
    if (!flow || !targets.has(text(flow.pk))) continue;
    const label = `stage "${stage}" in flow ${labelOf(flow)}`;
    const shipped = isDefault(flow.slug) && isDefault(stage);
    targets.set(text(binding.pk), { label, shipped });
    if (!own("FlowStageBinding", binding) && !shipped)
      found.push({ kind: "FlowStageBinding", label, id: text(binding.pk) });
  }
  for (const [type, word] of [
    ["Application", "application"],
    ["SourceOauth", "source"],
    ["EventRule", "rule"],
  ] as const) {
    for (const object of await live.list(KINDS[type]?.path ?? "")) {
      if (own(type, object))
        targets.set(text(object.pk), { label: `${word} ${labelOf(object)}`, shipped: false });
    }
  }
  for (const binding of await live.list("/policies/bindings/")) {
    const target = targets.get(text(binding.target));
    if (!target || own("PolicyBinding", binding)) continue;
    const subject = subjectOf(binding);
    if (target.shipped && isDefault(subject.name)) continue;
    const label = `${subject.kind} "${subject.name}" on ${target.label}`;
    found.push({ kind: "PolicyBinding", label, id: text(binding.pk) });
  }
  return found;
}

function subjectOf(binding: Json): { readonly kind: string; readonly name: string } {
  for (const kind of ["policy", "group", "user"]) {
    const object = binding[`${kind}_obj`] as Json | null | undefined;
    if (object) return { kind, name: text(object.username) || text(object.name) };
  }
  return { kind: "object", name: "?" };
}

/** Ids of the resources of the program, by the last part of the type. */
export function managedIds(resources: readonly Resource[]): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { type, id } of resources) {
    if (!kindOf(type) || id === undefined) continue;
    const name = typeName(type);
    ids.set(name, (ids.get(name) ?? new Set()).add(id));
  }
  return ids;
}
