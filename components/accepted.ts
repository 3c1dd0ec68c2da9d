import type * as pulumi from "@pulumi/pulumi";

/** Resolves once the engine has accepted the resource; never resolves when it refuses, which ends the program. */
export function accepted({ urn }: pulumi.Resource): Promise<void> {
  return new Promise((resolve) => {
    urn.apply(() => resolve());
  });
}
