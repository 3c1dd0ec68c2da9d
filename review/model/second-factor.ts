import { compare } from "./applications";
import type { Step } from "./flows";
import { text, texts, TYPES, type Item, type Reference, type Snapshot } from "./snapshot";

/** How sure a second factor is asked for; the higher the stricter. `unknown`: the state does not hold the stage. */
export type Strength = "none" | "optional" | "unknown" | "required";

export const STRENGTHS: readonly Strength[] = ["none", "optional", "unknown", "required"];

export interface SecondFactor {
  readonly strength: Strength;
  /** Kinds of devices that are accepted. */
  readonly devices: readonly string[];
  /** How long a device is not asked for again; empty: asked at every login. */
  readonly remembered: string;
  /** A second lock refuses whoever has no TOTP device. */
  readonly refusedWithout: boolean;
}

/** Name under which Authentik ships the stage that its authentication flow asks for the second factor. */
const SHIPPED_STAGE = "default-authentication-mfa-validation";
/** Order of that stage in that flow (read in its blueprint, 2026.5). */
const SHIPPED_ORDER = 30;

/** Where a flow asks for the second factor; Authentik's own, whose steps are not in the state, at 30. */
export function askedAt(steps: readonly Step[], flow: Reference | undefined): number {
  const asking = steps.filter(({ stage }) => stage?.type === TYPES.validate).map(({ order }) => order);
  return asking.length > 0 ? Math.min(...asking) : flow?.item ? -Infinity : SHIPPED_ORDER;
}

/**
 * The stage that asks for the second factor before a password is written or a session begins.
 *
 * @param isShipped the flow is the one for passwords that Authentik ships: its own steps are not in the state, the
 *   settings of its stage are. Of any other flow outside the state nothing is known.
 */
export function secondFactorOf(
  state: Snapshot,
  steps: readonly Step[],
  flow: Reference | undefined,
  isShipped: boolean,
): Omit<SecondFactor, "refusedWithout"> {
  const none = { strength: "none", devices: [], remembered: "" } as const;
  if (!flow) return none;
  const ends = steps.filter(({ stage }) => stage?.type === TYPES.login || stage?.type === TYPES.write);
  const end = Math.min(...ends.map(({ order }) => order));
  const asking = steps.filter(({ stage, order }) => stage?.type === TYPES.validate && order < end);
  if (asking.length > 0) {
    const factors = asking.map(({ stage, guards }) =>
      stage && guards.length === 0 ? stageFactor(stage) : { ...none, strength: "optional" as const },
    );
    return factors.reduce((best, next) =>
      STRENGTHS.indexOf(next.strength) > STRENGTHS.indexOf(best.strength) ? next : best,
    );
  }
  if (flow.item) return none;
  if (!isShipped) return { ...none, strength: "unknown" };
  const shipped = state.ofType(TYPES.validate).find((item) => text(item, "name") === SHIPPED_STAGE);
  return shipped ? stageFactor(shipped) : { ...none, strength: "unknown" };
}

function stageFactor(stage: Item): Omit<SecondFactor, "refusedWithout"> {
  const action = text(stage, "notConfiguredAction");
  const threshold = text(stage, "lastAuthThreshold");
  return {
    strength: action === "configure" || action === "deny" ? "required" : "optional",
    devices: texts(stage, "deviceClasses").sort(compare),
    remembered: /[1-9]/.test(threshold) ? threshold : "",
  };
}

/** `TOTP at every login`, `optional`. */
export function secondFactorText({ strength, devices, remembered, refusedWithout }: SecondFactor): string {
  if (strength === "none") return refusedWithout ? "not asked; refused without TOTP" : "none";
  if (strength === "unknown")
    return refusedWithout ? "not managed here; refused without TOTP" : "not managed here";
  const kinds = [...devices]
    .sort((a, b) => Number(b === "totp") - Number(a === "totp"))
    .map((device) => (device === "totp" ? "TOTP" : device === "static" ? "recovery codes" : device));
  const asked = kinds.length > 0 ? kinds.join(", ") : "any device";
  return [
    strength === "required" ? asked : `${asked}, skipped by who has none`,
    ...(remembered ? [`remembered for ${remembered}`] : []),
    ...(refusedWithout ? ["refused without TOTP"] : []),
  ].join("; ");
}
