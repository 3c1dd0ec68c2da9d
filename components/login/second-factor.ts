import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import type { Builtins } from "../builtin";
import { lacksTotp } from "./expressions";
import { bindPolicy, bindStage } from "./flow";

export interface SecondFactorArgs {
  readonly builtins: Builtins;
  /** Uuid of the group for whom TOTP is mandatory. */
  readonly staffGroup: pulumi.Input<string>;
}

/**
 * TOTP for everyone, on the password door. Two locks:
 *
 * - the built-in stage `default-authentication-mfa-validation` is adopted and sends whoever has no TOTP device to
 *   the enrolment; its blueprint names it without settings, so ours survive upgrades;
 * - a group policy on the default authentication flow refuses a person of the staff group who gets past that stage
 *   without a TOTP device, whatever the stage has been set to by hand.
 */
export class SecondFactor extends pulumi.ComponentResource {
  /** Uuid of the stage that asks for the second factor; every door uses it. */
  readonly stage: pulumi.Output<string>;
  private readonly denyStage: authentik.StageDeny;
  private readonly lacksTotp: authentik.PolicyExpression;
  private readonly staffGroup: pulumi.Input<string>;

  constructor(name: string, args: SecondFactorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:SecondFactor", name, {}, opts);
    this.staffGroup = args.staffGroup;
    const validate = new authentik.StageAuthenticatorValidate(
      "default-authentication-mfa-validation",
      {
        name: "default-authentication-mfa-validation",
        notConfiguredAction: "configure",
        // Static codes are a fallback only: they cannot be enrolled here, so TOTP always comes first.
        deviceClasses: ["totp", "static"],
        configurationStages: [args.builtins.stages.totpSetup],
        lastAuthThreshold: "seconds=0",
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
   * Adds the second lock to a flow: from `order` on, a person of the staff group without TOTP gets no further.
   *
   * @param door name of the flow, for the resource names.
   */
  require(door: string, flow: pulumi.Input<string>, order: number): void {
    const name = `${door}-totp-missing`;
    const step = { stage: this.denyStage.id, order, policyEngineMode: "all" } as const;
    const binding = bindStage(name, flow, step, { parent: this });
    bindPolicy(`${name}-for-staff`, binding.id, { group: this.staffGroup }, { parent: this });
    const lack = { policy: this.lacksTotp.id, failureResult: true };
    bindPolicy(`${name}-for-lack`, binding.id, lack, { parent: this });
  }
}
