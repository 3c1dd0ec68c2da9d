import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { PublicPath } from "../applications/public-paths";
import { tls, type IngressClass } from "../server/chart-values";

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
  readonly controller: "nginx" | "traefik";
  readonly ingress: IngressClass;
}

/** Headers that the outpost sets for the application. */
const HEADERS = ["username", "groups", "entitlements", "email", "name", "uid"].map(
  (name) => `X-authentik-${name}`,
);

/** Where the outpost answers on an application's own host. */
const OUTPOST_PATH = "/outpost.goauthentik.io";

// All Ingresses are made whether or not a controller runs: it is not this program's to wait for one.
const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" };

/**
 * Routes of an application behind the embedded outpost, in its own namespace:
 *
 * - `/outpost.goauthentik.io` on the application's own host goes to the outpost, through an ExternalName Service: the
 *   outpost answers only when the Host header is the application's;
 * - everything else asks the outpost first (forward auth), which lets through what the provider skips;
 * - the exact public paths go straight to the application, so that tracking does not depend on the login.
 *
 * Public folders and patterns are left to the outpost's expressions alone: an ingress path is a prefix, and a prefix
 * match before `..` is resolved can be walked out of.
 */
export class ProtectedRoute extends pulumi.ComponentResource {
  /** @param slug slug of the application; also the prefix of the resource names. */
  constructor(slug: string, args: ProtectedRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:ProtectedRoute", slug, {}, opts);
    const { namespace, host } = args;
    const own = { parent: this };

    const outpost = new kubernetes.core.v1.Service(
      `${slug}-outpost`,
      {
        metadata: { name: `${slug}-outpost`, namespace },
        spec: {
          type: "ExternalName",
          externalName: args.outpost.host,
          ports: [{ name: "http", port: 80, targetPort: 80 }],
        },
      },
      own,
    );
    const toApplication = { service: { name: args.service.name, port: { number: args.service.port } } };
    const certificate = tls(host, args.ingress, `${slug}-tls`);

    const ingress = (
      name: string,
      annotations: Record<string, pulumi.Input<string>>,
      paths: {
        path: string;
        pathType: "Exact" | "Prefix";
        backend: pulumi.Input<kubernetes.types.input.networking.v1.IngressBackend>;
      }[],
      place: { namespace: pulumi.Input<string>; tls: typeof certificate.tls },
    ) =>
      new kubernetes.networking.v1.Ingress(
        name,
        {
          metadata: { name, namespace: place.namespace, annotations: { ...SKIP_AWAIT, ...annotations } },
          spec: {
            ingressClassName: args.ingress.className,
            tls: place.tls,
            rules: [{ host, http: { paths } }],
          },
        },
        own,
      );
    const here = { namespace, tls: certificate.tls };

    const askOutpost =
      args.controller === "nginx" ? this.nginxAuth(slug, args, own) : this.traefikAuth(slug, args, own);
    // The one that owns the certificate; the others of this namespace use it.
    ingress(
      `${slug}-protected`,
      { ...certificate.annotations, ...askOutpost },
      [{ path: "/", pathType: "Prefix", backend: toApplication }],
      here,
    );
    if (args.controller === "nginx") {
      const backend = { service: { name: outpost.metadata.name, port: { number: 80 } } };
      ingress(`${slug}-login`, {}, [{ path: OUTPOST_PATH, pathType: "Prefix", backend }], here);
    } else {
      // Traefik drops routes to ExternalName Services unless told otherwise, so it goes to the outpost's own Service,
      // whose namespace needs a certificate of its own.
      const login = tls(host, args.ingress, `${slug}-login-tls`);
      const backend = { service: { name: args.outpost.name, port: { number: 80 } } };
      ingress(`${slug}-login`, login.annotations, [{ path: OUTPOST_PATH, pathType: "Prefix", backend }], {
        namespace: args.outpost.namespace,
        tls: login.tls,
      });
    }
    const exact = args.publicPaths.flatMap((path) => ("exact" in path ? [path.exact] : []));
    if (exact.length > 0) {
      ingress(
        `${slug}-public`,
        {},
        exact.map((path) => ({ path, pathType: "Exact", backend: toApplication })),
        here,
      );
    }
    this.registerOutputs({});
  }

  private nginxAuth(
    slug: string,
    { namespace, host, outpost }: ProtectedRouteArgs,
    own: pulumi.CustomResourceOptions,
  ) {
    // The outpost knows an application by its host, but nginx asks it under the outpost's own. A ConfigMap of
    // headers needs no snippet annotation, which controllers refuse by default.
    const headers = new kubernetes.core.v1.ConfigMap(
      `${slug}-outpost-headers`,
      { metadata: { name: `${slug}-outpost-headers`, namespace }, data: { "X-Forwarded-Host": host } },
      own,
    );
    const nginx = (name: string) => `nginx.ingress.kubernetes.io/${name}`;
    return {
      [nginx("auth-url")]: pulumi.interpolate`http://${outpost.host}${OUTPOST_PATH}/auth/nginx`,
      [nginx("auth-signin")]: `https://${host}${OUTPOST_PATH}/start?rd=https://${host}$escaped_request_uri`,
      [nginx("auth-response-headers")]: ["Set-Cookie", ...HEADERS].join(","),
      [nginx("auth-proxy-set-headers")]: pulumi.interpolate`${namespace}/${headers.metadata.name}`,
    };
  }

  private traefikAuth(
    slug: string,
    { namespace, outpost }: ProtectedRouteArgs,
    own: pulumi.CustomResourceOptions,
  ) {
    const name = `${slug}-outpost`;
    new kubernetes.apiextensions.CustomResource(
      name,
      {
        apiVersion: "traefik.io/v1alpha1",
        kind: "Middleware",
        metadata: { name, namespace },
        spec: {
          forwardAuth: {
            address: pulumi.interpolate`http://${outpost.host}${OUTPOST_PATH}/auth/traefik`,
            // Else a client behind a trusted load balancer could claim a public path.
            trustForwardHeader: false,
            authResponseHeaders: HEADERS,
          },
        },
      },
      own,
    );
    return {
      "traefik.ingress.kubernetes.io/router.middlewares": pulumi.interpolate`${namespace}-${name}@kubernetescrd`,
    };
  }
}
