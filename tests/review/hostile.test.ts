import fc from "fast-check";
import { load } from "js-yaml";

import { cellCode, code } from "../../review/formats/escape";
import { reportOf } from "../../review/report";
import type { Step } from "../../state/resources";
import { formats } from "./formats";
import { generated } from "./generated";

/** Names that have broken out of some format before. */
const HOSTILE = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "a | b",
  "`a`",
  "``",
  "\\`",
  "\\|",
  "</code></td></details>",
  "<!-- -->",
  "@everyone",
  "#1",
  "[a](javascript:alert(1))",
  "![a](https://evil.example/x.png)",
  "https://evil.example",
  "*a* _b_ ~c~",
  "a\nb\n# c",
  "a\r\n\r\n| x | y |",
  "\u202egnp.exe",
  "\u0000\u001b[31m",
  "&lt;b&gt;",
  "</style></svg><script>",
  "]]>",
  "  ",
  "",
  "\ud800",
  "x".repeat(5000),
];

const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" }), fc.string());

/** Puts a text wherever the data has one. */
function with_(steps: readonly Step[], hostile: string): Step[] {
  const put = (resource: Step["before"]) => {
    if (!resource) return resource;
    const inputs = Object.fromEntries(
      Object.entries(resource.inputs).map(([key, value]) => {
        if (["username", "name", "email", "slug", "clientId", "metaDescription"].includes(key))
          return [key, `${String(value)}${hostile}`];
        if (key === "allowedRedirectUris") return [key, [{ matching_mode: "strict", url: hostile }]];
        if (key === "grantTypes") return [key, [hostile]];
        return [key, value];
      }),
    );
    return { ...resource, inputs };
  };
  return steps.map((step) => ({
    ...step,
    before: step.op === "update" ? step.before : put(step.before),
    after: put(step.after),
  }));
}

test("no name breaks out of HTML or SVG", () => {
  const steps = generated(9, 3);
  const clean = reportOf({ stack: "big", steps });
  const tags = (page: string) =>
    new Set(Array.from(page.matchAll(/<\/?([a-zA-Z!][a-zA-Z0-9]*)/g), ([, tag]) => tag));
  const known = tags(formats(clean).html);
  known.add("strong").add("div");
  fc.assert(
    fc.property(text, (hostile) => {
      const { html, svg } = formats(reportOf({ stack: `big${hostile}`, steps: with_(steps, hostile) }));
      for (const page of [html, svg]) {
        const bare = page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, "");
        expect([...tags(bare)].filter((tag) => !known.has(tag))).toEqual([]);
        expect(/<[^>]*\son\w+=[^>]*>/.exec(bare.replace(/"[^"]*"/g, '""'))?.[0]).toBeUndefined();
        // What is not seen is made visible.
        expect(/.{0,20}[\p{Cc}\p{Cf}]/u.exec(bare.replaceAll("\n", ""))?.[0]).toBeUndefined();
      }
    }),
    { seed: 5, numRuns: 150 },
  );
});

test("no name breaks out of its code span", () => {
  fc.assert(
    fc.property(text, (hostile) => {
      const span = code(hostile);
      expect(span).not.toMatch(/[\n\r]/);
      const fence = /^`+/.exec(span)?.[0] ?? "";
      const inner = span.slice(fence.length, -fence.length);
      expect(span).toBe(`${fence}${inner}${fence}`);
      expect((inner.match(/`+/g) ?? []).filter((run) => run.length === fence.length)).toEqual([]);
      expect(inner.startsWith("`") || inner.endsWith("`")).toBe(false);
    }),
    { seed: 5, numRuns: 500 },
  );
});

test("no name breaks out of its cell", () => {
  fc.assert(
    fc.property(text, (hostile) => {
      const cell = cellCode(hostile);
      expect(cell).not.toMatch(/[\n\r|\\]/);
      expect(cell).toMatch(/^(`[^`]*`|<code>([\p{L}\p{N} ]|&#\d+;)*<\/code>)$/u);
    }),
    { seed: 5, numRuns: 500 },
  );
});

test("the comment's tables keep their shape, and its JSON is JSON", () => {
  fc.assert(
    fc.property(text, (hostile) => {
      const { markdown, json } = formats(reportOf({ stack: "big", steps: with_(generated(90, 3), hostile) }));
      const tables = markdown.split("\n").filter((line) => line.startsWith("|"));
      for (const line of tables) expect(line.split("|").length).toBeGreaterThanOrEqual(5);
      expect(new Set(tables.map((line) => line.split("|").length)).size).toBeLessThanOrEqual(3);
      expect(load(json)).toMatchObject({ version: 1, stack: "big" });
    }),
    { seed: 5, numRuns: 60 },
  );
});
