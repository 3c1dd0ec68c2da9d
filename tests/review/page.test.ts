import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { RULES } from "../../review/findings/finding";
import { html } from "../../review/formats/html";
import { reportOf } from "../../review/report";
import { svg } from "../../review/formats/svg";
import { ROOT } from "../stack-files";
import { generated } from "./generated";

const small = reportOf({ stack: "big", steps: generated(6, 9) });
const big = reportOf({ stack: "big", steps: generated(500, 60) });

test.each([
  ["6 people, 9 applications", html(small)],
  ["500 people, 60 applications", html(big)],
])("the page of %s asks for nothing from anywhere", (_, page) => {
  expect(page).not.toMatch(/\s(src|href|srcset|action|poster|data)=/);
  expect(page).not.toMatch(/@import|url\(/);
  const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  const [, script = ""] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
  const digest = createHash("sha256").update(script).digest("base64");
  expect(policy).toBe(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'`);
});

test("a small matrix has a row for each person", () => {
  const page = html(small);
  expect(page.match(/<th scope="row">/g)).toHaveLength(6);
  expect(page.match(/<th scope="col" class/g)).toHaveLength(9);
  expect(page.match(/<td class="yes"/g)).toHaveLength(6 * 9);
});

test("a large one has a row for each lot of people, who are listed in it, the changing ones first", () => {
  const page = html(big);
  const rows = [...page.matchAll(/<tr data-find="([^"]*)"( data-changes)?/g)].map(([, , changes]) => changes);
  expect(rows).toEqual([" data-changes", ...Array.from({ length: 13 }, () => undefined)]);
  expect(page.match(/<li data-find="/g)).toHaveLength(500);
  expect(page.match(/<td class="gained"[^>]*>\+/g)).toHaveLength(3);
});

test("the graph ties people to groups and groups to applications", () => {
  const drawn = svg(small);
  // One more of each kind is in the legend.
  expect(drawn.match(/<rect class="g-node/g)).toHaveLength(6 + 2 + 9 + 1);
  // Two groups for each person; one binding for each application.
  expect(drawn.match(/<path class="g-edge same"/g)).toHaveLength(12 + 9);
  expect(drawn).toContain("team-00: administers Authentik");
});

test("a large graph draws people of the same groups once", () => {
  const drawn = svg(big);
  expect(drawn.match(/<rect class="g-node/g)).toHaveLength(14 + 14 + 60 + 1);
  expect(drawn.match(/<path class="g-edge gained"/g)).toHaveLength(1 + 1);
});

test("2,000 people and 200 applications are reviewed in seconds", () => {
  const began = performance.now();
  const report = reportOf({ stack: "big", steps: generated(2000, 200) });
  expect(report.people.flatMap(({ access }) => access).length).toBeGreaterThan(100_000);
  expect(html(report).length).toBeLessThan(2_000_000);
  expect(svg(report).length).toBeLessThan(500_000);
  // A second or so where nothing else runs.
  expect(performance.now() - began).toBeLessThan(20_000);
});

test("the page tells by which doors a person comes in", () => {
  const door = { doors: ["Password", "Google"] };
  const report = { ...small, people: small.people.map((person) => ({ ...person, ...door })) };
  expect(html(report).match(/<div class="tags">by Password, Google<\/div>/g)).toHaveLength(6);
  // People of different doors are different lots.
  const mixed = big.people.map((person, index) => ({ ...person, doors: index % 2 ? ["Password"] : [] }));
  expect(html({ ...big, people: mixed }).match(/<tr data-find=/g)?.length).toBeGreaterThan(20);
});

test("the same states make the same report, whatever the order of the steps", () => {
  // Four people are disabled, each told in a sentence of their own.
  const steps = generated(40, 9).map((step, index) =>
    step.after && index > 4 && index < 9
      ? {
          ...step,
          op: "update",
          after: { ...step.after, inputs: { ...step.after.inputs, isActive: false } },
          differences: { isActive: "update" },
        }
      : step,
  );
  const report = reportOf({ stack: "big", steps });
  expect(report.findings.filter(({ rule }) => rule === "person-disabled")).toHaveLength(4);
  const turned = [...steps].reverse();
  expect(html(reportOf({ stack: "big", steps: turned }))).toBe(html(report));
});

test("docs/review.md tells of every rule that makes a change unsafe", () => {
  const page = readFileSync(join(ROOT, "docs", "review.md"), "utf8");
  const unsafe = Object.entries(RULES).flatMap(([rule, level]) => (level === "unsafe" ? [rule] : []));
  expect(unsafe.filter((rule) => !page.includes(`\`${rule}\``))).toEqual([]);
});
