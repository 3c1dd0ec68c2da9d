import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { tls } from "../server/chart-values";
import { IDENTITY_HEADERS, OUTPOST_PATH, type Route, type RouteContext } from "./route";

/**
 * Routes by Traefik, which asks the outpost through a middleware and gives it the path itself (`X-Forwarded-Uri`), so
 * that no route of its own is needed for public folders.
 *
 * The login's route takes everything under the outpost's prefix: the outpost lets a path with that prefix through, so
 * no such path may reach the application.
 */
export function traefikRoutes(context: RouteContext): Route[] {
  const { slug, namespace, host, outpost, certificate, toApplication } = context;
  const login = tls(host, context.ingress, `${slug}-login-tls`);
  return [
    {
      name: `${slug}-protected`,
      namespace,
      annotations: {
        ...certificate.annotations,
        ...middleware(context, `${slug}-outpost`, namespace, {
          forwardAuth: {
            address: pulumi.interpolate`http://${outpost.host}${OUTPOST_PATH}/auth/traefik`,
            // Else a client behind a trusted load balancer could claim a public path.
            trustForwardHeader: false,
            // Without `Authorization`: an app password would do for a login, past the second factor.
            authRequestHeaders: ["Cookie", "Accept", "User-Agent"],
            authResponseHeaders: IDENTITY_HEADERS,
          },
        }),
      },
      tls: certificate.tls,
      paths: [{ path: "/", pathType: "Prefix", backend: toApplication }],
    },
    {
      // Traefik drops routes to ExternalName Services unless told otherwise, so it goes to the outpost's own Service,
      // whose namespace needs a certificate of its own.
      name: `${slug}-login`,
      namespace: outpost.namespace,
      annotations: {
        ...login.annotations,
        // An empty value drops the header: `/auth/traefik` is under this route, too.
        ...middleware(context, `${slug}-login`, outpost.namespace, {
          headers: { customRequestHeaders: { Authorization: "" } },
        }),
      },
      tls: login.tls,
      paths: [
        {
          path: OUTPOST_PATH,
          pathType: "Prefix",
          backend: { service: { name: outpost.name, port: { number: 80 } } },
        },
      ],
    },
  ];
}

/** A Middleware, and the annotation of the Ingress that goes through it, once it is there: else Traefik drops the route. */
function middleware(
  { opts }: RouteContext,
  name: string,
  namespace: pulumi.Input<string>,
  spec: Readonly<Record<string, unknown>>,
): Record<string, pulumi.Input<string>> {
  const { metadata } = new kubernetes.apiextensions.CustomResource(
    name,
    { apiVersion: "traefik.io/v1alpha1", kind: "Middleware", metadata: { name, namespace }, spec },
    opts,
  );
  return {
    "traefik.ingress.kubernetes.io/router.middlewares": pulumi.interpolate`${namespace}-${metadata.name}@kubernetescrd`,
  };
}
