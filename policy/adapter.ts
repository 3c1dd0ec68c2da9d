import {
  validateResourceOfType,
  type Policies,
  type PolicyResource,
  type ReportViolation,
  type ResourceValidation,
} from "@pulumi/policy";

import { DEFAULTS, KNOBS, type Knobs } from "./knobs";
import { Stack, UNKNOWN, type Properties, type Resource } from "./model";
import type { Rule, Violation } from "./rule";
import { secretProperties } from "./unpacking";

/** The rules as Pulumi's policy SDK takes them. */
export function policiesOf(rules: readonly Rule[]): Policies {
  return rules.map(policyOf);
}

function policyOf(rule: Rule): Policies[number] {
  const knobs = rule.knobs ?? [];
  const told = {
    name: rule.name,
    description: rule.reason,
    enforcementLevel: rule.level,
    remediationSteps: rule.mend,
    ...(knobs.length > 0 && {
      configSchema: { properties: Object.fromEntries(knobs.map((knob) => [knob, KNOBS[knob]])) },
    }),
  };
  const report = (violations: readonly Violation[], reportViolation: ReportViolation) => {
    for (const { what, urn } of violations) reportViolation(`${what}\nmend: ${rule.mend}`, urn);
  };
  if ("stack" in rule) {
    return {
      ...told,
      validateStack: (args, reportViolation) =>
        report(
          rule.stack(stackOf(args.resources), knobsOf(args.getConfig<Partial<Knobs>>())),
          reportViolation,
        ),
    };
  }
  if ("resource" in rule) {
    const validate: ResourceValidation = (args, reportViolation) =>
      report(rule.resource(registered(args), knobsOf(args.getConfig<Partial<Knobs>>())), reportViolation);
    return { ...told, validateResource: rule.type === undefined ? validate : ofType(rule.type, validate) };
  }
  return {
    ...told,
    validateResource: (args, reportViolation) => {
      let secrets: ReadonlySet<string> | undefined;
      const isSecret = (property: string) => (secrets ??= secretProperties(args.props)).has(property);
      report(rule.secrecy(registered(args), isSecret), reportViolation);
    },
  };
}

/** The SDK's own filter, which wants the class of an SDK that the pack does not load: its type token is enough. */
function ofType(type: string, validate: ResourceValidation): ResourceValidation {
  const isInstance = (resource: object): resource is never =>
    "__pulumiType" in resource && resource.__pulumiType === type;
  const filter = { __pulumiType: type, isInstance } as unknown as Parameters<
    typeof validateResourceOfType
  >[0];
  return validateResourceOfType(filter, (_props, args, reportViolation) => validate(args, reportViolation));
}

function knobsOf(configured: Partial<Knobs>): Knobs {
  return { ...DEFAULTS, ...configured };
}

interface RegisteredResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly props: Record<string, unknown>;
  readonly opts: Pick<Resource, "protect" | "ignoreChanges" | "additionalSecretOutputs">;
}

/** What the program gives, by URN, since the check of the whole stack is handed only what providers answer. */
const given = new Map<string, Properties>();

/** A resource that the engine is about to work on. */
function registered({ urn, type, name, props, opts }: RegisteredResource): Resource {
  const inputs = given.get(urn) ?? propertiesOf(props);
  given.set(urn, inputs);
  const { protect, ignoreChanges, additionalSecretOutputs } = opts;
  const options = { protect, ignoreChanges, additionalSecretOutputs };
  return { urn, type, name, inputs, outputs: {}, ...options, dependencies: {} };
}

let converted: { readonly from: string; readonly stack: Stack } | undefined;

/** The whole stack. Every rule is handed a copy of its own; one is enough. */
function stackOf(resources: readonly PolicyResource[]): Stack {
  const from = resources.map(({ urn }) => urn).join("\n");
  if (converted?.from === from) return converted.stack;
  const stack = new Stack(
    resources.map(({ urn, type, name, props, opts, propertyDependencies }) => ({
      urn,
      type,
      name,
      inputs: given.get(urn) ?? {},
      outputs: propertiesOf(props),
      protect: opts.protect,
      ignoreChanges: opts.ignoreChanges,
      additionalSecretOutputs: opts.additionalSecretOutputs,
      dependencies: Object.fromEntries(
        Object.entries(propertyDependencies).map(([property, sources]) => [
          property,
          sources.map((source) => source.urn),
        ]),
      ),
    })),
  );
  converted = { from, stack };
  return stack;
}

function propertiesOf(props: Record<string, unknown>): Properties {
  return plain(() => props) as Properties;
}

/** The SDK throws at the touch of an unknown value, and then lets the whole rule pass; a rule is to see it instead. */
function plain(read: () => unknown): unknown {
  let value: unknown;
  try {
    value = read();
  } catch (error) {
    if (error instanceof Error && "unknownTypeSentinel" in error) return UNKNOWN;
    throw error;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = value as Record<string, unknown>;
  if (Array.isArray(value)) {
    return Array.from({ length: value.length }, (_, index) => plain(() => entries[String(index)]));
  }
  return Object.fromEntries(Object.keys(entries).map((key) => [key, plain(() => entries[key])]));
}
