import type { KubernetesObject, V1Ingress, V1IngressSpec } from "@kubernetes/client-node";

import type { Live } from "../live/connect";
import { placeOf } from "../identity/cluster-objects";
import { RELEASE, type Resource } from "../state/resources";
import { isMap } from "./fields";

/** A live route whose host and path `up` would give to another one. */
export interface RouteInTheWay {
  /** As `Ingress matomo/matomo`. */
  readonly route: string;
  readonly host: string;
  readonly path: string;
  /** Ingress that `up` would make. */
  readonly wanted: string;
  /** What to do about it. */
  readonly mend: string;
}

interface Route {
  /** Namespace and name of what makes it. */
  readonly place: string;
  readonly class?: string;
  readonly host: string;
  readonly path: string;
}

const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
const CLASS = "kubernetes.io/ingress.class";
const CANARY = "nginx.ingress.kubernetes.io/canary";
const MANAGED_BY = "app.kubernetes.io/managed-by";
const FLUX = "kustomize.toolkit.fluxcd.io/name";

/** A route of Traefik's own kind. */
interface IngressRoute extends KubernetesObject {
  readonly spec?: { readonly routes?: readonly { readonly match?: string }[] };
}

/**
 * Live routes that stand in the way of those that `up` makes: same host and path, under another name. ingress-nginx
 * refuses the second one ("host … and path … is already defined in ingress …"), which would end `up`, or the upgrade
 * of the Helm release, half way; Traefik takes both, and the old one may win, which asks for no login.
 *
 * @param desired all resources of the program.
 */
export async function routesInTheWay(
  desired: readonly Resource[],
  { cluster }: Pick<Live, "cluster">,
): Promise<RouteInTheWay[]> {
  const byUrn = new Map(desired.map((resource) => [resource.urn, resource]));
  const wanted = new Map<string, Route>();
  for (const resource of desired) {
    for (const route of wantedRoutes(resource, byUrn)) wanted.set(keyOf(route), route);
  }
  if (wanted.size === 0) return [];
  const ingresses = await cluster.list<V1Ingress>("networking.k8s.io/v1", "Ingress");
  const others = await cluster.list<IngressRoute>("traefik.io/v1alpha1", "IngressRoute");
  const live = [
    ...ingresses.map((object) => ({ kind: "Ingress", object, routes: ingressRoutes(object) })),
    ...others.map((object) => ({ kind: "IngressRoute", object, routes: traefikRoutes(object) })),
  ];
  return live.flatMap(({ kind, object, routes }) =>
    routes.flatMap((route) => {
      const ours = wanted.get(keyOf(route));
      const isOurs = kind === "Ingress" && ours?.place === route.place;
      if (!ours || isOurs || ofOtherClasses(ours, route)) return [];
      const { host, path, place } = route;
      const mend = mendOf(object, kind.toLowerCase(), place);
      return [{ route: `${kind} ${place}`, host, path, wanted: ours.place, mend }];
    }),
  );
}

function wantedRoutes(resource: Resource, byUrn: ReadonlyMap<string, Resource>): Route[] {
  const place = placeOf(resource, byUrn);
  if (!place) return [];
  const prefix = `${place.namespace ?? ""}/`;
  if (resource.type === INGRESS) {
    return routesOf(prefix + place.name, resource.inputs.spec as V1IngressSpec | undefined);
  }
  if (resource.type !== RELEASE) return [];
  const { values } = resource.inputs;
  const server = isMap(values) && isMap(values.server) ? values.server : {};
  const ingress = isMap(server.ingress) ? server.ingress : {};
  if (ingress.enabled !== true || !Array.isArray(ingress.hosts)) return [];
  // The chart calls it after the release and the component.
  const name = place.name.includes("authentik") ? place.name : `${place.name}-authentik`;
  const path = typeof ingress.path === "string" ? ingress.path : "/";
  const className = typeof ingress.ingressClassName === "string" ? ingress.ingressClassName : undefined;
  return ingress.hosts.map((host) => ({
    place: `${prefix}${name}-server`,
    class: className,
    host: String(host),
    path,
  }));
}

function ingressRoutes(ingress: V1Ingress): Route[] {
  const annotations = ingress.metadata?.annotations ?? {};
  // The webhook lets a canary be beside another one.
  return annotations[CANARY] === "true" ? [] : routesOf(nameOf(ingress), ingress.spec, annotations[CLASS]);
}

function routesOf(place: string, spec: V1IngressSpec | undefined, annotated?: string): Route[] {
  const className = spec?.ingressClassName ?? annotated;
  return (spec?.rules ?? []).flatMap(({ host = "", http }) =>
    (http?.paths ?? []).map(({ path }) => ({ place, class: className, host, path: path ?? "/" })),
  );
}

/** Hosts and paths of a rule such as ``Host(`a.example.org`) && PathPrefix(`/b`)``. */
function traefikRoutes(object: IngressRoute): Route[] {
  const values = (rule: string, matcher: RegExp) =>
    [...rule.matchAll(matcher)].flatMap(([, list = ""]) =>
      [...list.matchAll(/[`"]([^`"]+)[`"]/g)].map(([, value = ""]) => value),
    );
  return (object.spec?.routes ?? []).flatMap(({ match = "" }) => {
    const paths = values(match, /\bPath(?:Prefix)?\(([^)]*)\)/g);
    return values(match, /\bHost\(([^)]*)\)/g).flatMap((host) =>
      (paths.length > 0 ? paths : ["/"]).map((path) => ({ place: nameOf(object), host, path })),
    );
  });
}

function nameOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
}

/** A prefix with a slash at its end serves the same requests as the one without. */
function keyOf({ host, path }: Route): string {
  return `${host.toLowerCase()} ${path.replace(/(.)\/+$/, "$1")}`;
}

/** Of two controllers, neither minds what the other serves. */
function ofOtherClasses(a: Route, b: Route): boolean {
  return a.class !== undefined && b.class !== undefined && a.class !== b.class;
}

function mendOf({ metadata }: KubernetesObject, kind: string, place: string): string {
  const [namespace = "", name = ""] = place.split("/");
  const labels = metadata?.labels ?? {};
  const object = `${kind} -n ${namespace} ${name}`;
  const remove = `kubectl get ${object} -o yaml > ${name}.yaml && kubectl delete ${object}`;
  if (labels[MANAGED_BY] === "goauthentik.io" || name.startsWith("ak-outpost-")) {
    return (
      "Authentik makes it for the embedded outpost's integration: set that to none (Applications, Outposts), " +
      `else it is made again; then ${remove}`
    );
  }
  if (labels[FLUX] !== undefined)
    return `Flux makes it (Kustomization ${labels[FLUX]}): take it out there; if it stays: ${remove}`;
  if (labels[MANAGED_BY] === "Helm")
    return `a Helm release makes it: switch its ingress off there; if it stays: ${remove}`;
  return remove;
}
