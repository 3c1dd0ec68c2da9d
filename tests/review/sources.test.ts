import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { review } from "../../review";
import { fromFiles } from "../../review/sources";
import type { Step } from "../../state/resources";
import { generated } from "./generated";

let folder: string;
let printed: { stdout: string; stderr: string };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plana-review-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  printed = { stdout: "", stderr: "" };
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.stdout += String(text);
    return true;
  });
  const error = (text: unknown) => {
    printed.stderr += String(text);
    return true;
  };
  jest.spyOn(process.stderr, "write").mockImplementation(error);
  jest.spyOn(console, "error").mockImplementation(error);
});

afterEach(() => jest.restoreAllMocks());

const never = () => Promise.reject(new Error("the engine is not needed"));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** As the engine writes it. */
function preview(steps: readonly Step[], also: Record<string, unknown> = {}) {
  const changeSummary: Record<string, number> = {};
  for (const { op } of steps) changeSummary[op] = (changeSummary[op] ?? 0) + 1;
  return {
    steps: steps.map(({ op, urn, before, after, differences }) => ({
      op,
      urn,
      oldState: before,
      newState: after,
      detailedDiff: Object.fromEntries(Object.entries(differences).map(([path, kind]) => [path, { kind }])),
    })),
    changeSummary,
    ...also,
  };
}

const steps = generated(4, 3);
const state = (resources: readonly unknown[] = steps.map(({ before }) => before)) => ({
  version: 3,
  deployment: { resources },
});

test("a preview in a file is reviewed without an engine", async () => {
  const path = file("preview.json", preview(steps));
  expect(await review(["--preview", path], never)).toBe(0);
  expect(printed.stdout).toBe(
    "### Access on `big`: unchanged\n\n**Nothing changes: 4 active people, 3 applications.**\n",
  );
});

test("a warning before the answer does no harm", () => {
  const path = file("preview.json", `warning: a new version is there\n${JSON.stringify(preview(steps))}`);
  expect(fromFiles(path).steps).toHaveLength(steps.length);
});

test("the state completes a preview without the unchanged", () => {
  const [first, ...others] = steps;
  if (!first) throw new Error("no steps");
  const changed: Step = { ...first, op: "update" };
  const path = file(
    "preview.json",
    preview([changed], { changeSummary: { same: others.length, update: 1 } }),
  );
  const before = file("state.json", state());
  expect(fromFiles(path, before).steps).toHaveLength(steps.length);
});

test("the state completes a preview that changes nothing", async () => {
  const path = file("preview.json", { changeSummary: { same: steps.length }, duration: 1 });
  expect(await review(["--preview", path, "--before", file("state.json", state())], never)).toBe(0);
  expect(printed.stdout).toContain("Nothing changes: 4 active people, 3 applications.");
});

describe("what cannot be reviewed is said, with exit code 1:", () => {
  const whole = JSON.stringify(preview(steps));
  const cases: Record<string, readonly [string, () => readonly string[]]> = {
    "no such file": ["cannot be read: ENOENT", () => ["--preview", join(folder, "none.json")]],
    "an empty file": ["cannot be read as JSON", () => ["--preview", file("p.json", "")]],
    "a file cut off": ["cannot be read as JSON", () => ["--preview", file("p.json", whole.slice(0, -400))]],
    "another JSON": [
      "this is not the answer of `pulumi preview --json`",
      () => ["--preview", file("p.json", {})],
    ],
    "a list": [
      "the answer of `pulumi preview --json` cannot be read as JSON",
      () => ["--preview", file("p.json", [])],
    ],
    "steps that are no list": [
      "this is not the answer of `pulumi preview --json`",
      () => ["--preview", file("p.json", { steps: 3 })],
    ],
    "a step of nothing": [
      "step 1 of the preview has no operation or no URN",
      () => ["--preview", file("p.json", { steps: [{}] })],
    ],
    "a resource of nothing": [
      "a resource has no URN or no type",
      () => [
        "--preview",
        file("p.json", { steps: [{ op: "same", urn: "urn:pulumi:a::b::c::d", newState: {} }] }),
      ],
    ],
    "no steps": ["there is nothing to review", () => ["--preview", file("p.json", { steps: [] })]],
    "steps that are missing": [
      'lacks 1 of 15 steps "same": it is cut off. Make it again: pulumi preview --json --show-sames --refresh',
      () => ["--preview", file("p.json", preview(steps.slice(1), { changeSummary: { same: 15 } }))],
    ],
    "a preview without the unchanged": [
      'lacks 15 of 15 steps "same": it was made without --show-sames',
      () => ["--preview", file("p.json", { steps: [], changeSummary: { same: 15 } })],
    ],
    "a state of another time": [
      "which is in the state: it is cut off, or of another time",
      () => ["--preview", file("p.json", preview(steps.slice(1))), "--before", file("s.json", state())],
    ],
    "a state that is none": [
      "this is not the answer of `pulumi stack export`",
      () => ["--preview", file("p.json", preview(steps)), "--before", file("s.json", preview(steps))],
    ],
    "a state of another stack": [
      "the state and the preview are of several stacks: big, prod",
      () => [
        "--preview",
        file("p.json", preview(steps)),
        "--before",
        file(
          "s.json",
          JSON.stringify(state(steps.map(({ before }) => before))).replaceAll(
            "urn:pulumi:big",
            "urn:pulumi:prod",
          ),
        ),
      ],
    ],
    "a preview that failed without a reason": [
      "the preview fails, so there is nothing to review:\nit gives no reason, as where a policy pack refuses it: see its log",
      () => [
        "--preview",
        file(
          "p.json",
          preview(steps, { diagnostics: [{ severity: "error", message: "error: preview failed\n" }] }),
        ),
      ],
    ],
    "a preview that failed": [
      'the preview fails, so there is nothing to review:\nresource "x" cannot be deleted\nbecause it is protected',
      () => [
        "--preview",
        file(
          "p.json",
          preview(steps, {
            diagnostics: [
              {
                severity: "error",
                message: 'error: resource "x" cannot be deleted\nbecause it is protected\n',
              },
              { severity: "error", message: "error: preview failed\n" },
            ],
          }),
        ),
      ],
    ],
  };
  test.each(Object.keys(cases))("%s", async (name) => {
    const [message, args] = cases[name] ?? ["", () => []];
    expect(await review(args(), never)).toBe(1);
    expect(printed.stderr).toContain(message);
    expect(printed.stdout).toBe("");
  });
});
