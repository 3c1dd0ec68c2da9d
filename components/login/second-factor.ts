import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import type { Builtins } from "../builtin";
import { lacksTotp } from "./expressions";
import { bindPolicy, bindStage, type FlowStep } from "./flow";

export interface SecondFactorArgs {
  readonly builtins: Builtins;
  /** Uuid of the group for whom TOTP is mandatory. */
  readonly staffGroup: pulumi.Input<string>;
}

/**
 * TOTP for everyone, on every door. Two locks:
 *
 * - the built-in stage `default-authentication-mfa-validation` is adopted and sends whoever has no device to the
 *   enrolment; its blueprint names it without settings, so ours survive upgrades;
 * - a group policy on each door's flow refuses a person of the staff group who gets past that stage without a TOTP
 *   device, whatever the stage has been set to by hand.
 *
 * Between the two stands the enrolment once more, for staff alone: whoever has recovery codes and no TOTP device is
 * asked for a code by the first lock, which therefore never sends them to enrol, and would be refused by the second for
 * ever. So a recovery code is worth as much as the authenticator, which is what it is for.
 */
export class SecondFactor extends pulumi.ComponentResource {
  /** Uuid of the stage that asks for the second factor; every door uses it. */
  readonly stage: pulumi.Output<string>;
  private readonly enrolStage: string;
  private readonly denyStage: authentik.StageDeny;
  private readonly lacksTotp: authentik.PolicyExpression;
  private readonly staffGroup: pulumi.Input<string>;

  constructor(name: string, args: SecondFactorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:SecondFactor", name, {}, opts);
    this.staffGroup = args.staffGroup;
    this.enrolStage = args.builtins.stages.totpSetup;
    const validate = new authentik.StageAuthenticatorValidate(
      "default-authentication-mfa-validation",
      {
        name: "default-authentication-mfa-validation",
        notConfiguredAction: "configure",
        // Static codes are a fallback only: they cannot be enrolled here, so TOTP always comes first.
        deviceClasses: ["totp", "static"],
        configurationStages: [this.enrolStage],
        lastAuthThreshold: "seconds=0",
        // A code is tried on every device of a person, the recovery codes first (read in
        // `stages/authenticator_validate/challenge.py`, 2026.5): each login by TOTP is a failure of theirs, and a brake
        // that doubles would close them for months. Long as they are, nobody guesses one.
        staticOtpThrottlingFactor: 0,
      },
      { parent: this, import: args.builtins.stages.mfaValidation, protect: true, retainOnDelete: true },
    );
    this.stage = validate.id;
    this.denyStage = new authentik.StageDeny(
      "plana-totp-missing",
      { name: "plana-totp-missing", denyMessage: "Two-factor authentication is mandatory." },
      { parent: this, protect: true },
    );
    this.lacksTotp = new authentik.PolicyExpression(
      "plana-totp-missing",
      { name: "plana-totp-missing", expression: lacksTotp(), executionLogging: false },
      { parent: this, protect: true },
    );
    // Between the built-in second factor (30) and the login (100).
    this.require("default-authentication-flow", args.builtins.flows.authentication, 90);
    this.registerOutputs({ stage: this.stage });
  }

  /**
   * Adds the second lock to a flow: just before `order` a person of the staff group without TOTP is sent to enrol, and
   * from `order` on gets no further without. Policies are judged when a stage is reached, and the enrolment saves the
   * device before it lets go on (read in `stages/authenticator_totp/stage.py`, 2026.5): who has enrolled in this very
   * login meets neither.
   *
   * @param door name of the flow, for the resource names.
   * @param order of the refusal; behind the stage that asks, with `order - 1` free.
   */
  require(door: string, flow: pulumi.Input<string>, order: number): void {
    // A policy that breaks sends nobody to enrol, and then refuses.
    this.forStaffWithoutTotp(
      `${door}-totp-enrolment`,
      flow,
      { stage: this.enrolStage, order: order - 1 },
      false,
    );
    this.forStaffWithoutTotp(`${door}-totp-missing`, flow, { stage: this.denyStage.id, order }, true);
  }

  /** Binds a stage for members of the staff group who lack TOTP. */
  private forStaffWithoutTotp(
    name: string,
    flow: pulumi.Input<string>,
    step: FlowStep,
    failureResult: boolean,
  ): void {
    const own = { parent: this };
    const binding = bindStage(name, flow, { ...step, policyEngineMode: "all" }, own);
    bindPolicy(`${name}-for-staff`, binding.id, { group: this.staffGroup }, own);
    bindPolicy(`${name}-for-lack`, binding.id, { policy: this.lacksTotp.id, failureResult }, own);
  }
}
