import { Secret } from "@pulumi/policy";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- an ES import would be a copy of what is to be replaced
import sdk = require("@pulumi/policy/deserialize");
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import { AnalyzeRequest, AnalyzerResourceOptions } from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** What the SDK's type declarations leave out. */
interface Unpacking {
  deserializeProperties: (packed: object, marksSecrets: boolean) => Record<string, unknown>;
}

const unpacking = sdk as unknown as Unpacking;
const unpack = unpacking.deserializeProperties;

/** What was unpacked of what the engine sent, and the other way round. */
const unpacked = new WeakMap<object, Record<string, unknown>>();
const sent = new WeakMap<object, object>();

/**
 * Lets the SDK unpack what the engine sends once for each resource. Of itself it does so once for each resource and rule,
 * which took longer than all rules together. No rule gets hold of it: `adapter.ts` hands out copies.
 */
export function unpackOnce(): void {
  unpacking.deserializeProperties = (packed) => {
    const known = unpacked.get(packed);
    if (known) return known;
    const fresh = unpack(packed, false);
    unpacked.set(packed, fresh);
    sent.set(fresh, packed);
    return fresh;
  };
}

/** Leaves alone what the engine sends for remediations, each resource once more: no rule is one. */
export function ignoreRemediations(): void {
  const nothing = new AnalyzeRequest().setOptions(new AnalyzerResourceOptions()).setProperties(new Struct());
  AnalyzerService.remediate.requestDeserialize = () => nothing;
}

/** Where the SDK keeps what its proxies stand before. */
const TARGET = "__getSpecialProxyTarget";

function behindProxies(props: Record<string, unknown>): Record<string, unknown> {
  let raw = props;
  for (let inner = raw[TARGET]; inner; inner = raw[TARGET]) raw = inner as Record<string, unknown>;
  return raw;
}

/**
 * Names of the properties that the engine marks secret, as a whole or in every part. The SDK hands them to a check in clear.
 *
 * @param props of a resource, as the SDK hands them to a check.
 * @throws Error where they were not unpacked by `unpackOnce`: nothing can be told then, and nothing may pass for it.
 */
export function secretProperties(props: Record<string, unknown>): ReadonlySet<string> {
  const packed = sent.get(behindProxies(props));
  if (!packed) throw new Error("which properties are secret cannot be told");
  const marked = behindProxies(unpack(packed, true));
  const secret = (value: unknown): boolean =>
    value instanceof Secret ||
    (typeof value === "object" &&
      value !== null &&
      Object.keys(value).length > 0 &&
      Object.values(value).every(secret));
  return new Set(Object.keys(marked).filter((key) => secret(marked[key])));
}
