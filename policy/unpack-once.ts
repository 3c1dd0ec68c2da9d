// eslint-disable-next-line @typescript-eslint/no-require-imports -- an ES import would be a copy of what is to be replaced
import sdk = require("@pulumi/policy/deserialize");

/** What the SDK's type declarations leave out. */
interface Unpacking {
  deserializeProperties: (packed: object, marksSecrets: boolean) => object;
}

/**
 * Lets the SDK unpack what the engine sends once for each resource. Of itself it does so once for each resource and rule,
 * which took longer than all rules together. No rule gets hold of it: `adapter.ts` hands out copies.
 */
export function unpackOnce(): void {
  const unpacking = sdk as unknown as Unpacking;
  const unpack = unpacking.deserializeProperties;
  const unpacked = new WeakMap<object, object>();
  unpacking.deserializeProperties = (packed, marksSecrets) => {
    // A remediation may change what it gets, in which secrets are marked.
    if (marksSecrets) return unpack(packed, true);
    const known = unpacked.get(packed) ?? unpack(packed, false);
    unpacked.set(packed, known);
    return known;
  };
}
