import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { accepted } from "../accepted";

export interface SecretKeySealArgs {
  readonly secretKey: pulumi.Output<string>;
}

/**
 * Makes the server's secret key write-once. The seal keeps the key's digest; another key would replace the seal,
 * and since it is protected, the engine refuses. The program waits for the seal before it registers anything that
 * uses the key, so a refused change has touched nothing.
 *
 * The one-time override is explicit: `pulumi state unprotect <urn of the seal>`, for one `up`, which seals again.
 */
export class SecretKeySeal extends pulumi.ComponentResource {
  private readonly seal: random.RandomUuid;

  constructor(name: string, args: SecretKeySealArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:SecretKeySeal", name, {}, opts);
    // The digest is no secret: the key has too much entropy to be guessed from it.
    const digest = pulumi.unsecret(
      args.secretKey.apply((key) => createHash("sha256").update(key).digest("hex")),
    );
    this.seal = new random.RandomUuid(
      `${name}-is-write-once`,
      { keepers: { sha256: digest } },
      { parent: this, protect: true },
    );
    this.registerOutputs({});
  }

  /** Resolves once the engine has accepted the key; never resolves when it refuses. */
  accepted(): Promise<void> {
    return accepted(this.seal);
  }
}
