import { isGiven, isOff, isOn, textOf, valueOf, type Resource, type Stack } from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { AUTHENTIK } from "../tokens";
import { fromHostedDomain } from "../texts";
import { escaped } from "./access";
import { groupsOf } from "./membership";

function strangerFault(person: Resource, staffDomain: string): string | undefined {
  const email = valueOf(person, "email");
  if (typeof email !== "string") return `address ${shown(email)} is not told by the data`;
  if (!new RegExp(`^[a-z0-9]+(?:[.'-][a-z0-9]+)*@${escaped(staffDomain)}$`).test(email))
    return `address ${shown(email)} is not at ${staffDomain}`;
  const type = valueOf(person, "type") ?? "internal";
  if (type !== "internal") return `type ${shown(type)}: expected internal`;
  return textOf(person, "username") === email.split("@")[0]
    ? undefined
    : `username ${shown(textOf(person, "username"))} is not the address before the @`;
}

function googleFaults(stack: Stack, staffDomain: string): Violation[] {
  return stack.all(AUTHENTIK.source).flatMap((source) =>
    stack.references(source, "authenticationFlow").found.flatMap((flow) => {
      const bindings = stack.referrers(AUTHENTIK.policyBinding, "target", flow);
      const sound = bindings.filter(
        (binding) => isOn(binding, "enabled") && isOff(binding, "negate") && isOff(binding, "failureResult"),
      );
      const policies = sound
        .flatMap((binding) => stack.references(binding, "policy").found)
        .filter(({ type }) => type === AUTHENTIK.policyExpression);
      if (policies.length === 0)
        return violation(
          flow,
          `flow ${flow.name} of source ${source.name} has no policy that asks for ${staffDomain}`,
        );
      const expected = fromHostedDomain(textOf(source, "slug"), staffDomain);
      const alternative = valueOf(flow, "policyEngineMode") !== "all" && bindings.length > 1;
      if (alternative)
        return violation(
          flow,
          `flow ${flow.name} has policies of which one is enough (policyEngineMode any)`,
        );
      return policies.some((policy) => textOf(policy, "expression") === expected)
        ? []
        : violation(
            policies[0] ?? flow,
            `policy of source ${source.name} is not the program's, which asks for ${staffDomain}`,
          );
    }),
  );
}

/** Rules about who is let in at all. */
export const peopleRules: readonly Rule[] = [
  {
    name: "people-of-staff-domain",
    level: "mandatory",
    reason: "Only staff log in here; the address also decides which Google account is linked.",
    mend: "correct the person in stacks/<stack>/people.ts, or the pack's staffDomain",
    knobs: ["staffDomain"],
    type: AUTHENTIK.user,
    resource: (person, { staffDomain }) => {
      const fault = strangerFault(person, staffDomain);
      return violation(person, fault && `${person.name}: ${fault}`);
    },
  },
  {
    name: "source-of-staff-domain",
    level: "mandatory",
    reason: "Google vouches for any Google account: only the hosted domain of staff may come in by it.",
    mend: "bind the policy of `fromHostedDomain` with the staff domain to the source's flow",
    knobs: ["staffDomain"],
    stack: (stack, { staffDomain }) => googleFaults(stack, staffDomain),
  },
  {
    name: "everyone-in-staff-group",
    level: "mandatory",
    reason: "TOTP is mandatory for the staff group: who is not in it is not held by the second lock.",
    mend: "people come from the roster, which puts everyone into the staff group",
    knobs: ["staffGroup"],
    stack: (stack, { staffGroup }) =>
      stack
        .all(AUTHENTIK.user)
        .filter((person) => valueOf(person, "isActive") !== false)
        .flatMap((person) => {
          const direct = stack.references(person, "groups").found.map((group) => textOf(group, "name"));
          return violation(
            person,
            direct.includes(staffGroup) ? undefined : `${person.name} is active and not in ${staffGroup}`,
          );
        }),
  },
  {
    name: "membership-by-roster",
    level: "mandatory",
    reason:
      "Membership has one owner, the person; a group that lists its members, or a group outside the program, hides who is in it.",
    mend: "give the groups on the person (`User.groups`) and leave `Group.users` out",
    stack: (stack) => [
      ...stack
        .all(AUTHENTIK.group)
        .flatMap((group) =>
          violation(
            group,
            isGiven(group.inputs.users) ? `group ${group.name} lists its members itself` : undefined,
          ),
        ),
      ...stack
        .all(AUTHENTIK.user)
        .flatMap((person) =>
          stack
            .references(person, "groups")
            .unresolved.flatMap(({ value }) =>
              violation(person, `${person.name} is in group ${shown(value)}, which is not of this program`),
            ),
        ),
    ],
  },
  {
    name: "leavers-in-no-group",
    level: "advisory",
    reason: "A disabled person who keeps groups has them again when the account is enabled by hand.",
    mend: "mark the person `leaving: true`, which empties the groups",
    stack: (stack) =>
      stack
        .all(AUTHENTIK.user)
        .filter((person) => valueOf(person, "isActive") === false && groupsOf(stack, person).length > 0)
        .flatMap((person) =>
          violation(person, `${person.name} is disabled and in ${groupsOf(stack, person).join(", ")}`),
        ),
  },
];
