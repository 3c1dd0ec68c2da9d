import { DEFAULTS, type Knobs } from "../../policy/knobs";
import { idProperty, Stack, UNKNOWN, type Properties, type Resource } from "../../policy/model";
import type { Rule } from "../../policy/rule";
import { RULES } from "../../policy/rules";
import type { Program } from "../program";

/** The resources of a program that ran under mocks, as the rules see them in an update of what exists. */
export function resourcesOf({ recorder }: Program): readonly Resource[] {
  return recorder.resources.map(({ type, name, inputs, outputs: { id, uuid, ...outputs }, options }) => ({
    urn: options.urn,
    type,
    name,
    inputs,
    outputs: { ...outputs, ...identity(type, id, uuid) },
    protect: options.protect,
    ignoreChanges: options.ignoreChanges,
    additionalSecretOutputs: options.additionalSecretOutputs,
    dependencies: options.dependencies,
  }));
}

/** Types that the provider tells a uuid of, since their id is a slug. */
const SLUGGED = /:(?:Application|Flow|Source\w+)$/;

/** What a policy pack is told of an object's identity: not the id itself, but where the provider repeats it. */
function identity(type: string, id: unknown, uuid: unknown): Properties {
  if (!type.startsWith("authentik:")) return {};
  return { [idProperty(type)]: id, ...(SLUGGED.test(type) && { uuid }) };
}

/**
 * The same before the first update: no id, nor anything that came from another resource, is known. What the program
 * looked up is.
 */
export function beforehand(resources: readonly Resource[]): readonly Resource[] {
  const ids = new Set(
    resources.flatMap(({ type, outputs }) =>
      [outputs[idProperty(type)], outputs.uuid, outputs.result].map(String),
    ),
  );
  ids.delete("undefined");
  return resources.map((resource) => {
    const hidden = Object.fromEntries(
      Object.entries(resource.inputs).map(([property, value]) => [property, hide(value, ids)]),
    );
    // Whoever came from a generated secret is not known, whatever was made of it.
    const generated = Object.entries(resource.dependencies).filter(([, urns]) =>
      urns.some((urn) => urn.includes("::random:") || urn.includes("$random:")),
    );
    const inputs = { ...hidden, ...Object.fromEntries(generated.map(([property]) => [property, UNKNOWN])) };
    return {
      ...resource,
      inputs,
      outputs: { ...inputs, ...identity(resource.type, UNKNOWN, UNKNOWN) },
    };
  });
}

function hide(value: unknown, ids: ReadonlySet<string>): unknown {
  if (typeof value === "string" || typeof value === "number") return ids.has(String(value)) ? UNKNOWN : value;
  if (Array.isArray(value)) return value.map((entry) => hide(entry, ids));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hide(inner, ids)]));
}

/** A change that somebody might make to what a stack holds. */
export class Edit {
  private readonly resources: Resource[];

  constructor(resources: readonly Resource[]) {
    this.resources = [...resources];
  }

  get result(): readonly Resource[] {
    return this.resources;
  }

  /** The one resource of that type and name. */
  one(type: string, name: string): Resource {
    const found = this.resources.filter((resource) => resource.type === type && resource.name === name);
    const [resource] = found;
    if (!resource || found.length > 1) throw new Error(`${found.length} resources ${type} ${name}`);
    return resource;
  }

  all(type: string): readonly Resource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** Inputs and their origin that lead from a property to a resource, as the program would give them. */
  to(
    property: string,
    type: string,
    name: string,
    by: "id" | "uuid" | "number" = "id",
  ): { readonly inputs: Properties; readonly dependencies: Resource["dependencies"] } {
    const { urn, outputs } = this.one(type, name);
    const own = outputs[idProperty(type)];
    const id = by === "number" ? Number(own) : by === "id" ? own : outputs.uuid;
    return { inputs: { [property]: id }, dependencies: { [property]: [urn] } };
  }

  /** Adds a binding of a group to an application, flow or stage binding. */
  bind(
    name: string,
    target: readonly [type: string, name: string],
    group: string,
    more: Properties = {},
  ): this {
    const to = this.to("target", ...target, target[0].endsWith(":FlowStageBinding") ? "id" : "uuid");
    const who = this.to("group", "authentik:index/group:Group", group);
    return this.add(
      "authentik:index/policyBinding:PolicyBinding",
      name,
      { ...to.inputs, ...who.inputs, order: 0, enabled: true, negate: false, failureResult: false, ...more },
      { protect: false, dependencies: { ...to.dependencies, ...who.dependencies } },
    );
  }

