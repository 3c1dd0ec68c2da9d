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

/** Which events notify the administrators, by what they tell. Actions are those of Authentik's audit log. */
const WATCHED: readonly {
  readonly name: string;
  readonly severity: string;
  readonly events: readonly Watched[];
}[] = [
  {
    name: "plana-impersonation",
    severity: "alert",
    events: [{ action: "impersonation_started" }, { action: "impersonation_ended" }],
  },
  {
    name: "plana-administration",
    severity: "warning",
    events: [
      { action: "secret_view" },
      { action: "model_deleted", model: "authentik_core.user" },
      { action: "model_updated", model: "authentik_core.group" },
      {
        action: "model_updated",
        model: "authentik_stages_authenticator_validate.authenticatorvalidatestage",
      },
      { action: "policy_exception" },
    ],
  },
];

interface Watched {
  readonly action: string;
  /** `app_label.model`; absent: any. */
  readonly model?: string;
}

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
        reputationLowerLimit: -20,
        reputationUpperLimit: 20,
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
        emailSubjectPrefix: "authentik Notification: ",
        emailTemplate: "email/event_notification.html",
      },
      own,
    );
    for (const rule of WATCHED) {
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
      for (const { action, model } of rule.events) {
        const matcherName = ["plana", action, model].filter(Boolean).join("-").replace(/[._]/g, "-");
        const matcher = new authentik.PolicyEventMatcher(
          matcherName,
          { name: matcherName, action, model, executionLogging: false },
          own,
        );
        bindPolicy(`${rule.name}-${matcherName}`, eventRule.id, { policy: matcher.id }, { parent: this });
      }
    }
    this.registerOutputs({});
  }
}
