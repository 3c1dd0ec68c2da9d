import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

export interface FlowStep {
  /** Uuid of the stage. */
  readonly stage: pulumi.Input<string>;
  readonly order: number;
  /** `all`: every policy must pass for the stage to run; `any`, the default: one is enough. */
  readonly policyEngineMode?: "all" | "any";
}

/**
 * Binds a stage into a flow. Policies are evaluated when the stage is reached, against the person who logs in:
 * while the flow is planned nobody is known yet, and a policy that fails then drops the stage for good.
 */
export function bindStage(
  name: string,
  flow: pulumi.Input<string>,
  step: FlowStep,
  opts: pulumi.CustomResourceOptions,
): authentik.FlowStageBinding {
  return new authentik.FlowStageBinding(
    name,
    {
      target: flow,
      stage: step.stage,
      order: step.order,
      evaluateOnPlan: false,
      reEvaluatePolicies: true,
      policyEngineMode: step.policyEngineMode ?? "any",
      invalidResponseAction: "retry",
    },
    { protect: true, ...opts },
  );
}

/** What a binding lets through: a policy or a group. */
export type BoundSubject = (
  { readonly policy: pulumi.Input<string> } | { readonly group: pulumi.Input<string> }
) & {
  /** What a policy that raises an error counts as. `true` on a stage that refuses: it then refuses. Default: false. */
  readonly failureResult?: boolean;
};

/** Binds a policy or a group to a target (a flow, a stage binding, an application, a source, an event rule). */
export function bindPolicy(
  name: string,
  target: pulumi.Input<string>,
  subject: BoundSubject,
  opts: pulumi.CustomResourceOptions,
): authentik.PolicyBinding {
  return new authentik.PolicyBinding(
    name,
    { target, order: 0, enabled: true, negate: false, timeout: 30, failureResult: false, ...subject },
    { protect: true, ...opts },
  );
}

/**
 * Sessions are not bound to a network or a place. Named, since an import does not read the provider's defaults: what
 * the program names can be compared with the server.
 */
export const NOT_BOUND = { networkBinding: "no_binding", geoipBinding: "no_binding" } as const;

export interface OwnFlowArgs {
  readonly title: string;
  readonly designation: "authentication" | "recovery" | "stage_configuration";
  readonly authentication: "require_unauthenticated" | "require_authenticated";
}

/**
 * A flow of the program's own. Own flows are used wherever a built-in one would have to be changed in a field that
 * its blueprint names, and so would change it back on every upgrade.
 */
export class OwnFlow extends pulumi.ComponentResource {
  /** Uuid of the flow. */
  readonly uuid: pulumi.Output<string>;
  private readonly slug: string;

  /** @param slug slug of the flow; also the resource name. */
  constructor(slug: string, args: OwnFlowArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:OwnFlow", slug, {}, opts);
    this.slug = slug;
    const flow = new authentik.Flow(
      slug,
      {
        slug,
        name: args.title,
        title: args.title,
        designation: args.designation,
        authentication: args.authentication,
        deniedAction: "message_continue",
        policyEngineMode: "all",
        layout: "stacked",
        compatibilityMode: false,
      },
      { parent: this, protect: true },
    );
    this.uuid = flow.uuid;
    this.registerOutputs({ uuid: this.uuid });
  }

  /** Adds a stage to the flow; gives the id of the binding, to bind policies to. */
  step(name: string, step: FlowStep): pulumi.Output<string> {
    return bindStage(`${this.slug}-${name}`, this.uuid, step, { parent: this }).id;
  }
}
