import { nameOf, UNKNOWN, type Resource } from "../../state/resources";
import { compare, type Application } from "../model/applications";
import { objectName, type Change } from "../model/change";
import type { Finding } from "./finding";
import type { Picture } from "../model/picture";
import { isPathPublic } from "../model/public-path";
import { names, say } from "../../shell/words";

/** What stands before a proxied application: routes, what they are told by, and patches of such. */
const ROUTE =
  /^kubernetes:(?:networking\.k8s\.io\/v1:Ingress|traefik\.io\/\w+:\w+|core\/v1:(?:ConfigMap|Service))(?:Patch)?$/;
const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
const SERVICE = "kubernetes:core/v1:Service";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const PROTECTED_ROUTE = "plana:sso:ProtectedRoute$";

/** The Service of the server's pods, through which the outpost is asked. */
const OUTPOST_SERVICE = "authentik-proxy";
/** Where the outpost answers on an application's own host. */
const OUTPOST_PATH = "/outpost.goauthentik.io";

/** Whether a change is about what stands before an application; each is told here, or follows from what is told. */
export function isRoute({ key, before, after }: Change): boolean {
  const resource = after ?? before;
  if (!resource || !ROUTE.test(resource.type)) return false;
  return (
    key.includes(PROTECTED_ROUTE) ||
    /:Ingress|traefik\.io/.test(resource.type) ||
    (resource.type === SERVICE && resource.name === OUTPOST_SERVICE)
  );
}

/**
 * Whether a login is asked is said in annotations and settings that only who reads them can judge. Left out is what a
 * new application needs and nothing else, and an Ingress that follows from the public paths of its application, which
 * are told as these.
 */
export function routeFindings(before: Picture, after: Picture, changes: readonly Change[]): Finding[] {
  const told = changes.filter((change) => {
    const { op, before: old, after: now } = change;
    if (!isRoute(change)) return false;
    if (op === "same") return ignoresMore(old, now);
    const resource = now ?? old;
    if (!resource || !change.key.includes(PROTECTED_ROUTE)) return true;
    // The component is called after its application.
    const slug = nameOf(resource.parent ?? "");
    const [was, is] = [before, after].map(({ applications }) =>
      [...applications.values()].find((application) => application.slug === slug),
    );
    if (op === "delete" && !is) return false;
    if (op === "create" && !was && is && now) return !asExpected(now, is, after);
    return !followsPaths(change, was, is);
  });
  if (told.length === 0) return [];
  return [
    {
      rule: "route",
      text: say`Changes how requests reach an application before a login is asked: ${names(told.map(objectName).sort(compare), 10)}. Read it.`,
    },
  ];
}

/** Whether a resource leaves more than before as the server has it, whatever the program says. */
export function ignoresMore(old: Resource | undefined, now: Resource | undefined): boolean {
  return (
    old !== undefined && (now?.ignoreChanges ?? []).some((property) => !old.ignoreChanges?.includes(property))
  );
}

/** Whether an Ingress that lets through has the paths that its application tells, and changes nothing else. */
function followsPaths(
  { op, before: old, after: now, differing }: Change,
  was: Application | undefined,
  is: Application | undefined,
): boolean {
  if ((now ?? old)?.type !== INGRESS || !was || !is || ignoresMore(old, now)) return false;
  if (was.publicPaths.join("\n") === is.publicPaths.join("\n")) return false;
  if (op === "delete")
    return old !== undefined && isOfPaths(old, was.publicPaths) && !isOfPaths(old, is.publicPaths);
  if (!now || !isOfPaths(now, is.publicPaths)) return false;
  if (op === "create") return isAt(now, is);
  if (op !== "update" || !old || [...differing].some((property) => property !== "spec")) return false;
  const [oldPaths, newPaths] = [old, now].map(withoutPaths);
  return oldPaths === newPaths && isOfPaths(old, was.publicPaths) && isAt(now, is);
}

interface Path {
  readonly host: string;
  readonly path: string;
  readonly type: string;
  readonly backend: string;
}

