import type { Resource, Stack } from "../model";
import { violation, type Rule, type Violation } from "../rule";
import { AUTHENTIK, KUBERNETES, RANDOM } from "../tokens";
import { isServer, settingsSecret } from "./release";

/** Identity objects that are meant to come and go. */
const FLEETING: ReadonlySet<string> = new Set([AUTHENTIK.token, AUTHENTIK.eventMatcher]);

/** Whether deleting a resource would lock people out, let somebody in, or lose data. */
function isPrecious(stack: Stack, resource: Resource, settings: Resource | undefined): boolean {
  const { type, urn } = resource;
  if (type === AUTHENTIK.policyBinding) {
    // Opening and closing an application to a group, and which events are told, are changes of the data; every other
    // binding is a lock.
    const { found } = stack.references(resource, "target");
    return !found.some(
      ({ type: target }) => target === AUTHENTIK.application || target === AUTHENTIK.eventRule,
    );
  }
  if (type.startsWith("authentik:")) return !FLEETING.has(type);
  if (type === RANDOM.password) return settings?.dependencies.stringData?.includes(urn) === true;
  return (
    resource === settings ||
    isServer(resource) ||
    type === KUBERNETES.namespace ||
    type === KUBERNETES.clusterRoleBinding ||
    type === KUBERNETES.roleBinding
  );
}

function unprotected(stack: Stack): Violation[] {
  const settings = settingsSecret(stack);
  return stack.resources
    .filter((resource) => !resource.protect && isPrecious(stack, resource, settings))
    .flatMap((resource) => violation(resource, `${resource.type} ${resource.name} is not protected`));
}

/** Fields whose drift must not be hidden: whoever changes them by hand opens a door. */
function ignored(resource: Resource): Violation[] {
  if (!resource.type.startsWith("authentik:") || resource.ignoreChanges.length === 0) return [];
  return violation(resource, `${resource.name} ignores changes of ${resource.ignoreChanges.join(", ")}`);
}

/** Rules about what no update may delete or overlook. */
export const protectionRules: readonly Rule[] = [
  {
    name: "precious-objects-protected",
    level: "mandatory",
    reason:
      "A deleted identity object, settings Secret or namespace takes people's access, or all data, with it; protection makes the engine refuse.",
    mend: "`protect: true`; to delete one on purpose, `pulumi state unprotect` with its URN",
    stack: unprotected,
  },
  {
    name: "drift-not-ignored",
    level: "mandatory",
    reason:
      "`ignoreChanges` on an identity object keeps what somebody changed by hand, unseen by every preview.",
    mend: "take `ignoreChanges` away and give the value in the program",
    resource: ignored,
  },
];
