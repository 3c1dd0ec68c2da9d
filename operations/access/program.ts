import type { Resource } from "../../state/resources";
import { Directory, type Binding } from "./directory";

const TYPES = {
  user: "authentik:index/user:User",
  group: "authentik:index/group:Group",
  application: "authentik:index/application:Application",
  binding: "authentik:index/policyBinding:PolicyBinding",
} as const;

/** Who may enter what by what the stack was last told: the inputs of its resources, not what the server made of them. */
export function programDirectory(resources: readonly Resource[]): Directory {
  const all = (type: string) =>
    resources.filter((resource) => resource.type === type && resource.id !== undefined);
  return new Directory({
    people: all(TYPES.user).map(({ id, inputs }) => ({
      key: id ?? "",
      username: text(inputs.username),
      name: text(inputs.name),
      email: text(inputs.email),
      active: inputs.isActive !== false,
      groups: texts(inputs.groups),
    })),
    groups: all(TYPES.group).map(({ id, inputs }) => ({
      key: id ?? "",
      name: text(inputs.name),
      superuser: inputs.isSuperuser === true,
      parents: texts(inputs.parents),
    })),
    applications: all(TYPES.application).map(({ inputs, outputs }) => ({
      // The engine's id is the slug; bindings name the uuid.
      key: text(outputs.uuid),
      slug: text(inputs.slug),
      name: text(inputs.name),
      engine: inputs.policyEngineMode === "all" ? "all" : "any",
    })),
    bindings: all(TYPES.binding).flatMap(({ inputs }) => bindingOf(inputs)),
    // Every application of the program has a binding.
    openByDefault: false,
  });
}

function bindingOf({ target, group, user, policy, negate, enabled }: Resource["inputs"]): Binding[] {
  if (enabled === false) return [];
  const common = { target: text(target), negate: negate === true };
  if (typeof group === "string") return [{ ...common, kind: "group", key: group }];
  if (typeof user === "number") return [{ ...common, kind: "person", key: String(user) }];
  return typeof policy === "string" ? [{ ...common, kind: "policy", key: policy }] : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
