import { sortedJson } from "../../components/naming";

test("keys are sorted at every depth, lists keep their order", () => {
  const value = { b: 1, a: { d: [{ z: 1, y: 2 }, 3, 2], c: null } };
  expect(sortedJson(value)).toBe('{"a":{"c":null,"d":[{"y":2,"z":1},3,2]},"b":1}');
});

test("the order of keys is no difference", () => {
  expect(sortedJson({ a: 1, b: { c: 2, d: 3 } })).toBe(sortedJson({ b: { d: 3, c: 2 }, a: 1 }));
});

test.each([
  [{ a: undefined, b: 1 }, '{"b":1}'],
  [[undefined], "[null]"],
  ["text", '"text"'],
  [null, "null"],
  [{}, "{}"],
  [{ B: 1, a: 2, "10": 3, "9": 4 }, '{"9":4,"10":3,"B":1,"a":2}'],
])("%j is %s", (value, expected) => {
  expect(sortedJson(value)).toBe(expected);
});

test("what is read back is the same value", () => {
  const value = { z: [1, { y: "ü", x: false }], "": { b: "", a: 0 } };
  expect(JSON.parse(sortedJson(value))).toEqual(value);
});
