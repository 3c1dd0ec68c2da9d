import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { review } from "../../review";
import { UNKNOWN } from "../../state/resources";
import { generated } from "./generated";

let folder: string;
let preview: string;
let printed: { stdout: string; stderr: string };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plana-review-"));
  preview = join(folder, "preview.json");
  const steps = generated(90, 3).map(({ op, urn, before, after }) => ({
    op,
    urn,
    oldState: before,
    newState: after,
  }));
  // The engine's own sign for what it does not know yet.
  const text = JSON.stringify({ steps }).replaceAll(UNKNOWN, "04da6b54-80e4-46f7-96ec-b56ff0331ba9");
  writeFileSync(preview, text);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  printed = { stdout: "", stderr: "" };
  const into = (stream: "stdout" | "stderr") => (text: unknown) => {
    printed[stream] += String(text);
    return true;
  };
  jest.spyOn(process.stdout, "write").mockImplementation(into("stdout"));
  jest.spyOn(process.stderr, "write").mockImplementation(into("stderr"));
  jest.spyOn(console, "error").mockImplementation(into("stderr"));
});

afterEach(() => jest.restoreAllMocks());

const never = () => Promise.reject(new Error("the engine is not needed"));

test.each([
  [["--nonsense"], "unknown option '--nonsense'"],
  [["superfluous"], "too many arguments"],
  [["--format", "pdf"], "Allowed choices are markdown, html, svg, json"],
  [["--fail-on", "unchanged"], "Allowed choices are changed, unsafe"],
  [["--preview"], "argument missing"],
  [["--output", ""], "It is empty"],
  [["--before", "state.json"], "--before needs --preview"],
  [["--stack", "prod", "--preview", "p.json"], "--stack and --preview exclude each other"],
])("wrong use %j ends with 2", async (args, message) => {
  expect(await review(args, never)).toBe(2);
  expect(printed.stderr).toContain(message);
  expect(printed.stdout).toBe("");
});

test("--help tells the exit codes", async () => {
  expect(await review(["--help"], never)).toBe(0);
  expect(printed.stdout).toContain(
    "Exit codes: 0 reviewed, 1 cannot be reviewed, 2 wrong use, 3 see --fail-on.",
  );
});

test.each([
  [[], 0],
  [["--fail-on", "changed"], 3],
  [["--fail-on", "unsafe"], 0],
])("a change, with %j, ends with %i", async (args, code) => {
  expect(await review(["--preview", preview, ...args], never)).toBe(code);
  expect(printed.stdout).toMatch(/^### Access on `big`: changed\n/);
});

test.each([
  ["markdown", "### Access on"],
  ["html", "<!doctype html>"],
  ["svg", "<svg "],
  ["json", '{\n  "version": 1,'],
])("--format %s prints it", async (format, start) => {
  expect(await review(["--preview", preview, "--format", format], never)).toBe(0);
  expect(printed.stdout.startsWith(start)).toBe(true);
  expect(printed.stderr).toBe("");
});

test("a report that cannot be made leaves none of an earlier run", async () => {
  const all = join(folder, "stale");
  const file = join(folder, "stale.md");
  for (const output of [`${all}/`, file]) {
    expect(await review(["--preview", preview, "--output", output], never)).toBe(0);
    expect(await review(["--preview", join(folder, "nowhere.json"), "--output", output], never)).toBe(1);
  }
  expect(readdirSync(all)).toEqual([]);
  expect(existsSync(file)).toBe(false);
});

test("--output does not take the place of what is read", async () => {
  const folder2 = join(folder, "both");
  mkdirSync(folder2);
  const input = join(folder2, "access.json");
  copyFileSync(preview, input);
  const before = readFileSync(input, "utf8");
  const state = join(folder, "state.json");
  writeFileSync(state, "{}");
  for (const args of [
    ["--preview", input, "--output", join(folder2, "..", "both", "access.json")],
    ["--preview", input, "--output", folder2],
    ["--preview", input, "--before", state, "--output", state],
  ]) {
    expect(await review(args, never)).toBe(2);
    expect(printed.stderr).toContain("--output would overwrite");
  }
  expect(readFileSync(input, "utf8")).toBe(before);
  expect(readFileSync(state, "utf8")).toBe("{}");
});

test("--output writes one file, or all formats into a folder", async () => {
  const file = join(folder, "report.html");
  expect(await review(["--preview", preview, "--format", "html", "--output", file], never)).toBe(0);
  expect(readFileSync(file, "utf8").startsWith("<!doctype html>")).toBe(true);
  const all = join(folder, "all");
  expect(existsSync(all)).toBe(false);
  expect(await review(["--preview", preview, "--output", `${all}/`], never)).toBe(0);
  expect(readdirSync(all)).toEqual(["access.html", "access.json", "access.md", "access.svg"]);
  expect(printed.stdout).toBe("");
});
