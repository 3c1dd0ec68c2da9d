import { isGiven, isKnown, textOf, textsIn, UNKNOWN, valueOf, type Resource, type Stack } from "../model";
import { violation, type Rule, type Violation } from "../rule";
import { KUBERNETES, RANDOM } from "../tokens";
import { secretData, settingsSecret } from "./release";

/** Names of properties whose value is a secret, whatever the type, unless it is a switch. */
const SECRET_PROPERTY = /(?:secret|password|token|keyData|privateKey|kubeconfig|credentials)$/i;

/** Whether a property of a resource is made to hold a secret. */
export function holdsSecret(type: string, property: string): boolean {
  if (type === KUBERNETES.secret) return property === "data" || property === "stringData";
  return type.startsWith("authentik:") && SECRET_PROPERTY.test(property);
}

/** Keys of a Kubernetes Secret whose value is a secret; the others are settings. */
const SECRET_ENTRY = /(?:^|_)(?:SECRET|SECRET_KEY|PASSWORD|TOKEN)$/i;

/** Shorter ones would be found by chance. */
const LEAST = 12;

/** Every secret that the stack knows. */
function secretValues(stack: Stack): ReadonlySet<string> {
  const values = stack.resources.flatMap((resource): unknown[] => {
    if (resource.type === RANDOM.password) return [resource.outputs.result];
    if (resource.type === KUBERNETES.secret) {
      const data = secretData(resource);
      return data === UNKNOWN
        ? []
        : Object.entries(data).flatMap(([key, value]) => (SECRET_ENTRY.test(key) ? [value] : []));
    }
    return Object.keys(resource.inputs).flatMap((property) =>
      holdsSecret(resource.type, property) ? [valueOf(resource, property)] : [],
    );
  });
  return new Set(
    values.filter((value): value is string => typeof value === "string" && value.length >= LEAST),
  );
}

/** Finds any of many texts within another one, in a time that does not grow with their number. */
function finder(texts: Iterable<string>): (within: string) => boolean {
  const byStart = new Map<string, string[]>();
  for (const text of texts) {
    const start = text.slice(0, LEAST);
    byStart.set(start, [...(byStart.get(start) ?? []), text]);
  }
  return (within) => {
    for (let at = 0; at + LEAST <= within.length; at += 1)
      if (byStart.get(within.slice(at, at + LEAST))?.some((text) => within.startsWith(text, at))) return true;
    return false;
  };
}

function inClear(stack: Stack): Violation[] {
  const holds = finder(
    [...secretValues(stack)].flatMap((value) => [
      value,
      Buffer.from(value).toString("base64").replace(/=+$/, ""),
    ]),
  );
  return stack.resources
    .filter(({ type }) => /^(?:authentik|kubernetes|random|command):/.test(type))
    .flatMap((resource) =>
      Object.entries(resource.inputs)
        .filter(([property]) => !holdsSecret(resource.type, property))
        .flatMap(([property, value]) => textsIn(value, property))
        .filter(({ text }) => holds(text))
        .flatMap(({ place }) => violation(resource, `${place} of ${resource.name} holds a secret`)),
    );
}

function weakSources(stack: Stack): Violation[] {
  const settings = settingsSecret(stack);
  return stack.resources.flatMap((resource) =>
    Object.entries(resource.dependencies)
      .filter(
        ([property]) =>
          holdsSecret(resource.type, property) &&
          (resource.type !== KUBERNETES.secret || resource === settings),
      )
      .flatMap(([property, urns]) =>
        urns
          .flatMap((urn) => stack.at(urn) ?? [])
          .filter(({ type }) => type.startsWith("random:") && type !== RANDOM.password)
          .flatMap((source) =>
            violation(
              resource,
              `${property} of ${resource.name} comes from ${source.name}, whose result the state keeps in clear`,
            ),
          ),
      ),
  );
}

/** Properties that hold a secret which is known and so short that somebody made it up. */
function short(resource: Resource): string[] {
  return Object.keys(resource.inputs).filter((property) => {
    const value = textOf(resource, property);
    return (
      resource.type.startsWith("authentik:") &&
      /secret$/i.test(property) &&
      value !== "" &&
      value.length < 8 &&
      isGiven(value)
    );
  });
}

/** Rules about secrets: who may read them, and where they come from. */
export const secretRules: readonly Rule[] = [
  {
    name: "secrets-are-secret",
    level: "mandatory",
    reason: "A secret that is not marked as one stands in clear in the state, in previews and in logs.",
    mend: "wrap it in `pulumi.secret`, or take it from a key of stacks/config-keys.ts that is secret, or from a RandomPassword",
    secrecy: (resource, isSecret) =>
      Object.keys(resource.inputs)
        .filter(
          (property) =>
            holdsSecret(resource.type, property) &&
            typeof resource.inputs[property] !== "boolean" &&
            isGiven(resource.inputs[property]) &&
            // The engine tells this of known values only: checked again before the update touches the resource.
            isKnown(resource.inputs[property]) &&
            !isSecret(property),
        )
        .flatMap((property) => violation(resource, `${property} of ${resource.name} is not marked secret`)),
  },
  {
    name: "secrets-not-in-clear",
    level: "mandatory",
    reason:
      "A secret in a description, a ConfigMap, a Helm value or an annotation is read by everyone who reads those.",
    mend: "hand it over in a Secret",
    stack: inClear,
  },
  {
    name: "secrets-from-password-generator",
    level: "mandatory",
    reason:
      "Only RandomPassword keeps its result secret; RandomString and the others leave it in clear in the state.",
    mend: "generate it with RandomPassword",
    stack: weakSources,
  },
  {
    name: "client-secrets-long",
    level: "advisory",
    reason: "A client secret of a few characters can be guessed at the token endpoint.",
    mend: "leave it to be generated, or reissue it with `secretGeneration`",
    resource: (resource) =>
      short(resource).flatMap((property) =>
        violation(resource, `${property} of ${resource.name} has fewer than 8 characters`),
      ),
  },
];