/** The paths of an Ingress; undefined where one is not known, or everything is taken. */
function pathsOf({ inputs }: Resource): Path[] | undefined {
  const { rules, defaultBackend } = recordOf(inputs.spec);
  if (!Array.isArray(rules) || defaultBackend !== undefined) return undefined;
  const paths = rules.flatMap((rule: unknown): (Path | undefined)[] => {
    const { host, http } = recordOf(rule);
    const listed = recordOf(http).paths;
    if (!Array.isArray(listed)) return [undefined];
    return listed.map((one: unknown) => {
      const { path, pathType, backend } = recordOf(one);
      if (typeof host !== "string" || typeof path !== "string" || path === UNKNOWN) return undefined;
      return {
        host,
        path,
        type: String(pathType),
        backend: String(recordOf(recordOf(backend).service).name),
      };
    });
  });
  return paths.every((path) => path !== undefined) ? paths : undefined;
}

/** Whether an Ingress has exact public paths alone. */
function isOfPaths(ingress: Resource, expressions: readonly string[]): boolean {
  const paths = pathsOf(ingress);
  if (!paths || paths.length === 0) return false;
  return paths.every(({ path, type }) => type === "Exact" && isPathPublic(path, expressions));
}

/** Whether the host, and where it is known the Service, are those of the application. */
function isAt(ingress: Resource, { front }: Application): boolean {
  return (pathsOf(ingress) ?? []).every(({ host }) => front.endsWith(` https://${host}`));
}

/** Everything of an Ingress that decides beside its paths: class, TLS, and where they lead. */
function withoutPaths(ingress: Resource): string {
  const { rules, ...spec } = recordOf(ingress.inputs.spec);
  const led = new Set(
    (pathsOf(ingress) ?? []).map(({ host, type, backend }) => `${host} ${type} ${backend}`),
  );
  return JSON.stringify([spec, Array.isArray(rules), [...led].sort()]);
}

function annotationsOf({ inputs }: Resource): Readonly<Record<string, unknown>> {
  return recordOf(recordOf(inputs.metadata).annotations);
}

function asksOutpost(ingress: Resource): boolean {
  const annotations = annotationsOf(ingress);
  const address = annotations["nginx.ingress.kubernetes.io/auth-url"];
  const middlewares = annotations["traefik.ingress.kubernetes.io/router.middlewares"];
  return (
    (typeof address === "string" &&
      address.startsWith(`http://${OUTPOST_SERVICE}.`) &&
      address.endsWith(`${OUTPOST_PATH}/auth/nginx`)) ||
    (typeof middlewares === "string" && (middlewares === UNKNOWN || middlewares.includes("-outpost@")))
  );
}

/** Whether what a new application brings is what the component makes: everything asks but public paths and the login. */
function asExpected(made: Resource, application: Application, after: Picture): boolean {
  switch (made.type) {
    case INGRESS: {
      const paths = pathsOf(made);
      if (!paths || !isAt(made, application)) return false;
      if (isOfPaths(made, application.publicPaths)) return true;
      const toOutpost = paths.every(
        ({ path, backend }) =>
          path === OUTPOST_PATH && [OUTPOST_SERVICE, `${application.slug}-outpost`].includes(backend),
      );
      return toOutpost || asksOutpost(made);
    }
    case SERVICE: {
      const { externalName, type } = recordOf(made.inputs.spec);
      const host = after.state.ofType(SERVICE).flatMap(({ values, resource }) => {
        const { namespace } = recordOf(values.metadata);
        return resource.name === OUTPOST_SERVICE ? [`${OUTPOST_SERVICE}.${String(namespace)}.svc.`] : [];
      });
      return (
        type === "ExternalName" &&
        typeof externalName === "string" &&
        host.some((start) => externalName.startsWith(start))
      );
    }
    case CONFIG_MAP:
      // Else an app password would do for a login.
      return recordOf(made.inputs.data).Authorization === "";
    default: {
      const { forwardAuth, headers } = recordOf(made.inputs.spec);
      return forwardAuth === undefined
        ? recordOf(recordOf(headers).customRequestHeaders).Authorization === ""
        : recordOf(forwardAuth).trustForwardHeader === false &&
            !JSON.stringify(forwardAuth).toLowerCase().includes('"authorization"');
    }
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
