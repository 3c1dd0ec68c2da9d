import fc from "fast-check";

import { visible, visibleLines } from "../../stacks/visible";

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u2800\u3164\ufe0f]/u;

test("what moves, hides or turns the text beside it is written out", () => {
  expect(visible("x\r\x1b[2K\nLeft: none")).toBe("x\\u{d}\\u{1b}[2K\\u{a}Left: none");
  expect(visible("a\u202eb\u0085c\u2028d\ud800")).toBe("a\\u{202e}b\\u{85}c\\u{2028}d\\u{d800}");
  expect(visible("A\u3164d\u2800a\u034f\ufe0f")).toBe("A\\u{3164}d\\u{2800}a\\u{34f}\\u{fe0f}");
  expect(visibleLines("one\n\ttwo\x07\r\nthree")).toBe("one\n\ttwo\\u{7}\\u{d}\nthree");
  for (const plain of ["Ана-Мария O’Neill", "日本語 🙂 é", ""]) expect(visible(plain)).toBe(plain);
});

test("nothing of the kind is left of any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(visible(text)).not.toMatch(UNSEEN);
      expect(visibleLines(text).replace(/[\n\t]/g, "")).not.toMatch(UNSEEN);
    }),
  );
});
