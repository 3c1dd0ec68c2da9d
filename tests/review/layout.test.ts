import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { html } from "../../review/formats/html";
import { reportOf } from "../../review/report";
import { found } from "../tools";
import { generated } from "./generated";

const CHROMIUM = found("chromium");
const QUIET = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update", "--virtual-time-budget=5000"],
];

/** What a reader does and sees, told in the title of the page around it. */
const DRIVER = `addEventListener("load", function () {
  var page = document.documentElement;
  var all = function (selector) { return Array.from(document.querySelectorAll(selector)); };
  var shown = function (one) { return one.getClientRects().length > 0; };
  var write = function (id, text) {
    var field = document.getElementById(id);
    field.value = text;
    field.dispatchEvent(new Event("input"));
  };
  var told = { width: innerWidth, wider: page.scrollWidth - page.clientWidth };
  told.smallest = Math.min.apply(null, all("body *").filter(function (one) {
    return shown(one) && !one.closest("svg") && Array.from(one.childNodes).some(function (node) { return node.nodeType === 3 && node.data.trim(); });
  }).map(function (one) { return parseFloat(getComputedStyle(one).fontSize); }));
  var drawn = document.querySelector(".graph text.g-text").getBoundingClientRect();
  told.graph = Math.round(drawn.height);
  var nodes = all(".graph rect.g-node").map(function (one) { return one.getBoundingClientRect(); });
  told.overlapping = nodes.filter(function (one, at) {
    return nodes.some(function (other, index) {
      return index > at && one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
    });
  }).length;
  write("find-people", "person-0003");
  told.people = all("#matrix tbody tr").filter(shown).length;
  write("find-people", "");
  write("find-applications", "application-00");
  told.applications = all("#matrix thead th").filter(shown).length - 1;
  write("find-applications", "");
  document.getElementById("only-changes").click();
  told.changing = all("#matrix tbody tr").filter(shown).length;
  parent.document.title = JSON.stringify(told);
});`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "layout-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

jest.setTimeout(120_000);

// Nothing to look with is said above.
const look = CHROMIUM ? test : test.skip;

look.each([
  [6, 9, 1280, { people: 1, applications: 9, changing: 0 }],
  [6, 9, 390, { people: 1, applications: 9, changing: 0 }],
  [500, 60, 1280, { people: 1, applications: 10, changing: 1 }],
  [500, 60, 390, { people: 1, applications: 10, changing: 1 }],
])("%i people and %i applications at %i pixels", (people, applications, width, seen) => {
  const page = html(reportOf({ stack: "big", steps: generated(people, applications) }));
  // The page lets no other script run.
  const driven = page
    .replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "")
    .replace("</body>", `<script>${DRIVER}</script></body>`);
  // A window cannot be as narrow as a phone; a frame can.
  const frame = driven.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const file = join(folder, `${people}-${width}.html`);
  writeFileSync(
    file,
    `<!doctype html><body><iframe style="width:${width}px;height:900px;border:0" srcdoc="${frame}"></iframe></body>`,
  );
  const profile = mkdtempSync(join(folder, "profile-"));
  const args = [...QUIET, `--user-data-dir=${profile}`, "--window-size=1400,1000", "--dump-dom", file];
  const dom = execFileSync("chromium", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [, title = ""] = /<title>(\{.*?\})<\/title>/.exec(dom) ?? [];
  const told = JSON.parse(title) as Record<string, number>;
  expect(told).toMatchObject({ width, wider: 0, overlapping: 0, ...seen });
  // Pixels of the smallest text, and of a line in the graph.
  expect(told.smallest).toBeGreaterThanOrEqual(12);
  expect(told.graph).toBeGreaterThanOrEqual(13);
});
