import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { sortedJson } from "../naming";
import { bindPolicy } from "./flow";

export interface AuditArgs {
  /** How long events are kept, as Authentik writes durations, e.g. `days=365`. */
  readonly retention: string;
  /** Uuid of the group that is notified. */
  readonly notify: pulumi.Input<string>;
}

/** An event that is watched for. Actions and models are those of Authentik's audit log. */
interface Watched {
  /** What happened; part of the resource names. */
  readonly name: string;
  readonly action: string;
  /** `app_label.model`; absent: any. */
  readonly model?: string;
}

/** Which events notify the administrators. */
const RULES: readonly {
  readonly name: string;
  readonly severity: string;
  readonly events: readonly Watched[];
}[] = [
  {
    name: "plana-impersonation",
    severity: "alert",
    events: [
      { name: "impersonation-started", action: "impersonation_started" },
      { name: "impersonation-ended", action: "impersonation_ended" },
    ],
  },
  {
    name: "plana-administration",
    severity: "warning",
    events: [
      { name: "secret-viewed", action: "secret_view" },
      { name: "person-deleted", action: "model_deleted", model: "authentik_core.user" },
      // A membership is told of the side it was written from. Here that is the person; by hand it may be the group.
      // A login writes the person, too, and the server keeps that out of the log (`stages/user_login/stage.py`, 2026.5).
      { name: "group-changed", action: "model_updated", model: "authentik_core.group" },
      { name: "person-changed", action: "model_updated", model: "authentik_core.user" },
      {
        name: "second-factor-changed",
        action: "model_updated",
        model: "authentik_stages_authenticator_validate.authenticatorvalidatestage",
      },
      // Whoever deletes a person's device and makes a reset link is that person. A login updates devices, and is no event
      // here.
      {
        name: "totp-device-deleted",
        action: "model_deleted",
        model: "authentik_stages_authenticator_totp.totpdevice",
      },
      {
        name: "recovery-codes-deleted",
        action: "model_deleted",
        model: "authentik_stages_authenticator_static.staticdevice",
      },
      { name: "policy-failed", action: "policy_exception" },
    ],
  },
];

/** How long the audit log is kept, and notifications to the administrators for admin and impersonation events. */
export class Audit extends pulumi.ComponentResource {
  constructor(name: string, args: AuditArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Audit", name, {}, opts);
    const own = { parent: this, protect: true };
    new authentik.SystemSettings(
      "system-settings",
      {
        eventRetention: args.retention,
        // Whoever could change their own e-mail could take over another person's Google link.
        defaultUserChangeEmail: false,
        defaultUserChangeName: false,
        defaultUserChangeUsername: false,
        gdprCompliance: true,
        impersonation: true,
        avatars: "initials",
        // What a login is worth, and how low one address can bring a person. Scores of all addresses are added up, and
        // at an upper limit of 0 a good login is worth nothing: it does not pay for an attacker's failures, nor for
        // one's own (read in `policies/reputation/signals.py`, 2026.5). They expire (see `Lockout`).
        reputationLowerLimit: -20,
        reputationUpperLimit: 0,
        defaultTokenDuration: "days=1",
        defaultTokenLength: 60,
        // All of them: the server requires the whole set. An application without a binding is closed.
        flags: sortedJson({
          core_default_app_access: false,
          enterprise_audit_include_expanded_diff: false,
          flows_continuous_login: false,
          flows_refresh_others: false,
        }),
      },
      { ...own, retainOnDelete: true },
    );
    const transport = new authentik.EventTransport(
      "plana-administrators",
      {
        name: "plana-administrators",
        mode: "local",
        sendOnce: false,
        // Not used in this mode, but the server answers them: named, they are no difference.
        emailSubjectPrefix: "authentik Notification:",
        emailTemplate: "email/event_notification.html",
      },
      own,
    );
    // Not protected: what is told is the list above, and a change of the list must be able to take something out.
    const listed = { parent: this, protect: false };
    for (const rule of RULES) {
      const eventRule = new authentik.EventRule(
        rule.name,
        {
          name: rule.name,
          severity: rule.severity,
          transports: [transport.id],
          destinationGroup: args.notify,
          destinationEventUser: false,
        },
        own,
      );
      for (const { name: event, action, model } of rule.events) {
        const matcher = new authentik.PolicyEventMatcher(
          `plana-${event}`,
          { name: `plana-${event}`, action, model, executionLogging: false },
          listed,
        );
        bindPolicy(`${rule.name}-${event}`, eventRule.id, { policy: matcher.id }, listed);
      }
    }
    this.registerOutputs({});
  }
}
