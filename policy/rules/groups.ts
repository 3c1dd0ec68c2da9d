import { isGiven, isRecord, listOf, textOf, valueOf, type Resource, type Stack } from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { AUTHENTIK, KUBERNETES } from "../tokens";
import { groupsOf, lineage } from "./membership";

function superusers(stack: Stack, allowed: readonly string[]): Violation[] {
  return stack.all(AUTHENTIK.group).flatMap((group) => {
    const name = textOf(group, "name");
    if (allowed.includes(name)) return [];
    const { unresolved } = stack.references(group, "parents");
    // `false` is the provider's default; what is not known may be true.
    const by = lineage(stack, group).find(
      (member) => ![false, undefined].includes(valueOf(member, "isSuperuser") as boolean | undefined),
    );
    return [
      ...violation(
        group,
        by &&
          `group ${name} administers Authentik${by === group ? "" : ` through its parent ${textOf(by, "name")}`}`,
      ),
      ...violation(
        group,
        unresolved.length > 0
          ? `group ${name} has parent ${shown(unresolved[0]?.value)}, which is not of this program`
          : undefined,
      ),
    ];
  });
}

function impersonators(stack: Stack, group: string, within: readonly string[]): Violation[] {
  return stack.all(AUTHENTIK.user).flatMap((person) => {
    const groups = groupsOf(stack, person);
    const allowed = !groups.includes(group) || within.some((name) => groups.includes(name));
    return violation(
      person,
      allowed ? undefined : `${person.name} is in ${group} and in none of ${within.join(", ")}`,
    );
  });
}

const ROLE_KINDS: ReadonlySet<string> = new Set([KUBERNETES.clusterRoleBinding, KUBERNETES.roleBinding]);

function clusterFaults(binding: Resource, allowed: readonly string[]): string[] {
  return listOf(binding, "subjects").flatMap((subject) => {
    if (
      isRecord(subject) &&
      subject.kind === "Group" &&
      typeof subject.name === "string" &&
      allowed.includes(subject.name)
    )
      return [];
    return [isRecord(subject) ? `${shown(subject.kind)} ${shown(subject.name)}` : shown(subject)];
  });
}

/**
 * Types that give rights of Authentik's administration to whoever holds a role or to a person. A blueprint makes
 * anything, unseen by every rule.
 */
const GRANTS_RIGHTS = /^authentik:index\/(?:rbac\w+|blueprint\w*):/;

/** Types that change an object of the cluster, whoever made it; no rule for that type sees them. */
const PATCHES = /^kubernetes:[^:]+:\w+Patch$/;

/** Rules about who administers. */
export const groupRules: readonly Rule[] = [
  {
    name: "superuser-groups",
    level: "mandatory",
    reason:
      "Whoever is in a superuser group, or in a group below one, administers Authentik and so every application.",
    mend: "take `superuser` or the parent away in stacks/<stack>/groups.ts, or allow the group in the pack's superuserGroups",
    knobs: ["superuserGroups"],
    stack: (stack, { superuserGroups }) => superusers(stack, superuserGroups),
  },
  {
    name: "no-rights-beside-groups",
    level: "mandatory",
    reason:
      "Roles and permissions give administration in parts, past the superuser groups, and no report shows them.",
    mend: "give rights by the groups of the program",
    resource: (resource) => {
      const roles =
        resource.type === AUTHENTIK.group || resource.type === AUTHENTIK.user
          ? valueOf(resource, "roles")
          : undefined;
      return [
        ...violation(
          resource,
          GRANTS_RIGHTS.test(resource.type) ? `${resource.name} gives rights of administration` : undefined,
        ),
        ...violation(
          resource,
          PATCHES.test(resource.type)
            ? `${resource.name} patches an object, past the rules for its type`
            : undefined,
        ),
        ...violation(resource, isGiven(roles) ? `${resource.name} has roles of Authentik` : undefined),
      ];
    },
  },
  {
    name: "impersonators-are-admins",
    level: "mandatory",
    reason:
      "Impersonators are the CTO and designated senior developers, who are all administrators: whoever may log in to customer tenants must be in a superuser group, too.",
    mend: "give the person a role that brings administration, or take the role that brings impersonation",
    knobs: ["impersonatorGroup", "superuserGroups"],
    stack: (stack, { impersonatorGroup, superuserGroups }) =>
      impersonators(stack, impersonatorGroup, superuserGroups),
  },
  {
    name: "cluster-rights-by-group",
    level: "mandatory",
    reason:
      "A role of the cluster reaches the server's Secret; it goes to the administrators' group and to nobody else.",
    mend: "bind the role to a group of the pack's superuserGroups",
    knobs: ["superuserGroups"],
    resource: (binding, { superuserGroups }) =>
      ROLE_KINDS.has(binding.type)
        ? clusterFaults(binding, superuserGroups).flatMap((who) =>
            violation(binding, `${binding.name} gives a role of the cluster to ${who}`),
          )
        : [],
  },
];
