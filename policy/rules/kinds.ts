import { valueOf, type Resource } from "../model";
import { shown, violation, type Rule } from "../rule";
import { AUTHENTIK, KUBERNETES, RANDOM } from "../tokens";

/** Types that the program makes, with whichever settings. Every rule of this pack is about these. */
export const KINDS: readonly string[] = [
  AUTHENTIK.application,
  AUTHENTIK.brand,
  AUTHENTIK.eventMatcher,
  AUTHENTIK.eventRule,
  AUTHENTIK.eventTransport,
  AUTHENTIK.flow,
  AUTHENTIK.flowStageBinding,
  AUTHENTIK.group,
  AUTHENTIK.outpost,
  AUTHENTIK.policyBinding,
  AUTHENTIK.policyExpression,
  AUTHENTIK.policyPassword,
  AUTHENTIK.policyReputation,
  AUTHENTIK.scopeMapping,
  AUTHENTIK.oauth2,
  AUTHENTIK.proxy,
  AUTHENTIK.source,
  AUTHENTIK.staticSetup,
  AUTHENTIK.validate,
  AUTHENTIK.deny,
  AUTHENTIK.identification,
  AUTHENTIK.prompt,
  AUTHENTIK.promptField,
  AUTHENTIK.userLogin,
  AUTHENTIK.userWrite,
  AUTHENTIK.systemSettings,
  AUTHENTIK.user,
  KUBERNETES.configMap,
  KUBERNETES.namespace,
  KUBERNETES.secret,
  KUBERNETES.service,
  KUBERNETES.ingress,
  KUBERNETES.release,
  KUBERNETES.clusterRoleBinding,
  KUBERNETES.middleware,
  RANDOM.password,
  RANDOM.string,
  RANDOM.uuid,
];

/** The engine's own, and components, which are made of what is judged one by one. */
const HARMLESS = /^(?:pulumi:pulumi:Stack|plana:sso:\w+)$/;

/** Of a package that no resource uses, as a bridged one is made by another, a provider does nothing. */
const PROVIDER = "pulumi:providers:";

/** The engine names the providers that it makes itself, from the stack's settings, `default` or `default_<version>`. */
const DEFAULT_PROVIDER = /^default(?:_|$)/;

function strangeness(resource: Resource, further: readonly string[]): string | undefined {
  const { type, name } = resource;
  if (further.includes(type) || HARMLESS.test(type)) return undefined;
  if (type.startsWith(PROVIDER)) {
    if (!DEFAULT_PROVIDER.test(name)) return "is a provider of its own, which may lead to another server";
    const insecure = valueOf(resource, "insecure");
    return insecure === undefined || insecure === false || insecure === "false"
      ? undefined
      : `does not check the server's certificate (insecure ${shown(insecure)})`;
  }
  if (!KINDS.includes(type)) return "is of a kind that this program does not make";
  if (type !== KUBERNETES.release) return undefined;
  const release = valueOf(resource, "name");
  return name === SERVER && release === SERVER
    ? undefined
    : `is another Helm release (${shown(release)}) than the server's`;
}

/** Name of the server's Helm release. */
const SERVER = "authentik";

/** Rules about what there may be at all. */
export const kindRules: readonly Rule[] = [
  {
    name: "known-kinds",
    level: "mandatory",
    reason: "What the program does not make is judged by no other rule: it may open any door.",
    mend: "leave it out; or write rules for it, and name its type in the pack's furtherKinds",
    knobs: ["furtherKinds"],
    resource: (resource, { furtherKinds }) => {
      const why = strangeness(resource, furtherKinds);
      return violation(resource, why && `${resource.type} ${resource.name} ${why}`);
    },
  },
];
