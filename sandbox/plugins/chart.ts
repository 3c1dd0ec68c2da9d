import { CHART_VERSION } from "../../stacks/versions";
import type { Failure } from "./server";
import { isObject, objectOf, type Properties, textOf, type Value, without } from "./wire";

/** The one chart the sandbox knows, and where it comes from. */
export const CHART = {
  name: "authentik",
  version: CHART_VERSION,
  repository: "https://charts.goauthentik.io",
};

/** Top-level values of the chart. Everything that older charts had beside these makes it fail on purpose. */
const VALUES = [
  "additionalObjects",
  "authentik",
  "blueprints",
  "fullnameOverride",
  "geoip",
  "global",
  "kubeVersionOverride",
  "nameOverride",
  "postgresql",
  "prometheus",
  "server",
  "serviceAccount",
  "worker",
];

/** The value at a dotted path. */
export function valueAt(values: Value | undefined, path: string): Value | undefined {
  return path.split(".").reduce<Value | undefined>((inner, name) => objectOf(inner)[name], values);
}

/** Refuses values that the chart would refuse. */
export function checkValues(values: Properties): Failure[] {
  const unknown = Object.keys(values).filter((name) => !VALUES.includes(name));
  const bundled =
    valueAt(values, "postgresql.enabled") !== false && !valueAt(values, "postgresql.auth.password");
  const external =
    "postgresql.enabled is not false and postgresql.auth.password is empty: the bundled database would not start";
  return [
    ...unknown.map((name) => ({
      property: `values.${name}`,
      reason: `"${name}" is deprecated or unknown: chart ${CHART.name} ${CHART.version} has ${VALUES.join(", ")}`,
    })),
    ...(bundled ? [{ property: "values.postgresql", reason: external }] : []),
  ];
}

/** What the chart has under `authentik` by itself; the database is the subchart's. */
const SETTINGS = (release: string): Properties => ({
  log_level: "info",
  events: { context_processors: { geoip: "/geoip/GeoLite2-City.mmdb", asn: "/geoip/GeoLite2-ASN.mmdb" } },
  web: { path: "/" },
  email: { port: 587, use_tls: false, use_ssl: false, timeout: 30 },
  outposts: { container_image_base: "ghcr.io/goauthentik/%(type)s:%(version)s" },
  error_reporting: { enabled: false, environment: "k8s", send_pii: false },
  postgresql: { host: `${release}-postgresql`, name: "authentik", user: "authentik", port: 5432 },
});

/** What is given, over what the chart has. */
function over(defaults: Properties, given: Properties): Properties {
  const merged = Object.entries(given).map(([name, value]): [string, Value] => {
    const own = defaults[name];
    return [name, isObject(value) && isObject(own) ? over(own, value) : value];
  });
  return { ...defaults, ...Object.fromEntries(merged) };
}

/** `authentik.email.port` becomes `AUTHENTIK_EMAIL__PORT`; what is empty is left out. */
function environment(values: Properties, prefix = "AUTHENTIK_"): Properties {
  return Object.assign(
    {},
    ...Object.entries(values).map(([name, value]): Properties => {
      const key = `${prefix}${name.toUpperCase()}`;
      if (isObject(value)) return environment(value, `${key}__`);
      return value === "" ? {} : { [key]: textOf(value) };
    }),
  ) as Properties;
}

/** Where the pods listen, which the chart says itself beside the settings. */
const LISTEN = [
  ["HTTP", "9000"],
  ["HTTPS", "9443"],
  ["METRICS", "9300"],
].map(([name, port]) => ({ name: `AUTHENTIK_LISTEN__${name}`, value: `0.0.0.0:${port}` }));

/** The Secret that holds the server's settings, and whether the chart makes it. */
export function settings(release: string, values: Properties): { name: string; own?: Properties } {
  const existing = textOf(valueAt(values, "authentik.existingSecret.secretName"));
  if (existing) return { name: existing };
  const own = without(objectOf(values.authentik), "existingSecret", "enabled");
  return { name: fullName(release), own: environment(over(SETTINGS(release), own)) };
}

