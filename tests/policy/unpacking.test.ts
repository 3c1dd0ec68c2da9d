import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import { AnalyzeRequest } from "@pulumi/pulumi/proto/analyzer_pb";

import { ignoreRemediations, secretProperties, unpackOnce } from "../../policy/unpacking";

interface Sdk {
  deserializeProperties: (packed: object, marksSecrets: boolean) => Record<string, unknown>;
}

const sdk = jest.requireActual<Sdk>("@pulumi/policy/deserialize");
const { unknownCheckingProxy: proxy } = jest.requireActual<{
  unknownCheckingProxy: (props: object) => Record<string, unknown>;
}>("@pulumi/policy/proxy");

beforeAll(() => {
  unpackOnce();
  ignoreRemediations();
});

test("a resource is unpacked once for all rules", () => {
  const packed = Struct.fromJavaScript({ name: "forgejo", enabled: true });
  const first = sdk.deserializeProperties(packed, false);
  expect(first).toEqual({ name: "forgejo", enabled: true });
  expect(sdk.deserializeProperties(packed, false)).toBe(first);
  const other = Struct.fromJavaScript({ name: "forgejo", enabled: false });
  expect(sdk.deserializeProperties(other, false)).toEqual({ name: "forgejo", enabled: false });
});

/** As the engine sends what is marked secret. */
const secret = (value: JavaScriptValue) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

test("what is marked secret, as a whole or in every part, is told of what the SDK hands to a rule in clear", () => {
  const packed = Struct.fromJavaScript({
    whole: secret("a"),
    object: secret({ key: "a" }),
    parts: { one: secret("a"), two: [secret("b"), secret("c")] },
    some: { one: secret("a"), two: "b" },
    none: "a",
    empty: {},
  });
  const handed = proxy(sdk.deserializeProperties(packed, false));
  expect(handed.whole).toBe("a");
  expect([...secretProperties(handed)].sort()).toEqual(["object", "parts", "whole"]);
});

test("of what came another way it is not told: nothing may pass for secret, nor for plain", () => {
  expect(() => secretProperties(proxy({ clientSecret: "a" }))).toThrow("cannot be told");
});

test("a remediation is not unpacked, and has all that the SDK asks of one", () => {
  const request = new AnalyzeRequest()
    .setType("authentik:index/group:Group")
    .setProperties(Struct.fromJavaScript({ name: "forgejo" }));
  const read = AnalyzerService.remediate.requestDeserialize(Buffer.from(request.serializeBinary()));
  expect(read.getType()).toBe("");
  expect(sdk.deserializeProperties(read.getProperties() ?? {}, true)).toEqual({});
  expect(read.getOptions()?.getIgnorechangesList()).toEqual([]);
  const analysed = AnalyzerService.analyze.requestDeserialize(Buffer.from(request.serializeBinary()));
  expect(analysed.getProperties()?.toJavaScript()).toEqual({ name: "forgejo" });
});
