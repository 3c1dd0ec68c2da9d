import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { encodedEntries } from "../secret-entries";
import { consumerData, type ConsumerChoice } from "./consumers";
import { endpoints, SCOPES } from "./consumers/consumer";
import type { OidcCredentials } from "./oidc-client";

export interface DeliveryArgs {
  readonly credentials: OidcCredentials;
  readonly consumer: ConsumerChoice;
  /** Namespace of the consuming application. */
  readonly namespace: pulumi.Input<string>;
  /** Public host of the consuming application. */
  readonly host: string;
  readonly authentikUrl: string;
  /** Group whose members administer the consumer, where it takes roles from the claim. */
  readonly adminGroup: string;
  /** Where a login comes back, as it is registered; undefined where there are many. */
  readonly redirectUri?: string;
}

/**
 * Flux may hold the same Secret (docs/reissue-a-secret.md). Server-side apply takes no field from another manager unless it
 * is told to: a new client secret would reach Authentik, and never the application.
 */
const TAKES_OVER = { "pulumi.com/patchForce": "true" };

/**
 * The credentials of an OIDC client, as a Secret `<slug>-oidc` in the consumer's namespace: generic keys (`OIDC_…`)
 * beside the form that application itself reads. All keys that are environment names fit `envFrom`. How each
 * application refers to it: docs/deliver-credentials.md.
 */
export class Delivery extends pulumi.ComponentResource {
  readonly secret: kubernetes.core.v1.Secret;

  constructor(slug: string, args: DeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Delivery", slug, {}, opts);
    const { issuer } = args.credentials;
    const data = pulumi
      .all([args.credentials.clientId, args.credentials.clientSecret])
      .apply(([clientId, clientSecret]) => ({
        OIDC_ISSUER: issuer,
        OIDC_DISCOVERY_URL: endpoints({ authentikUrl: args.authentikUrl, issuer }).discovery,
        OIDC_CLIENT_ID: clientId,
        OIDC_CLIENT_SECRET: clientSecret,
        OIDC_SCOPES: SCOPES.join(" "),
        ...consumerData(args.consumer, { issuer, clientId, clientSecret, ...args }),
      }));
    const name = `${slug}-oidc`;
    this.secret = new kubernetes.core.v1.Secret(
      name,
      {
        metadata: { name, namespace: args.namespace, annotations: TAKES_OVER },
        type: "Opaque",
        data: data.apply(encodedEntries),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
