import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { chartValues, type IngressClass } from "./chart-values";
import { SettingsSecret, type Database } from "./settings-secret";

/** Name of the Helm release, from which the names of its Services follow. */
const RELEASE = "authentik";

/** Fields of a Service that the cluster fills in: one that is adopted has them, and must not be replaced for them. */
const SERVER_FILLS_IN = ["spec.clusterIP", "spec.clusterIPs"];

export interface ServerArgs {
  readonly namespace: string;
  /** Public host of Authentik. */
  readonly host: string;
  /** The chart from its repository, or from `path` where the cluster has no internet. */
  readonly chart: { readonly version: string; readonly path?: string };
  readonly database: Database;
  readonly secretKey: pulumi.Output<string>;
  readonly bootstrapToken: pulumi.Output<string>;
  /** Further settings of the server, by its own names. */
  readonly furtherSettings: pulumi.Output<Readonly<Record<string, string>>>;
  readonly replicas: { readonly server: number; readonly worker: number };
  readonly ingress: IngressClass;
  /** DNS domain of the cluster, e.g. `cluster.local`. */
  readonly clusterDomain: string;
  /** Whether `up` waits until the pods are ready. */
  readonly waitUntilReady: boolean;
  /** Whether the release is there already: it is then imported, in the same `up` that updates it. */
  readonly adoptRelease: boolean;
}

/** The Authentik server and worker, from the upstream Helm chart, with settings that Helm never owns. */
export class Server extends pulumi.ComponentResource {
  /** The Service `authentik-proxy`, through which the embedded outpost is reached. */
  readonly outpost: {
    readonly name: pulumi.Output<string>;
    readonly namespace: pulumi.Output<string>;
    /** Cluster-internal host. */
    readonly host: pulumi.Output<string>;
  };

  constructor(name: string, args: ServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Server", name, {}, opts);
    const namespace = new kubernetes.core.v1.Namespace(
      args.namespace,
      { metadata: { name: args.namespace } },
      { parent: this, protect: true },
    ).metadata.name;

    const settings = new SettingsSecret(
      "settings",
      {
        namespace,
        secretName: "authentik-settings",
        database: args.database,
        secretKey: args.secretKey,
        bootstrapToken: args.bootstrapToken,
        further: args.furtherSettings,
      },
      { parent: this },
    );

    const release = new kubernetes.helm.v3.Release(
      RELEASE,
      {
        name: RELEASE,
        namespace,
        chart: args.chart.path ?? "authentik",
        version: args.chart.path ? undefined : args.chart.version,
        repositoryOpts: args.chart.path ? undefined : { repo: "https://charts.goauthentik.io" },
        values: pulumi
          .all([settings.secretName, settings.checksum])
          .apply(([settingsSecret, settingsChecksum]) =>
            chartValues({
              host: args.host,
              settingsSecret,
              settingsChecksum,
              replicas: args.replicas,
              ingress: args.ingress,
            }),
          ),
        skipAwait: !args.waitUntilReady,
        // Seconds: longer than the pods' own patience, image pull included.
        timeout: 900,
      },
      // The values hold no secret, but a release that is adopted brings its old values, secret key included, into
      // the state.
      {
        parent: this,
        protect: true,
        additionalSecretOutputs: ["values"],
        import: args.adoptRelease ? `${args.namespace}/${RELEASE}` : undefined,
      },
    );

    const proxy = new kubernetes.core.v1.Service(
      "authentik-proxy",
      {
        metadata: {
          name: "authentik-proxy",
          namespace,
          // Its pods are the release's; whether they are ready is the release's to tell.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          // Said, since one that is adopted may be an ExternalName, which the API server refuses without its name.
          type: "ClusterIP",
          selector: {
            "app.kubernetes.io/name": "authentik",
            "app.kubernetes.io/instance": RELEASE,
            "app.kubernetes.io/component": "server",
          },
          ports: [{ name: "http", port: 80, targetPort: "http" }],
        },
      },
      { parent: this, dependsOn: release, ignoreChanges: SERVER_FILLS_IN },
    );
    this.outpost = {
      name: proxy.metadata.name,
      namespace,
      host: pulumi.interpolate`${proxy.metadata.name}.${namespace}.svc.${args.clusterDomain}`,
    };
    this.registerOutputs({});
  }
}
