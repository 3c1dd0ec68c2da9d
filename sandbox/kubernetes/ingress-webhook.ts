import { StatusError } from "./status-error";

interface Ingress {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: unknown;
  };
  readonly spec?: unknown;
}

interface Spec {
  readonly ingressClassName?: string;
  readonly rules?: readonly {
    readonly host?: string;
    readonly http?: { readonly paths?: readonly { readonly path?: string }[] };
  }[];
}

const CANARY = "nginx.ingress.kubernetes.io/canary";
const CLASS = "kubernetes.io/ingress.class";

/**
 * What ingress-nginx's admission webhook refuses: a host and path that another Ingress of the same class has, in
 * whatever namespace.
 */
export function refuseRoutesTwice(ingress: Ingress, others: readonly Ingress[]): void {
  const { class: own, canary, routes } = read(ingress);
  if (own !== "nginx" || canary) return;
  for (const other of others) {
    const { namespace = "", name } = other.metadata;
    const { class: theirs, canary: isCanary, routes: taken } = read(other);
    if (
      theirs !== own ||
      isCanary ||
      (namespace === ingress.metadata.namespace && name === ingress.metadata.name)
    )
      continue;
    const [twice] = routes.filter(({ host, path }) =>
      taken.some((route) => route.host === host && bare(route.path) === bare(path)),
    );
    if (twice)
      throw new StatusError(
        400,
        "BadRequest",
        `admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "${twice.host}" and path "${twice.path}" is already defined in ingress ${namespace}/${name}`,
      );
  }
}

function bare(path: string): string {
  return path.replace(/(.)\/+$/, "$1");
}

function read({ metadata, spec }: Ingress) {
  const annotations = (metadata.annotations ?? {}) as Readonly<Record<string, string>>;
  const { ingressClassName = annotations[CLASS], rules = [] } = (spec ?? {}) as Spec;
  const routes = rules.flatMap(({ host = "_", http }) =>
    (http?.paths ?? []).map(({ path = "/" }) => ({ host, path })),
  );
  return { class: ingressClassName, canary: annotations[CANARY] === "true", routes };
}
