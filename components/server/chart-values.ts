/** What the chart is told. Nothing here is a secret. */
export interface ChartValuesArgs {
  /** Public host of Authentik. */
  readonly host: string;
  /** Name of the Secret with all settings. */
  readonly settingsSecret: string;
  /** Digest of the settings; a change rolls the pods. */
  readonly settingsChecksum: string;
  readonly replicas: { readonly server: number; readonly worker: number };
  readonly ingress: IngressClass;
}

/** How public hosts are served. */
export interface IngressClass {
  readonly controller: "nginx" | "traefik";
  readonly className: string;
  /** cert-manager ClusterIssuer; without one the ingress controller's default certificate is used. */
  readonly tlsIssuer?: string;
}

/** Section `tls` of an Ingress. */
export type TlsSection = readonly { readonly hosts: string[]; readonly secretName?: string }[];

/**
 * Annotations of every Ingress that is served with TLS. Traefik takes its certificates from the Ingress, but makes a
 * route without TLS unless it is told so (or its entry point is).
 */
export function served({ controller }: IngressClass): Readonly<Record<string, string>> {
  return controller === "traefik" ? { "traefik.ingress.kubernetes.io/router.tls": "true" } : {};
}

/** Annotations and TLS section of the Ingress that owns the certificate of `host`. */
export function tls(
  host: string,
  ingress: IngressClass,
  secretName: string,
): { readonly annotations: Readonly<Record<string, string>>; readonly tls: TlsSection } {
  const issuer: Record<string, string> = ingress.tlsIssuer
    ? { "cert-manager.io/cluster-issuer": ingress.tlsIssuer }
    : {};
  return {
    annotations: { ...served(ingress), ...issuer },
    tls: [ingress.tlsIssuer ? { hosts: [host], secretName } : { hosts: [host] }],
  };
}

/**
 * Values of the chart `authentik` (2026.5): server and worker, external database, settings from the program's own
 * Secret, so every `authentik.*` value is ignored by the chart.
 */
export function chartValues(args: ChartValuesArgs) {
  // What is probed is the chart's; only the patience is ours: a start may run migrations for ten minutes.
  const probes = {
    startupProbe: { periodSeconds: 10, failureThreshold: 60 },
    livenessProbe: { periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { periodSeconds: 10, failureThreshold: 3 },
  };
  const resources = { requests: { cpu: "250m", memory: "768Mi" }, limits: { memory: "1536Mi" } };
  const onePodStays = { enabled: true, minAvailable: 1 };
  return {
    global: { podAnnotations: { "plana.solutions/settings-checksum": args.settingsChecksum } },
    authentik: { existingSecret: { secretName: args.settingsSecret } },
    server: {
      replicas: args.replicas.server,
      resources,
      ...probes,
      // A budget of one on a single pod would block every drain of its node.
      pdb: args.replicas.server > 1 ? onePodStays : { enabled: false },
      ingress: {
        enabled: true,
        ingressClassName: args.ingress.className,
        hosts: [args.host],
        ...tls(args.host, args.ingress, "authentik-tls"),
      },
    },
    worker: {
      replicas: args.replicas.worker,
      // Said although it is the default: a release that had an account of its own, as the chart makes it unless told, would
      // keep its name on the Deployment (the API server fills it in again from an older field) and lose the account itself.
      serviceAccountName: "default",
      resources,
      ...probes,
      pdb: args.replicas.worker > 1 ? onePodStays : { enabled: false },
    },
    postgresql: { enabled: false },
    // The chart's cluster role lets Authentik deploy outposts; the embedded one needs none.
    serviceAccount: { create: false },
  };
}
