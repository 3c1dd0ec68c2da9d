import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { IDENTITY_HEADERS, OUTPOST_PATH, type Route, type RouteContext } from "./route";

/**
 * Of the outpost's own paths those by which a controller asks for a session. They take whatever `Authorization` a client
 * sends, an app password too, and answer with the cookie of a session, so under a public host they are the application's.
 */
const ASKED_BY_CONTROLLERS = `${OUTPOST_PATH}/auth`;

const nginx = (name: string) => `nginx.ingress.kubernetes.io/${name}`;

/** Authentik's answers carry headers beyond the 4k that nginx reads by default (goauthentik/authentik#10010). */
const BUFFER = { [nginx("proxy-buffer-size")]: "16k" };

/**
 * Routes by ingress-nginx: everything asks the outpost first, which decides by the path as the client sent it
 * (`nginx.tmpl`: the auth location passes a client's headers on and gives `$request_uri` as `X-Original-URL`).
 *
 * **What this cannot close.** The outpost lets through every raw path that begins with its own prefix, and nginx resolves
 * `..` only for itself: `/outpost.goauthentik.io/../index.php` comes to the application without a login (read in
 * `mode_forward.go`). The header that used to tell another path, `X-Original-URI`, is no longer read since 2026.2.3, because
 * clients could forge it (GHSA-5wcc-hf24-rf5h), and annotations cannot refuse a raw path without snippets, which controllers
 * refuse by default. It is closed in the controller's own configuration (docs/nginx.md); `ops doctor` tries it. Traefik
 * gives the outpost no such exemption.
 *
 * No `use-regex`: it turns every path of the host, exact ones too, into a prefix that ignores case.
 */
export function nginxRoutes(context: RouteContext): Route[] {
  const { slug, namespace, certificate, toApplication, toOutpost } = context;
  const { tls } = certificate;
  return [
    {
      name: `${slug}-protected`,
      namespace,
      // The one that owns the certificate; the others use it.
      annotations: { ...certificate.annotations, ...askOutpost(context) },
      tls,
      paths: ["/", ASKED_BY_CONTROLLERS].map((path) => ({
        path,
        pathType: "Prefix",
        backend: toApplication,
      })),
    },
    {
      name: `${slug}-login`,
      namespace,
      annotations: BUFFER,
      tls,
      paths: [{ path: OUTPOST_PATH, pathType: "Prefix", backend: toOutpost }],
    },
  ];
}

/** Annotations that make nginx ask the outpost first, with the headers of a ConfigMap of its own. */
function askOutpost({
  slug,
  namespace,
  host,
  outpost,
  opts,
}: RouteContext): Record<string, pulumi.Input<string>> {
  const name = `${slug}-outpost-headers`;
  const headers = new kubernetes.core.v1.ConfigMap(
    name,
    {
      metadata: { name, namespace },
      data: {
        // The outpost knows an application by its host, but nginx asks it under the outpost's own.
        "X-Forwarded-Host": host,
        // A client's own, which an older outpost would believe. An empty value drops a header.
        "X-Original-URI": "",
        // Else an app password would do for a login, past the second factor.
        Authorization: "",
      },
    },
    opts,
  );
  return {
    ...BUFFER,
    [nginx("auth-url")]: pulumi.interpolate`http://${outpost.host}${OUTPOST_PATH}/auth/nginx`,
    // The way back is in `rd`, and so does not depend on what the outpost is told of the path.
    [nginx("auth-signin")]: `https://${host}${OUTPOST_PATH}/start?rd=https://${host}$escaped_request_uri`,
    [nginx("auth-response-headers")]: ["Set-Cookie", ...IDENTITY_HEADERS].join(","),
    [nginx("auth-proxy-set-headers")]: pulumi.interpolate`${namespace}/${headers.metadata.name}`,
  };
}
