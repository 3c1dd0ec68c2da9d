import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { lacksOwnLink } from "./expressions";
import { bindPolicy, NOT_BOUND, OwnFlow } from "./flow";
import type { SecondFactor } from "./second-factor";

export interface RecoveryArgs {
  readonly secondFactor: SecondFactor;
}

/**
 * Setting a new password through a one-time link that an operator makes, for the person of the link alone. The second
 * factor comes before the password is written: whoever holds the link of an enrolled person but neither their
 * authenticator nor one of their recovery codes changes nothing.
 */
export class Recovery extends pulumi.ComponentResource {
  /** Uuid of the flow, for the brand. */
  readonly flow: pulumi.Output<string>;

  constructor(name: string, args: RecoveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Recovery", name, {}, opts);
    const own = { parent: this, protect: true };
    const flow = new OwnFlow(
      "plana-recovery",
      { title: "Set a new password", designation: "recovery", authentication: "require_unauthenticated" },
      { parent: this },
    );

    const refusal = new authentik.StageDeny(
      "plana-recovery-refusal",
      {
        name: "plana-recovery-refusal",
        denyMessage: "Ask an administrator for a link: none was used, or this one is not valid.",
      },
      own,
    );
    const withoutLink = new authentik.PolicyExpression(
      "plana-recovery-without-link",
      { name: "plana-recovery-without-link", expression: lacksOwnLink(), executionLogging: false },
      own,
    );
    const passwordPolicy = new authentik.PolicyPassword(
      "plana-password",
      {
        name: "plana-password",
        passwordField: "password",
        errorMessage: "At least 12 characters, hard to guess.",
        checkStaticRules: true,
        lengthMin: 12,
        amountDigits: 0,
        amountLowercase: 0,
        amountUppercase: 0,
        amountSymbols: 0,
        checkZxcvbn: true,
        zxcvbnScoreThreshold: 2,
        // Would need the internet from the server at every change of a password.
        checkHaveIBeenPwned: false,
        hibpAllowedCount: 1,
        executionLogging: false,
      },
      own,
    );
    const field = (fieldKey: string, label: string, order: number) =>
      new authentik.StagePromptField(
        `plana-recovery-${fieldKey.replace("_", "-")}`,
        {
          name: `plana-recovery-${fieldKey.replace("_", "-")}`,
          fieldKey,
          label,
          placeholder: label,
          type: "password",
          required: true,
          order,
          initialValueExpression: false,
          placeholderExpression: false,
        },
        own,
      ).id;
    const prompt = new authentik.StagePrompt(
      "plana-recovery-prompt",
      {
        name: "plana-recovery-prompt",
        fields: [field("password", "New password", 0), field("password_repeat", "New password (repeat)", 1)],
        validationPolicies: [passwordPolicy.id],
      },
      own,
    );
    const write = new authentik.StageUserWrite(
      "plana-recovery-write",
      { name: "plana-recovery-write", userCreationMode: "never_create", createUsersAsInactive: true },
      own,
    );
    const login = new authentik.StageUserLogin(
      "plana-recovery-login",
      {
        name: "plana-recovery-login",
        sessionDuration: "seconds=0",
        terminateOtherSessions: true,
        ...NOT_BOUND,
      },
      own,
    );

    const unlinked = { policy: withoutLink.id, failureResult: true };
    const refuse = (step: string, binding: string, order: number) =>
      bindPolicy(binding, flow.step(step, { order, stage: refusal.id }), unlinked, { parent: this });
    refuse("refusal", "plana-recovery-without-link", 0);
    flow.step("second-factor", { order: 5, stage: args.secondFactor.stage });
    args.secondFactor.require("plana-recovery", flow.uuid, 7);
    flow.step("prompt", { order: 10, stage: prompt.id });
    // The write saves the person as the link has kept them (read in `stages/user_write/stage.py`, 2026.5): whoever was cut
    // off after they had opened it would be active again.
    refuse("refusal-before-write", "plana-recovery-without-link-before-write", 15);
    flow.step("write", { order: 20, stage: write.id });
    flow.step("login", { order: 100, stage: login.id });

    this.flow = flow.uuid;
    this.registerOutputs({ flow: this.flow });
  }
}
