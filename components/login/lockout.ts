import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { bindPolicy, bindStage } from "./flow";

export interface LockoutArgs {
  /** Uuid of the default authentication flow. */
  readonly authenticationFlow: string;
  /** Failed logins after which a username is refused before the password prompt. */
  readonly failedLogins: number;
}

/**
 * Refuses a username after repeated failures, the right password included, until the score comes back up with time.
 * Counted by username, not by address: an office shares one address, an attacker has many. The price is that a named
 * person can be locked out; an operator lifts it by deleting the reputation score.
 */
export class Lockout extends pulumi.ComponentResource {
  constructor(name: string, args: LockoutArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Lockout", name, {}, opts);
    const policy = new authentik.PolicyReputation(
      "plana-lockout",
      {
        name: "plana-lockout",
        checkIp: false,
        checkUsername: true,
        threshold: -args.failedLogins,
        executionLogging: false,
      },
      { parent: this, protect: true },
    );
    const deny = new authentik.StageDeny(
      "plana-lockout",
      { name: "plana-lockout", denyMessage: "Too many failed logins. Try again later." },
      { parent: this, protect: true },
    );
    // Between the built-in identification (10) and password (20).
    const step = { stage: deny.id, order: 15 };
    const binding = bindStage("default-authentication-flow-lockout", args.authenticationFlow, step, {
      parent: this,
    });
    bindPolicy("default-authentication-flow-lockout", binding.id, { policy: policy.id }, { parent: this });
    this.registerOutputs({});
  }
}
