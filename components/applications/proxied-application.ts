import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { openApplication, type ApplicationArgs } from "./application";
import { skipPathRegexes, type PublicPath } from "./public-paths";

export interface ProxiedApplicationArgs extends ApplicationArgs {
  /** The application's own public host: the outpost answers only there. */
  readonly host: string;
  /** What is served without a login; everything else is protected. */
  readonly publicPaths: readonly PublicPath[];
}

/** An application without OIDC of its own: the embedded outpost logs people in before it (forward auth). */
export class ProxiedApplication extends pulumi.ComponentResource {
  /** Number of the provider, for the outpost that serves it. */
  readonly providerId: pulumi.Output<number>;
  readonly application: authentik.Application;

  /** @param slug slug of the application; also the resource name. */
  constructor(slug: string, args: ProxiedApplicationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:ProxiedApplication", slug, {}, opts);
    const { flows, scopes } = args.builtins;
    const provider = new authentik.ProviderProxy(
      slug,
      {
        name: slug,
        mode: "forward_single",
        externalHost: `https://${args.host}`,
        skipPathRegex: skipPathRegexes(args.publicPaths),
        authorizationFlow: flows.implicitConsent,
        invalidationFlow: flows.providerInvalidation,
        // The server attaches exactly these to every proxy provider; named, they are no difference.
        propertyMappings: [scopes.openid, scopes.profile, scopes.email, scopes.entitlements, scopes.proxy],
        interceptHeaderAuth: true,
        internalHostSslValidation: true,
        basicAuthEnabled: false,
        accessTokenValidity: "hours=24",
        refreshTokenValidity: "days=30",
      },
      { parent: this, protect: true },
    );
    this.providerId = provider.id.apply(Number);
    this.application = openApplication(slug, args, this.providerId, this);
    this.registerOutputs({ providerId: this.providerId });
  }
}
