import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { served, tls } from "../server/chart-values";
import { nginxRoutes } from "./nginx-routes";
import type { ProtectedRouteArgs, Route, RouteContext } from "./route";
import { traefikRoutes } from "./traefik-routes";

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
 * Public folders and patterns are decided by the outpost's expressions: an ingress path is a prefix, and a prefix
 * match before `..` is resolved can be walked out of. How each controller is told: `nginx-routes.ts`,
 * `traefik-routes.ts`.
 */
export class ProtectedRoute extends pulumi.ComponentResource {
  /** @param slug slug of the application; also the prefix of the resource names. */
  constructor(slug: string, args: ProtectedRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:ProtectedRoute", slug, {}, opts);
    const { namespace, host, ingress } = args;
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
    const context: RouteContext = {
      ...args,
      slug,
      toApplication: { service: { name: args.service.name, port: { number: args.service.port } } },
      toOutpost: { service: { name: outpost.metadata.name, port: { number: 80 } } },
      certificate: tls(host, ingress, `${slug}-tls`),
      opts: own,
    };
    const routes = [
      ...(ingress.controller === "nginx" ? nginxRoutes(context) : traefikRoutes(context)),
      ...exactRoute(context),
    ];
    for (const { name, annotations, paths, ...route } of routes) {
      new kubernetes.networking.v1.Ingress(
        name,
        {
          metadata: {
            name,
            namespace: route.namespace,
            annotations: { ...SKIP_AWAIT, ...served(ingress), ...annotations },
          },
          spec: {
            ingressClassName: ingress.className,
            tls: [...route.tls],
            rules: [{ host, http: { paths: [...paths] } }],
          },
        },
        own,
      );
    }
    this.registerOutputs({});
  }
}

/** The exact public paths, past the outpost. */
function exactRoute({ slug, namespace, publicPaths, certificate, toApplication }: RouteContext): Route[] {
  const exact = publicPaths.flatMap((path) => ("exact" in path ? [path.exact] : []));
  if (exact.length === 0) return [];
  return [
    {
      name: `${slug}-public`,
      namespace,
      annotations: {},
      tls: certificate.tls,
      paths: exact.map((path) => ({ path, pathType: "Exact", backend: toApplication })),
    },
  ];
}
