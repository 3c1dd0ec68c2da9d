import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface ClusterAdminsArgs {
  /** Name of the binding, which belongs to the whole cluster. */
  readonly name: string;
  /** Name of the group as the cluster's OIDC authenticator sees it in the `groups` claim. */
  readonly group: string;
  /** ClusterRole the group is bound to. */
  readonly clusterRole: string;
}

/** Cluster RBAC for the administrators: whoever carries the group in the token holds the ClusterRole. */
export class ClusterAdmins extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterAdminsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:ClusterAdmins", name, {}, opts);
    new kubernetes.rbac.v1.ClusterRoleBinding(
      args.group,
      {
        metadata: { name: args.name },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: args.clusterRole },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: args.group }],
      },
      { parent: this, protect: true },
    );
    this.registerOutputs({});
  }
}