function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

function fullName(release: string): string {
  return release.includes(CHART.name) ? release : `${release}-${CHART.name}`;
}

/** The objects that the chart makes of its values. */
export function render(release: string, namespace: string, values: Properties): Properties[] {
  const full = fullName(release);
  const selector = (component: string): Properties => ({
    "app.kubernetes.io/name": CHART.name,
    "app.kubernetes.io/instance": release,
    "app.kubernetes.io/component": component,
  });
  const labels = (component: string): Properties => ({
    ...selector(component),
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/version": CHART.version,
    "helm.sh/chart": `${CHART.name}-${CHART.version}`,
  });
  const frame = (
    apiVersion: string,
    kind: string,
    name: string,
    component: string,
    rest: Properties,
  ): Properties => ({
    apiVersion,
    kind,
    metadata: { name, namespace, labels: labels(component) },
    ...rest,
  });
  const { name: secretName, own } = settings(release, values);
  const objects = own ? [frame("v1", "Secret", full, "server", { stringData: own })] : [];

  for (const component of ["server", "worker"]) {
    const part = objectOf(values[component]);
    const name = `${full}-${component}`;
    const annotations = {
      ...objectOf(valueAt(values, "global.podAnnotations")),
      ...objectOf(part.podAnnotations),
    };
    const container: Properties = {
      name: component,
      image: `ghcr.io/goauthentik/server:${CHART.version}`,
      args: [component],
      env: [...listOf(valueAt(values, "global.env")), ...listOf(part.env), ...LISTEN],
      envFrom: [
        { secretRef: { name: secretName } },
        ...listOf(valueAt(values, "global.envFrom")),
        ...listOf(part.envFrom),
      ],
      resources: part.resources ?? {},
      ...(component === "server"
        ? {
            ports: [
              { name: "http", containerPort: 9000 },
              { name: "https", containerPort: 9443 },
            ],
          }
        : {}),
    };
    // The server's pods have an account only where they are given one.
    const made =
      component === "worker" && valueAt(values, "serviceAccount.create") !== false ? full : undefined;
    const account = textOf(part.serviceAccountName) || made;
    const template = {
      metadata: { labels: labels(component), annotations },
      spec: { ...(account ? { serviceAccountName: account } : {}), containers: [container] },
    };
    const spec = { replicas: part.replicas ?? 1, selector: { matchLabels: selector(component) }, template };
    objects.push(frame("apps/v1", "Deployment", name, component, { spec }));
    const { enabled, minAvailable, maxUnavailable } = objectOf(part.pdb);
    if (!enabled) continue;
    const budget: Properties = maxUnavailable ? { maxUnavailable } : { minAvailable: minAvailable ?? 0 };
    const pdb = { spec: { ...budget, selector: { matchLabels: selector(component) } } };
    objects.push(frame("policy/v1", "PodDisruptionBudget", name, component, pdb));
  }

  const ports = [
    { name: "http", port: 80, targetPort: "http", protocol: "TCP" },
    { name: "https", port: 443, targetPort: "https", protocol: "TCP" },
  ];
  objects.push(
    frame("v1", "Service", `${full}-server`, "server", { spec: { ports, selector: selector("server") } }),
  );
  const ingress = objectOf(valueAt(values, "server.ingress"));
  if (ingress.enabled) {
    const service = { name: `${full}-server`, port: { name: "http" } };
    const paths = [{ path: "/", pathType: ingress.pathType ?? "Prefix", backend: { service } }];
    const rules = (Array.isArray(ingress.hosts) ? ingress.hosts : []).map((host) => ({
      host,
      http: { paths },
    }));
    const named: Properties = ingress.ingressClassName ? { ingressClassName: ingress.ingressClassName } : {};
    const spec: Properties = { ...named, rules, tls: ingress.tls ?? [] };
    objects.push(frame("networking.k8s.io/v1", "Ingress", `${full}-server`, "server", { spec }));
  }
  if (valueAt(values, "serviceAccount.create") !== false)
    objects.push(frame("v1", "ServiceAccount", full, "server", {}));
  return objects;
}
