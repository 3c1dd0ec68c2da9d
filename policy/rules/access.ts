import {
  isGiven,
  isOff,
  isOn,
  isRecord,
  textOf,
  UNKNOWN,
  valueOf,
  type Resource,
  type Stack,
} from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { SCOPES } from "../texts";
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
  if (!isOff(binding, "negate")) return "is negated: everyone but the group enters";
  if (!isOff(binding, "failureResult")) return "lets people in when the check fails (failureResult: true)";
  return undefined;
}

function openedByGroups(stack: Stack): Violation[] {
  return stack.all(AUTHENTIK.application).flatMap((application) => {
    const slug = textOf(application, "slug");
    const bindings = stack.referrers(AUTHENTIK.policyBinding, "target", application);
    const enabled = bindings.filter((binding) => isOn(binding, "enabled"));
    const loose = bindings
      .filter((binding) => valueOf(binding, "enabled") !== false)
      .flatMap((binding) => {
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

/**
 * Attributes of a person or a group by which Authentik lets people change what the system settings forbid (read in
 * `core/models.py`, 2026.5). A person's are their own: of what is set there by hand this sees as much as the engine
 * remembers; `doctor` asks the server.
 */
function maySelfChange(holder: Resource): string[] {
  const attributes = jsonOf(holder, "attributes");
  if (attributes === undefined) return [`${holder.name}: attributes are no JSON object`];
  return Object.entries(attributes)
    .filter(([name, value]) => SELF_CHANGE.test(name) && value !== false)
    .map(([name]) => `${holder.name}: attribute ${name} is not false`);
}

const SELF_CHANGE = /^goauthentik\.io\/user\/can-change-(?:email|username)$/;

/** An object that is written as JSON; empty for what is missing or unknown, undefined for what is none. */
function jsonOf(resource: Resource, property: string): Readonly<Record<string, unknown>> | undefined {
  const text = valueOf(resource, property);
  if (text === undefined || text === UNKNOWN || text === "") return {};
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
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
      "Applications give rights by the `groups` claim: any other mapping, of whichever scope, may write a group's name into it, for everyone.",
    mend: "leave the scope mappings as components/applications/scopes.ts writes them; a new text belongs in policy/texts.ts, too",
    type: AUTHENTIK.scopeMapping,
    resource: (mapping) => {
      const scope = textOf(mapping, "scopeName");
      const expected = Object.hasOwn(SCOPES, scope) ? SCOPES[scope] : undefined;
      return violation(
        mapping,
        expected === undefined
          ? `scope mapping ${mapping.name} is of scope ${shown(valueOf(mapping, "scopeName"))}, which the program does not make`
          : textOf(mapping, "expression") === expected
            ? undefined
            : `scope mapping ${mapping.name} has another text than the program's for ${scope}`,
      );
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
        return maySelfChange(settings).flatMap((what) => violation(settings, what));
      if (settings.type !== AUTHENTIK.systemSettings) return [];
      const open = ["defaultUserChangeEmail", "defaultUserChangeUsername"].filter(
        (property) => valueOf(settings, property) !== false,
      );
      if (jsonOf(settings, "flags")?.core_default_app_access !== false)
        open.push("flags.core_default_app_access");
      return open.flatMap((setting) => violation(settings, `${setting} is not false`));
    },
  },
];

export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
