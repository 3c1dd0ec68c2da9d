import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { bindPolicy, bindStage } from "./flow";

export interface LockoutArgs {
  /** Uuid of the default authentication flow. */
  readonly authenticationFlow: string;
  /** Failed logins after which a username is refused before the password prompt. */
  readonly failedLogins: number;
}

const STEPS = [
  // Between the built-in identification (10) and password (20).
  ["default-authentication-flow-lockout", 15],
  // Before the second factor (30): a policy is asked once, when its step is reached. Whoever stood at the password prompt
  // before the lockout would have one more guess for each such prompt.
  ["default-authentication-flow-lockout-after-password", 25],
] as const;

/**
 * Refuses a username after repeated failures, the right password included. Counted by username, not by address: an
 * office shares one address, an attacker has many. The price is that a named person can be locked out.
 *
 * The server keeps a score for each username and address, and counts the sum. A score does not recover: good logins
 * repay nothing (see `Audit`), and it expires as a whole, 24 hours after its first failure unless the server's
 * `reputation.expiry` says otherwise (read in `policies/reputation/models.py`, 2026.5). An operator lifts a lockout at
 * once by `DELETE /api/v3/policies/reputation/scores/{reputation_uuid}/` for each score that
 * `GET /api/v3/policies/reputation/scores/?identifier=<username>` lists.
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
    for (const [name, order] of STEPS) {
      const binding = bindStage(name, args.authenticationFlow, { stage: deny.id, order }, { parent: this });
      bindPolicy(name, binding.id, { policy: policy.id, failureResult: true }, { parent: this });
    }
    this.registerOutputs({});
  }
}
