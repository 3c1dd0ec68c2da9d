import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { unpackOnce } from "../../policy/unpack-once";

interface Unpacking {
  deserializeProperties: (packed: object, marksSecrets: boolean) => Record<string, unknown>;
}

const sdk = jest.requireActual<Unpacking>("@pulumi/policy/deserialize");

test("a resource is unpacked once for all rules, and anew where it may be changed", () => {
  unpackOnce();
  const packed = Struct.fromJavaScript({ name: "forgejo", enabled: true });
  const first = sdk.deserializeProperties(packed, false);
  expect(first).toEqual({ name: "forgejo", enabled: true });
  expect(sdk.deserializeProperties(packed, false)).toBe(first);
  expect(sdk.deserializeProperties(packed, true)).not.toBe(sdk.deserializeProperties(packed, true));
  const other = Struct.fromJavaScript({ name: "forgejo", enabled: false });
  expect(sdk.deserializeProperties(other, false)).toEqual({ name: "forgejo", enabled: false });
});
