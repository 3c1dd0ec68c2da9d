import { createHash } from "node:crypto";

import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { sortedJson } from "../naming";
import { encodedEntries } from "../secret-entries";

export interface SettingsSecretArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the Secret, by which the chart reads it. */
  readonly secretName: string;
  readonly database: Database;
  /** AUTHENTIK_SECRET_KEY: signs cookies and derives ids. A changed key logs everyone out and breaks data. */
  readonly secretKey: pulumi.Output<string>;
  /** Seeds the first admin on an empty database; never for routine access. */
  readonly bootstrapToken: pulumi.Output<string>;
  /** Beside those above, by the server's own names; those above win. */
  readonly further: pulumi.Output<Readonly<Record<string, string>>>;
}

/** The external PostgreSQL database. */
export interface Database {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: pulumi.Output<string>;
}

/**
 * All settings of the server, in a Secret that the program owns and the chart only reads by name. So no
 * `helm upgrade`, with whatever values, can reset the secret key. One that drops the Secret's name has the pods read
 * another one ("Secret key missing"), until the next `up` gives them this one back.
 */
export class SettingsSecret extends pulumi.ComponentResource {
  /** Name of the Secret, known once it exists. */
  readonly secretName: pulumi.Output<string>;
  /**
   * Digest of the settings, for the pods' annotation: they do not roll by themselves when such a Secret changes. Not
   * a secret: the secret key in it has too much entropy to be guessed from the digest.
   */
  readonly checksum: pulumi.Output<string>;

  constructor(name: string, args: SettingsSecretArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:SettingsSecret", name, {}, opts);
    const { database } = args;
    const own = {
      AUTHENTIK_SECRET_KEY: args.secretKey,
      AUTHENTIK_BOOTSTRAP_TOKEN: args.bootstrapToken,
      AUTHENTIK_POSTGRESQL__HOST: database.host,
      AUTHENTIK_POSTGRESQL__PORT: String(database.port),
      AUTHENTIK_POSTGRESQL__NAME: database.name,
      AUTHENTIK_POSTGRESQL__USER: database.user,
      AUTHENTIK_POSTGRESQL__PASSWORD: database.password,
    };
    const settings = pulumi
      .all([args.further, own])
      .apply(([further, values]) => ({ AUTHENTIK_ERROR_REPORTING__ENABLED: "false", ...further, ...values }));
    const secret = new kubernetes.core.v1.Secret(
      args.secretName,
      {
        metadata: { name: args.secretName, namespace: args.namespace },
        type: "Opaque",
        data: settings.apply(encodedEntries),
      },
      { parent: this, protect: true },
    );
    this.secretName = secret.metadata.name;
    this.checksum = pulumi.unsecret(
      settings.apply((values) => createHash("sha256").update(sortedJson(values)).digest("hex")),
    );
    this.registerOutputs({});
  }
}
