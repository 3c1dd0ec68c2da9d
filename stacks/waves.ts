import type * as pulumi from "@pulumi/pulumi";

import { accepted } from "../components/accepted";

/**
 * Registers items a wave at a time: the engine has accepted the resources of one wave before the next begins. What is
 * in flight in the SDK costs memory and its promises cost time, so that thousands at once cost both
 * (docs/performance.md); an organisation of an ordinary size is one wave, which nothing waits for.
 * @param register registers one item, and answers the resource that is registered last for it.
 */
export async function inWaves<T>(
  items: readonly T[],
  size: number,
  register: (item: T) => pulumi.Resource,
): Promise<void> {
  for (let start = 0; start < items.length; start += size) {
    const wave = items.slice(start, start + size).map(register);
    if (start + size < items.length) await Promise.all(wave.map(accepted));
  }
}
