import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { PublicPath } from "../applications/public-paths";
import type { IngressClass, TlsSection } from "../server/chart-values";

export interface ProtectedRouteArgs {
  /** Public host of the application. */
  readonly host: string;
  /** Namespace and Service of the application behind the proxy. */
  readonly namespace: pulumi.Input<string>;
  readonly service: { readonly name: string; readonly port: number };
  /** The Service of the outpost, and its cluster-internal host. */
  readonly outpost: {
    readonly name: pulumi.Input<string>;
    readonly namespace: pulumi.Input<string>;
    readonly host: pulumi.Input<string>;
  };
  /** What is served without a login; must be what the provider skips. */
  readonly publicPaths: readonly PublicPath[];
  readonly ingress: IngressClass;
}

type Backend = pulumi.Input<kubernetes.types.input.networking.v1.IngressBackend>;

/** One Ingress of the application's host. */
export interface Route {
  /** Name of the resource and of the object. */
  readonly name: string;
  readonly namespace: pulumi.Input<string>;
  readonly annotations: Readonly<Record<string, pulumi.Input<string>>>;
  readonly tls: TlsSection;
  readonly paths: readonly {
    readonly path: string;
    readonly pathType: "Exact" | "Prefix";
    readonly backend: Backend;
  }[];
}

/** What every controller's routes are made from. */
export interface RouteContext extends ProtectedRouteArgs {
  readonly slug: string;
  readonly toApplication: Backend;
  /** The outpost, by the ExternalName Service in the application's namespace. */
  readonly toOutpost: Backend;
  /** The certificate of the host, and the annotations of the Ingress that owns it. */
  readonly certificate: { readonly annotations: Readonly<Record<string, string>>; readonly tls: TlsSection };
  readonly opts: pulumi.CustomResourceOptions;
}

/** Headers that the outpost sets for the application. */
export const IDENTITY_HEADERS = ["username", "groups", "entitlements", "email", "name", "uid"].map(
  (name) => `X-authentik-${name}`,
);

/** Where the outpost answers on an application's own host. */
export const OUTPOST_PATH = "/outpost.goauthentik.io";
