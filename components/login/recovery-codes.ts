import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { OwnFlow } from "./flow";

/**
 * Static recovery codes for a lost phone: a stage and its own configuration flow, which a person finds in their user
 * settings. Not part of a login, so that nobody can enrol codes in place of TOTP.
 */
export class RecoveryCodes extends pulumi.ComponentResource {
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:RecoveryCodes", name, {}, opts);
    const stageName = "plana-recovery-codes";
    const flow = new OwnFlow(
      stageName,
      {
        title: "Recovery codes",
        designation: "stage_configuration",
        authentication: "require_authenticated",
      },
      { parent: this },
    );
    const stage = new authentik.StageAuthenticatorStatic(
      stageName,
      {
        name: stageName,
        friendlyName: "Recovery codes",
        tokenCount: 8,
        tokenLength: 12,
        configureFlow: flow.uuid,
      },
      { parent: this, protect: true },
    );
    flow.step("codes", { order: 10, stage: stage.id });
    this.registerOutputs({});
  }
}