  /** Changes inputs; an undefined one is left out. */
  set(type: string, name: string, inputs: Properties, dependencies: Resource["dependencies"] = {}): this {
    const before = this.one(type, name);
    const without = (properties: Properties) =>
      Object.fromEntries(
        Object.entries({ ...properties, ...inputs }).filter(([, value]) => value !== undefined),
      );
    return this.replace(before, {
      ...before,
      inputs: without(before.inputs),
      outputs: without(before.outputs),
      dependencies: { ...before.dependencies, ...dependencies },
    });
  }

  /** Changes what the program says beside the inputs. */
  options(
    type: string,
    name: string,
    options: Partial<
      Pick<Resource, "protect" | "ignoreChanges" | "additionalSecretOutputs" | "dependencies">
    >,
  ): this {
    const before = this.one(type, name);
    return this.replace(before, { ...before, ...options });
  }

  /** Adds a resource; `like` gives what is not said. */
  add(type: string, name: string, inputs: Properties, more: Partial<Resource> = {}): this {
    const urn = `urn:pulumi:prod::plana-sso::${type}::${name}`;
    this.resources.push({
      urn,
      type,
      name,
      inputs,
      outputs: { ...inputs, ...identity(type, `id:${name}`, `uuid:${name}`) },
      protect: true,
      ignoreChanges: [],
      additionalSecretOutputs: [],
      dependencies: {},
      ...more,
    });
    return this;
  }

  remove(type: string, name: string): this {
    this.resources.splice(this.resources.indexOf(this.one(type, name)), 1);
    return this;
  }

  private replace(before: Resource, after: Resource): this {
    this.resources.splice(this.resources.indexOf(before), 1, after);
    return this;
  }
}

export function ruleOf(name: string): Rule {
  const rule = RULES.find((candidate) => candidate.name === name);
  if (!rule) throw new Error(`no rule ${name}`);
  return rule;
}

/** What a rule says of a stack. Secrets are what the SDK marks: every property that holds one. */
export function told(
  name: string,
  resources: readonly Resource[],
  knobs: Partial<Knobs> = {},
  isSecret: (resource: Resource, property: string) => boolean = () => true,
): string[] {
  const rule = ruleOf(name);
  const all = { ...DEFAULTS, ...knobs };
  const violations =
    "stack" in rule
      ? rule.stack(new Stack(resources), all)
      : resources.flatMap((resource) =>
          "resource" in rule
            ? // The engine hands a rule about one resource its inputs alone.
              rule.type === undefined || rule.type === resource.type
              ? rule.resource({ ...resource, outputs: {}, dependencies: {} }, all)
              : []
            : rule.secrecy({ ...resource, outputs: {} }, (property) => isSecret(resource, property)),
        );
  return violations.map(({ what }) => what);
}

/** A change that a rule must refuse. */
export interface UnsafeCase {
  readonly what: string;
  readonly rule: string;
  readonly edit: (edit: Edit) => unknown;
  /** What the rule must say. */
  readonly said: RegExp;
  readonly knobs?: Partial<Knobs>;
  /** Properties that are not marked secret. */
  readonly plain?: readonly string[];
  /** Seen only once values are known: refused before the resource is touched, not in the first preview. */
  readonly onceKnown?: true;
}

/** Tests that every change is refused, in an update of what exists and before the first one. */
export function refuses(base: () => readonly Resource[], cases: readonly UnsafeCase[]): void {
  test.each(cases.map((one) => [`${one.rule}: ${one.what}`, one] as const))("refuses %s", (_, one) => {
    const edit = new Edit(base());
    one.edit(edit);
    const isSecret = (_resource: Resource, property: string) => !one.plain?.includes(property);
    expect(told(one.rule, edit.result, one.knobs, isSecret).join("\n")).toMatch(one.said);
    if (one.onceKnown) return;
    expect(told(one.rule, beforehand(edit.result), one.knobs, isSecret).join("\n")).toMatch(one.said);
  });
}

/** Tests that no rule has anything against a change. */
export function accepts(
  base: () => readonly Resource[],
  cases: readonly (readonly [what: string, edit: (edit: Edit) => unknown, knobs?: Partial<Knobs>])[],
): void {
  test.each(cases.map((one) => [one[0], one] as const))("accepts %s", (_, [, change, knobs]) => {
    const edit = new Edit(base());
    change(edit);
    for (const { name } of RULES) {
      expect([name, told(name, edit.result, knobs)]).toEqual([name, []]);
      expect([name, told(name, beforehand(edit.result), knobs)]).toEqual([name, []]);
    }
  });
}
