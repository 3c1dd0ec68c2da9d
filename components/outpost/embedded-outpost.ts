import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { EMBEDDED_OUTPOST } from "../builtin";
import { sortedJson } from "../naming";

export interface EmbeddedOutpostArgs {
  /** Uuid of the outpost, looked up or known. */
  readonly id: string;
  /** Public address of Authentik, where people log in. */
  readonly authentikUrl: string;
  /** Namespace in which Authentik runs. */
  readonly namespace: string;
  /** Numbers of the proxy providers. This is the one owner of the list. */
  readonly providers: readonly pulumi.Input<number>[];
}

/**
 * The outpost that runs inside the server pods, adopted. Its configuration is written whole: an empty
 * `authentik_host` would send callbacks to the wrong host. Callbacks land on each application's own host, which comes
 * from its provider, never on Authentik's.
 */
export class EmbeddedOutpost extends pulumi.ComponentResource {
  constructor(name: string, args: EmbeddedOutpostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:EmbeddedOutpost", name, {}, opts);
    new authentik.Outpost(
      name,
      {
        name: EMBEDDED_OUTPOST,
        type: "proxy",
        protocolProviders: [...args.providers],
        config: sortedJson({
          authentik_host: `${args.authentikUrl}/`,
          authentik_host_browser: "",
          authentik_host_insecure: false,
          log_level: "info",
          refresh_interval: "minutes=5",
          object_naming_template: "ak-outpost-%(name)s",
          container_image: null,
          docker_network: null,
          docker_map_ports: true,
          docker_labels: null,
          kubernetes_replicas: 1,
          kubernetes_namespace: args.namespace,
          kubernetes_ingress_annotations: {},
          kubernetes_ingress_secret_name: "authentik-outpost-tls",
          kubernetes_ingress_class_name: null,
          kubernetes_ingress_path_type: null,
          kubernetes_httproute_annotations: {},
          kubernetes_httproute_parent_refs: [],
          kubernetes_service_type: "ClusterIP",
          kubernetes_disabled_components: [],
          kubernetes_image_pull_secrets: [],
          kubernetes_json_patches: null,
        }),
      },
      { parent: this, import: args.id, protect: true, retainOnDelete: true },
    );
    this.registerOutputs({});
  }
}
