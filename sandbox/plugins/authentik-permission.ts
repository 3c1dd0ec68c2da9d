import { type Connection, list, request } from "./authentik-api";
import type { Resource } from "./server";
import { isObject, type Properties, textOf } from "./wire";

/** Permissions of a role are not objects of the API: they are assigned, looked for, and taken back. */
function assignment({ permission, model, objectId }: Properties): Properties {
  const object: Properties = objectId ? { object_pk: objectId } : {};
  return { permissions: [textOf(permission)], ...(model ? { model } : {}), ...object };
}

const role = (inputs: Properties): string => encodeURIComponent(textOf(inputs.role));

/** Gives a role one permission, on everything or on one object. */
export async function assign(to: Connection, inputs: Properties, alias: string): Promise<Resource> {
  const path = `rbac/permissions/assigned_by_roles/${role(inputs)}/assign/`;
  const answer = await request(to, "POST", path, assignment(inputs));
  const [first] = Array.isArray(answer) ? answer.filter(isObject) : [];
  if (!first) throw new Error("authentik: invalid API response");
  return { id: textOf(first.id), outputs: { ...inputs, [alias]: textOf(first.id) } };
}

/** Whether the role still has the permission. */
export async function findPermission(to: Connection, id: string, state: Properties): Promise<boolean> {
  if (state.objectId) {
    const found = await list(to, "rbac/permissions/roles", new URLSearchParams({ uuid: textOf(state.role) }));
    return found.some((permission) => textOf(permission.id) === id);
  }
  const found = await list(to, "rbac/permissions", new URLSearchParams({ role: textOf(state.role) }));
  return found.some(
    ({ app_label, codename }) => `${textOf(app_label)}.${textOf(codename)}` === state.permission,
  );
}

/** Takes the permission back. */
export async function unassign(to: Connection, state: Properties): Promise<void> {
  await request(
    to,
    "PATCH",
    `rbac/permissions/assigned_by_roles/${role(state)}/unassign/`,
    assignment(state),
  );
}
