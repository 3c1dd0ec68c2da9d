import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { folderOf, isPublic, skipPathRegexes } from "../applications/public-paths";
import { IDENTITY_HEADERS, OUTPOST_PATH, type Route, type RouteContext } from "./route";

/**
 * Of the outpost's own paths those by which a controller asks for a session. They take whatever `Authorization` a client
 * sends, an app password too, and answer with the cookie of a session, so under a public host they are the application's.
 */
const ASKED_BY_CONTROLLERS = `${OUTPOST_PATH}/auth`;

const nginx = (name: string) => `nginx.ingress.kubernetes.io/${name}`;

/** Authentik's answers carry headers beyond the 4k that nginx reads by default (goauthentik/authentik#10010). */
const BUFFER = { [nginx("proxy-buffer-size")]: "16k" };

/** What nginx tells the outpost of the path, in a header that the outpost prefers to `X-Original-URL`. */
const ORIGINAL_URI = {
  /** One path for all: the outpost then decides by the person alone. */
  whatever: "/",
  /** No such header, a client's own neither: the outpost decides by the URL that nginx gives it. */
  byPath: "",
} as const;

/**
 * Routes by ingress-nginx (`nginx.tmpl`: the auth location passes a client's headers on and gives the raw path as
 * `X-Original-URL`; `getNginxForwardUrl` of the outpost reads `X-Original-URI` first, and whoever asks for a path that
 * begins with its own prefix is let through).
 *
 * - Everything is protected whatever its path: neither a header nor `/outpost.goauthentik.io/../index.php` is believed.
 * - The folders in which some paths are public ask by path. What remains: there, a raw path can pretend the outpost's
 *   prefix and be let through, though only into that folder, since nginx has resolved the path before it chose it. So
 *   a public folder must hold static files, as Matomo's do.
 *
 * No `use-regex`: it turns every path of the host, exact ones too, into a prefix that ignores case. No snippet
 * annotations: controllers refuse them by default.
 */
export function nginxRoutes(context: RouteContext): Route[] {
  const { slug, namespace, certificate, publicPaths, toApplication, toOutpost } = context;
  if (isPublic(skipPathRegexes(publicPaths), ORIGINAL_URI.whatever)) {
    throw new Error(`${slug}: "${ORIGINAL_URI.whatever}" is public; expected every public path below it`);
  }
  const { tls } = certificate;
  const routes: Route[] = [
    {
      name: `${slug}-protected`,
      namespace,
      // The one that owns the certificate; the others use it.
      annotations: { ...certificate.annotations, ...askOutpost(context, "outpost-headers", "whatever") },
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
  const folders = [...new Set(publicPaths.flatMap((path) => folderOf(path) ?? []))].sort();
  if (folders.length > 0) {
    routes.push({
      name: `${slug}-public-folders`,
      namespace,
      annotations: askOutpost(context, "public-folders-headers", "byPath"),
      tls,
      paths: folders.map((path) => ({ path, pathType: "Prefix", backend: toApplication })),
    });
  }
  return routes;
}

/** Annotations that make nginx ask the outpost first, with the headers of a ConfigMap of its own. */
function askOutpost(
  { slug, namespace, host, outpost, opts }: RouteContext,
  suffix: string,
  decides: keyof typeof ORIGINAL_URI,
): Record<string, pulumi.Input<string>> {
  const name = `${slug}-${suffix}`;
  const headers = new kubernetes.core.v1.ConfigMap(
    name,
    {
      metadata: { name, namespace },
      data: {
        // The outpost knows an application by its host, but nginx asks it under the outpost's own.
        "X-Forwarded-Host": host,
        "X-Original-URI": ORIGINAL_URI[decides],
        // Else an app password would do for a login, past the second factor. An empty value drops a header.
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
