import { textOf, type Resource, type Stack } from "../model";
import { AUTHENTIK } from "../tokens";

/** A group and every group above it: who is in a group is in its parents, and a parent's superuser rights reach down. */
export function lineage(stack: Stack, group: Resource): readonly Resource[] {
  const seen = new Set<Resource>([group]);
  for (const member of seen) for (const parent of stack.references(member, "parents").found) seen.add(parent);
  return [...seen];
}

/** Names of the groups a person is in, parents included. */
export function groupsOf(stack: Stack, person: Resource): readonly string[] {
  const groups = stack
    .references(person, "groups")
    .found.filter(({ type }) => type === AUTHENTIK.group)
    .flatMap((group) => lineage(stack, group));
  return [...new Set(groups.map((group) => textOf(group, "name")))];
}
