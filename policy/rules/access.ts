import { valueOf, isGiven, textOf, type Resource, type Stack } from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { AUTHENTIK } from "../tokens";

/** Providers for logins; the others of that name (SCIM and such) push accounts and belong to an application beside one. */
const isProvider = ({ type }: Resource) => type.startsWith("authentik:index/provider");

/** Applications that a provider belongs to, in whichever role. */
function applicationsOf(stack: Stack, provider: Resource): readonly Resource[] {
  return ["protocolProvider", "backchannelProviders"].flatMap((property) =>
    stack.referrers(AUTHENTIK.application, property, provider),
  );
}

function oneApplicationEach(stack: Stack): Violation[] {
  const providers = stack.resources.filter(isProvider).flatMap((provider) => {
    // The engine hands resources over in another order each time.
    const slugs = applicationsOf(stack, provider)
      .map((application) => textOf(application, "slug"))
      .sort();
    if (slugs.length === 1) return [];
    const where =
      slugs.length === 0 ? "no application" : `${slugs.length} applications (${slugs.join(", ")})`;
    return violation(provider, `provider ${provider.name} is in ${where}`);
  });
  const applications = stack.all(AUTHENTIK.application).flatMap((application) => {
    const { found, unresolved } = stack.references(application, "protocolProvider");
    if (found.length === 1 && unresolved.length === 0) return [];
    const what = unresolved.map(({ value }) => shown(value)).join(", ") || "none";
    return violation(
      application,
      `application ${textOf(application, "slug")} has provider ${what}, which is not one of this program`,
    );
  });
  return [...providers, ...applications];
}

/** What keeps a binding from opening an application to exactly the people of a group. */
function looseBinding(stack: Stack, binding: Resource): string | undefined {
  const groups = stack.references(binding, "group");
  if (isGiven(valueOf(binding, "policy")) || isGiven(valueOf(binding, "user")))
    return "names a policy or a person, not a group";
  if (groups.found.length !== 1 || groups.unresolved.length > 0) return "names no group of this program";
  if (valueOf(binding, "negate") === true) return "is negated: everyone but the group enters";
  if (valueOf(binding, "failureResult") === true)
    return "lets people in when the check fails (failureResult: true)";
  return undefined;
}

function openedByGroups(stack: Stack): Violation[] {
  return stack.all(AUTHENTIK.application).flatMap((application) => {
    const slug = textOf(application, "slug");
    const bindings = stack.referrers(AUTHENTIK.policyBinding, "target", application);
    const enabled = bindings.filter((binding) => valueOf(binding, "enabled") !== false);
    const loose = enabled.flatMap((binding) => {
      const why = looseBinding(stack, binding);
      return violation(binding, why && `binding ${binding.name} of application ${slug} ${why}`);
    });
    const mode = valueOf(application, "policyEngineMode") ?? "any";
    return [
      ...violation(
        application,
        enabled.length === 0
          ? `application ${slug} has ${bindings.length === 0 ? "no binding" : "no binding that is enabled"}`
          : undefined,
      ),
      ...loose,
      ...violation(
        application,
        mode === "any"
          ? undefined
          : `application ${slug} has policyEngineMode ${shown(mode)}: its groups are not alternatives`,
      ),
    ];
  });
}

function unfollowedBindings(stack: Stack): Violation[] {
  // A binding whose target nobody can tell may hang on an application as well.
  const known = new Set(
    stack
      .all(AUTHENTIK.brand)
      .map((brand) => textOf(brand, "flowAuthentication"))
      .filter(Boolean),
  );
  return stack.all(AUTHENTIK.policyBinding).flatMap((binding) => {
    const { unresolved } = stack.references(binding, "target");
    const strange = unresolved.filter(({ value }) => typeof value !== "string" || !known.has(value));
    return violation(
      binding,
      strange.length > 0
        ? `binding ${binding.name} has a target that is not of this program: ${shown(strange[0]?.value)}`
        : undefined,
    );
  });
}

