/** One kind of object that the sandbox cluster knows: a row here is all that a new kind takes. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Paths that the API server never changes in place. */
  readonly immutable: readonly string[];
  /** Custom resources have no published model of their fields. */
  readonly custom: boolean;
}

function rows(apiVersion: string, text: string, custom = false): Kind[] {
  const lines = text.trim().split("\n");
  return lines.map((line) => {
    const [kind = "", plural = "", scope = "", ...immutable] = line.trim().split(/\s+/);
    return { apiVersion, kind, plural, namespaced: scope === "namespaced", immutable, custom };
  });
}

/** Columns: kind, plural, scope, immutable paths. */
export const KINDS: readonly Kind[] = [
  ...rows(
    "v1",
    `Namespace namespaces cluster
     Secret secrets namespaced type
     ConfigMap configmaps namespaced
     Service services namespaced spec.clusterIP
     ServiceAccount serviceaccounts namespaced
     PersistentVolumeClaim persistentvolumeclaims namespaced spec.storageClassName
     Pod pods namespaced spec.containers`,
  ),
  ...rows(
    "apps/v1",
    `Deployment deployments namespaced spec.selector
     StatefulSet statefulsets namespaced spec.selector
     DaemonSet daemonsets namespaced spec.selector`,
  ),
  ...rows("batch/v1", "Job jobs namespaced spec.template"),
  ...rows("coordination.k8s.io/v1", "Lease leases namespaced"),
  ...rows("networking.k8s.io/v1", "Ingress ingresses namespaced\nNetworkPolicy networkpolicies namespaced"),
  ...rows("policy/v1", "PodDisruptionBudget poddisruptionbudgets namespaced"),
  ...rows(
    "rbac.authorization.k8s.io/v1",
    `ClusterRole clusterroles cluster
     ClusterRoleBinding clusterrolebindings cluster roleRef
     Role roles namespaced
     RoleBinding rolebindings namespaced roleRef`,
  ),
  ...rows(
    "traefik.io/v1alpha1",
    "Middleware middlewares namespaced\nIngressRoute ingressroutes namespaced",
    true,
  ),
];

/** The kind by its name, or nothing. */
export function kindNamed(apiVersion: string, kind: string): Kind | undefined {
  return KINDS.find((row) => row.apiVersion === apiVersion && row.kind === kind);
}

/** The path of a collection, or of one object in it. */
export function pathOf(kind: Kind, namespace: string, name?: string): string {
  const root = kind.apiVersion.includes("/") ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
  const scope = kind.namespaced && namespace ? `/namespaces/${namespace}` : "";
  return `${root}${scope}/${kind.plural}${name ? `/${name}` : ""}`;
}

/** What is at a dotted path of an object. */
export function at(object: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, name) => (value && typeof value === "object" ? Reflect.get(value, name) : undefined),
      object,
    );
}
