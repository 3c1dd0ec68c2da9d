import { UNKNOWN, type Properties, type Resource, type Step } from "../../state/resources";

const TYPE = {
  user: "authentik:index/user:User",
  group: "authentik:index/group:Group",
  application: "authentik:index/application:Application",
  provider: "authentik:index/providerOauth2:ProviderOauth2",
  binding: "authentik:index/policyBinding:PolicyBinding",
};

const urnOf = (type: string, name: string) => `urn:pulumi:big::plana-sso::${type}::${name}`;

function step(type: string, name: string, id: string, inputs: Properties, outputs: Properties = {}): Step {
  const urn = urnOf(type, name);
  const resource: Resource = {
    urn,
    type,
    name,
    id,
    custom: true,
    protect: true,
    inputs,
    outputs,
    propertyDependencies: {},
  };
  return {
    op: "same",
    urn,
    before: resource,
    after: { ...resource, id: undefined, outputs: {} },
    differences: {},
  };
}

/**
 * The steps of a preview of a generated organisation: one group for everyone, one for each eight people, one
 * application in three open to everyone's group, the others to one or two of the small ones. Nothing changes, but that
 * the last group's members also come into the first small group.
 */
export function generated(people: number, applications: number): Step[] {
  const small = Math.max(1, Math.ceil(people / 40));
  const group = (index: number) => `group-id-${index}`;
  const steps: Step[] = [step(TYPE.group, "staff", "staff-id", { name: "staff", isSuperuser: false })];
  for (let index = 0; index < small; index++) {
    const name = `team-${String(index).padStart(2, "0")}`;
    steps.push(step(TYPE.group, name, group(index), { name, isSuperuser: index === 0 }));
  }
  for (let index = 0; index < people; index++) {
    const name = `person-${String(index).padStart(4, "0")}.of-the-staff`;
    const groups = ["staff-id", group(index % small)];
    const inputs = {
      username: name,
      name: `Person ${index} Of The Staff`,
      email: `${name}@plana.solutions`,
      isActive: true,
      groups,
    };
    const one = step(TYPE.user, name, String(index), inputs);
    const moves = small > 1 && index % (small * 3) === small - 1;
    steps.push(
      moves && one.after
        ? {
            ...one,
            op: "update",
            after: {
              ...one.after,
              inputs: { ...inputs, groups: [...groups, UNKNOWN] },
              propertyDependencies: { groups: [urnOf(TYPE.group, "team-00")] },
            },
            differences: { groups: "update" },
          }
        : one,
    );
  }
  for (let index = 0; index < applications; index++) {
    const slug = `application-${String(index).padStart(3, "0")}`;
    steps.push(
      step(TYPE.provider, slug, String(index + 1), {
        name: slug,
        clientId: `client-${index}`,
        grantTypes: ["authorization_code"],
        signingKey: "signing-key-id",
        propertyMappings: [],
        allowedRedirectUris: [{ matching_mode: "strict", url: `https://${slug}.example.org/callback` }],
      }),
      step(
        TYPE.application,
        slug,
        slug,
        { slug, name: `Application ${index}`, protocolProvider: index + 1, policyEngineMode: "any" },
        { uuid: `application-id-${index}` },
      ),
    );
    const openTo = index % 3 === 0 ? ["staff-id"] : [group(index % small), group((index * 7) % small)];
    for (const [order, id] of [...new Set(openTo)].entries()) {
      steps.push(
        step(TYPE.binding, `${slug}-${order}`, `binding-${index}-${order}`, {
          target: `application-id-${index}`,
          group: id,
          enabled: true,
          negate: false,
          order,
        }),
      );
    }
  }
  return steps;
}