const GROUPS_CLAIM = /["']groups["']\s*[:\]]/;
const GROUPS_OF_USER =
  /["']groups["']\s*:[^,}]*\brequest\.user\.(?:all_groups\(\)|ak_groups\.all\(\)|groups\.all\(\))/;

/**
 * Attributes of a person or a group by which Authentik lets people change what the system settings forbid (read in
 * `core/models.py`, 2026.5). A person's are their own: of what is set there by hand this sees as much as the engine
 * remembers; `doctor` asks the server.
 */
function maySelfChange(holder: Resource): Violation[] {
  const set = textOf(holder, "attributes").matchAll(
    /"(goauthentik\.io\/user\/can-change-(?:email|username))"\s*:\s*(?!false\b)/g,
  );
  return [...set].flatMap(([, name = ""]) =>
    violation(holder, `${holder.name}: attribute ${name} is not false`),
  );
}

/** Rules about who may enter an application. */
export const accessRules: readonly Rule[] = [
  {
    name: "provider-in-one-application",
    level: "mandatory",
    reason:
      "A provider in two applications mixes up who may enter; one in none is open to everyone who can log in.",
    mend: "give each application a provider of its own",
    stack: oneApplicationEach,
  },
  {
    name: "application-opened-by-groups",
    level: "mandatory",
    reason:
      "Who may enter an application is told by its groups alone; without an enabled binding it is open to all or to nobody.",
    mend: "name the groups in `access` of stacks/<stack>/applications.ts",
    stack: openedByGroups,
  },
  {
    name: "binding-target-known",
    level: "mandatory",
    reason: "A binding on an object outside this program changes who may enter it, and no review sees it.",
    mend: "bind to an application, flow or stage binding of this program",
    stack: unfollowedBindings,
  },
  {
    name: "tenants-opened-to-impersonators",
    level: "mandatory",
    reason: "The tenant platform logs its people in to customers' systems.",
    mend: "name only the group of impersonators in its `access`",
    knobs: ["tenantApplication", "impersonatorGroup"],
    stack: (stack, { tenantApplication, impersonatorGroup }) =>
      stack
        .all(AUTHENTIK.application)
        .filter((application) => textOf(application, "slug") === tenantApplication)
        .flatMap((application) => stack.referrers(AUTHENTIK.policyBinding, "target", application))
        .flatMap((binding) =>
          stack.references(binding, "group").found.flatMap((group) => {
            const name = textOf(group, "name");
            return violation(
              binding,
              name === impersonatorGroup ? undefined : `${tenantApplication} is opened to ${name}`,
            );
          }),
        ),
  },
  {
    name: "groups-claim-from-membership",
    level: "mandatory",
    reason:
      "Applications give rights by the `groups` claim: a mapping that writes a group's name itself gives them to everyone.",
    mend: "emit the groups of `request.user` only",
    stack: (stack) => {
      const names = stack.all(AUTHENTIK.group).map((group) => textOf(group, "name"));
      return stack.all(AUTHENTIK.scopeMapping).flatMap((mapping) => {
        const expression = textOf(mapping, "expression");
        const named = names.filter(
          (name) => name !== "" && new RegExp(`["']${escaped(name)}["']`).test(expression),
        );
        const invented = GROUPS_CLAIM.test(expression) && !GROUPS_OF_USER.test(expression);
        return [
          ...violation(
            mapping,
            named.length > 0 ? `scope mapping ${mapping.name} names ${named.join(", ")}` : undefined,
          ),
          ...violation(
            mapping,
            invented
              ? `scope mapping ${mapping.name} emits groups that are not those of request.user`
              : undefined,
          ),
        ];
      });
    },
  },
  {
    name: "closed-by-default",
    level: "mandatory",
    reason:
      "These settings open what nobody opened: an unbound application, or another person's Google link by way of a changed address.",
    mend: "leave `core_default_app_access`, the `defaultUserChange…` settings and the `can-change-…` attributes false",
    resource: (settings) => {
      if (settings.type === AUTHENTIK.user || settings.type === AUTHENTIK.group)
        return maySelfChange(settings);
      if (settings.type !== AUTHENTIK.systemSettings) return [];
      const open = ["defaultUserChangeEmail", "defaultUserChangeUsername"].filter(
        (property) => valueOf(settings, property) !== false,
      );
      if (!/"core_default_app_access"\s*:\s*false/.test(textOf(settings, "flags")))
        open.push("flags.core_default_app_access");
      return open.flatMap((setting) => violation(settings, `${setting} is not false`));
    },
  },
];

export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
