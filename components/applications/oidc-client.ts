import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { openApplication, type ApplicationArgs } from "./application";
import type { RedirectUri } from "./redirect-uris";
import type { Scopes } from "./scopes";

export interface OidcClientArgs extends ApplicationArgs {
  readonly scopes: Scopes;
  readonly redirectUris: readonly RedirectUri[];
  /** Client id; generated when left out. */
  readonly clientId?: string;
  /** Client secret of a client that exists already; generated when left out. */
  readonly clientSecret?: pulumi.Output<string>;
  /** Raised by one, it reissues a generated secret. */
  readonly secretGeneration?: number;
  /** Public address of Authentik, without a trailing slash. */
  readonly authentikUrl: string;
}

/** What a consumer needs to be a client of Authentik. */
export interface OidcCredentials {
  readonly issuer: string;
  readonly clientId: pulumi.Output<string>;
  readonly clientSecret: pulumi.Output<string>;
}

/**
 * An OAuth2 provider, the application it belongs to, and the groups that may enter. Client id and secret are
 * generated, or those of the client that runs already.
 */
export class OidcClient extends pulumi.ComponentResource {
  readonly credentials: OidcCredentials;

  /** @param slug slug of the application; also the resource name. */
  constructor(slug: string, args: OidcClientArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:OidcClient", slug, {}, opts);
    const clientId =
      args.clientId ??
      // A client id is public, so a string that is no secret.
      new random.RandomString(
        `${slug}-client-id`,
        { length: 40, special: false },
        { parent: this, protect: true },
      ).result;
    const clientSecret =
      args.clientSecret ??
      new random.RandomPassword(
        `${slug}-client-secret`,
        { length: 64, special: false, keepers: { generation: String(args.secretGeneration ?? 1) } },
        { parent: this },
      ).result;
    const provider = new authentik.ProviderOauth2(
      slug,
      {
        name: slug,
        clientId,
        clientSecret,
        clientType: "confidential",
        // Only the browser: `client_credentials` would let a person in with an app password, past the second factor.
        grantTypes: ["authorization_code", "refresh_token"],
        authorizationFlow: args.builtins.flows.implicitConsent,
        invalidationFlow: args.builtins.flows.providerInvalidation,
        signingKey: args.builtins.signingKey,
        propertyMappings: [...args.scopes.mappings],
        allowedRedirectUris: args.redirectUris.map(({ matching, url }) => ({
          matching_mode: matching,
          url,
          // Left out, the server answers it and the preview never settles.
          redirect_uri_type: "authorization",
        })),
        includeClaimsInIdToken: true,
        issuerMode: "per_provider",
        subMode: "hashed_user_id",
        accessCodeValidity: "minutes=1",
        accessTokenValidity: "minutes=10",
        refreshTokenValidity: "days=30",
      },
      { parent: this, protect: true },
    );
    openApplication(slug, args, provider.id.apply(Number), this);
    this.credentials = {
      issuer: `${args.authentikUrl}/application/o/${slug}/`,
      clientId: provider.clientId,
      clientSecret: pulumi.secret(clientSecret),
    };
    this.registerOutputs({});
  }
}
