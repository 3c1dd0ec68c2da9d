import { compare, type Opening } from "./applications";
import { flag, text, TYPES, type Item, type Reference, type Snapshot } from "./snapshot";

/** Enabled bindings by the key of their target. */
export type Bindings = ReadonlyMap<string, readonly Opening[]>;

/** A stage in a flow. */
export interface Step {
  readonly key: string;
  readonly order: number;
  readonly stage?: Item;
  /** Key of the stage, also where the state does not hold it. */
  readonly stageKey: string;
  /** Whether a person enrols a device here. */
  readonly enrols: boolean;
  readonly guards: readonly Opening[];
  readonly engine: string;
  /** Policies are judged when the step is reached, with the person known. */
  readonly judgedLate: boolean;
  /** Everything of the step that decides, free of names: two that are equal do the same. */
  readonly signature: string;
}

/** What a binding does, free of names. */
export function guardId({ kind, key, negate, passesOnError }: Opening): string {
  return `${kind} ${key}${negate ? " negated" : ""}${passesOnError ? " passing" : ""}`;
}

/** Whether a stage enrols a device: by its type, or, where Authentik ships it, since the second factor sends there. */
export function isSetup(state: Snapshot, { key, item }: Reference): boolean {
  if (item) return /:StageAuthenticator(?!Validate$)/.test(item.type);
  return state
    .ofType(TYPES.validate)
    .some((asking) => state.follow(asking, "configurationStages").some((stage) => stage.key === key));
}

/** The steps of every flow, in their order. */
export function flowSteps(state: Snapshot, bindings: Bindings): Map<string, Step[]> {
  const byFlow = new Map<string, Step[]>();
  for (const item of state.ofType(TYPES.stageBinding)) {
    const [flow] = state.follow(item, "target");
    if (!flow) continue;
    const { order } = item.values;
    const [stage] = state.follow(item, "stage");
    const guards = bindings.get(item.key) ?? [];
    const { evaluateOnPlan, reEvaluatePolicies, invalidResponseAction, policyEngineMode } = item.values;
    const judged = [evaluateOnPlan, reEvaluatePolicies, invalidResponseAction, policyEngineMode];
    const step: Step = {
      key: item.key,
      order: typeof order === "number" ? order : 0,
      stage: stage?.item,
      stageKey: stage?.key ?? "",
      enrols: stage !== undefined && isSetup(state, stage),
      guards,
      engine: text(item, "policyEngineMode"),
      judgedLate: flag(item, "reEvaluatePolicies", true) && !flag(item, "evaluateOnPlan", true),
      signature: JSON.stringify([stage?.key, order, judged, guards.map(guardId).sort(compare)]),
    };
    const known = byFlow.get(flow.key);
    if (known) known.push(step);
    else byFlow.set(flow.key, [step]);
  }
  for (const steps of byFlow.values()) steps.sort((a, b) => a.order - b.order);
  return byFlow;
}
