import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import type { Builtins } from "../builtin";
import { fromHostedDomain } from "./expressions";
import { bindPolicy, NOT_BOUND, OwnFlow } from "./flow";
import type { SecondFactor } from "./second-factor";

export interface GoogleArgs {
  readonly clientId: string;
  readonly clientSecret: pulumi.Output<string>;
  /** The only hosted domain that is let in. */
  readonly staffDomain: string;
  readonly secondFactor: SecondFactor;
  readonly builtins: Builtins;
}

/**
 * Login with a Google account: of the staff domain only, of a person on the roster only (linked by e-mail, no
 * enrolment flow), and through the second factor, which the built-in flow for sources does not have.
 */
export class Google extends pulumi.ComponentResource {
  constructor(name: string, args: GoogleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Google", name, {}, opts);
    const own = { parent: this, protect: true };
    const slug = "google";
    const flow = new OwnFlow(
      "plana-google",
      {
        title: "Log in with Google",
        designation: "authentication",
        authentication: "require_unauthenticated",
      },
      { parent: this },
    );
    const staffOnly = new authentik.PolicyExpression(
      "plana-google-staff-only",
      {
        name: "plana-google-staff-only",
        expression: fromHostedDomain(slug, args.staffDomain),
        executionLogging: false,
      },
      own,
    );
    bindPolicy("plana-google-staff-only", flow.uuid, { policy: staffOnly.id }, { parent: this });
    const login = new authentik.StageUserLogin(
      "plana-google-login",
      { name: "plana-google-login", sessionDuration: "seconds=0", ...NOT_BOUND },
      own,
    );
    flow.step("second-factor", { order: 10, stage: args.secondFactor.stage });
    args.secondFactor.require("plana-google", flow.uuid, 15);
    flow.step("login", { order: 20, stage: login.id });

    const source = new authentik.SourceOauth(
      slug,
      {
        slug,
        name: "Google",
        providerType: "google",
        consumerKey: args.clientId,
        consumerSecret: args.clientSecret,
        enabled: true,
        promoted: true,
        userMatchingMode: "email_link",
        groupMatchingMode: "identifier",
        userPathTemplate: "goauthentik.io/sources/%(slug)s",
        policyEngineMode: "any",
        // Of Google's sources the server does not use it; named, so that a plan tells what it would overwrite.
        pkce: "none",
        authenticationFlow: flow.uuid,
        // The server fills these in from Google's discovery document; named, they are no difference.
        authorizationUrl: "https://accounts.google.com/o/oauth2/v2/auth",
        accessTokenUrl: "https://oauth2.googleapis.com/token",
        profileUrl: "https://openidconnect.googleapis.com/v1/userinfo",
        oidcJwksUrl: "https://www.googleapis.com/oauth2/v3/certs",
        // No enrolment flow: an e-mail that is not on the roster is refused.
      },
      own,
    );

    // The button: the identification stage shows a source only when it lists it, a field its blueprint does not name.
    new authentik.StageIdentification(
      "default-authentication-identification",
      {
        name: "default-authentication-identification",
        userFields: ["email", "username"],
        sources: [source.uuid],
        showSourceLabels: true,
        showMatchedUser: true,
        caseInsensitiveMatching: true,
        pretendUserExists: true,
      },
      { ...own, import: args.builtins.stages.identification, retainOnDelete: true },
    );
    this.registerOutputs({});
  }
}
