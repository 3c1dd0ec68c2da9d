import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { drift, readReview, tellDrift, type Reviewed } from "../../workflows/drift";
import { markerOf } from "../../workflows/own-text";
import { outcome, tellOutcome } from "../../workflows/outcome";
import { ForgeServer } from "./forge-server";

const MARKER = markerOf("drift", "prod");
const QUICK = { retries: 2, timeout: 300, pause: 1 };
const DRIFT: Reviewed = {
  verdict: "changed",
  headline: "1 loses access",
  markdown: "petar.dimitrov loses forgejo",
};
const NONE: Reviewed = { verdict: "unchanged", headline: "Nothing changes", markdown: "Nothing changes" };

let server: ForgeServer;
beforeEach(async () => {
  server = await ForgeServer.start();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await server.close();
});

const tell = (reviewed: Reviewed) => tellDrift(server.forge(), "prod", reviewed, QUICK);

test("drift opens one issue in access terms, brings it up to date and closes it when it is gone", async () => {
  expect(await tell(DRIFT)).toBe("drift (1 loses access): told in #100");
  const [issue] = server.issues;
  expect(issue).toMatchObject({ state: "open", title: "Drift: stack prod is not what the program says" });
  expect(issue?.body?.startsWith(`${MARKER}\n`)).toBe(true);
  expect(issue?.body).toContain("petar.dimitrov loses forgejo");
  expect(issue?.body).toContain("npm run up -- --stack prod");

  await tell(DRIFT);
  expect(server.count("PATCH", /./)).toBe(0);
  await tell({ ...DRIFT, verdict: "unsafe", markdown: "superuser gained" });
  expect(server.issues).toHaveLength(1);
  expect(issue?.title).toBe("Unsafe drift: stack prod is not what the program says");
  expect(issue?.body).toContain("superuser gained");

  expect(await tell(NONE)).toBe("no drift; closed #100");
  expect(issue?.state).toBe("closed");
  expect(server.comments.map(({ issue: at, body }) => [at, body])).toEqual([
    [100, "The servers are again what the program says ([run](https://git.test/plana/sso/actions/runs/7))."],
  ]);

  expect(await tell(NONE)).toBe("no drift");
  expect(server.comments).toHaveLength(1);
  expect(await tell(DRIFT)).toContain("told in #102");
});

test("somebody else's issue, a pull request and another stack's are left alone", async () => {
  server.issue("forged", `${MARKER}\n`, "mallory");
  server.issue("a pull request", `${MARKER}\n`, undefined, true);
  server.issue("another stack", `${markerOf("drift", "trial")}\n`);
  expect(await tell(NONE)).toBe("no drift");
  expect(server.issues.map(({ state }) => state)).toEqual(["open", "open", "open"]);
  await tell(DRIFT);
  expect(server.issues).toHaveLength(4);
});

test("of two of our own the older one stays open", async () => {
  const first = server.issue("old", `${MARKER}\nold`);
  const second = server.issue("old", `${MARKER}\nold`);
  expect(await tell(DRIFT)).toContain(`#${first.number}`);
  expect([first.state, second.state]).toEqual(["open", "closed"]);
  expect(server.comments.map(({ body }) => body)).toEqual([`The same as #${first.number}.`]);
});

test("the issue is found behind many others, with pages smaller than asked for", async () => {
  server.pageSize = 3;
  for (let count = 0; count < 10; count += 1) server.issue(`matter ${count}`, "text", "somebody");
  server.issue("old", `${MARKER}\nold`);
  await tell(DRIFT);
  expect(server.issues).toHaveLength(11);
});

test.each(["nothing", "malformed", 500] as const)(
  "an issue that was opened, and answered with %s, is not opened again",
  async (answer) => {
    server.faults.push({ method: "POST", path: /issues$/, answer, carriedOut: true });
    expect(await tell(DRIFT)).toContain("told in #100");
    expect(server.issues).toHaveLength(1);
  },
);

test("closing is tried again by the next run, without a second word", async () => {
  await tell(DRIFT);
  server.faults.push({ method: "PATCH", path: /issues/, answer: 403 });
  await expect(tell(NONE)).rejects.toThrow("PATCH /repos/plana/sso/issues/100: 403");
  expect(await tell(NONE)).toBe("no drift; closed #100");
  expect(server.comments).toHaveLength(1);
});

test("a deployment that did not come through is told until one does", async () => {
  const told = (status: "success" | "failure") =>
    tellOutcome(server.forge(), { job: "deploy", stack: "prod", status }, QUICK);
  expect(await told("success")).toBe("nothing to tell");
  expect(await told("failure")).toBe("told in #100");
  expect(await told("failure")).toBe("told in #100");
  expect(server.issues).toHaveLength(1);
  expect(server.issues[0]?.body).toContain("npm run repair -- --stack prod --state-only --owner-is-gone");
  expect(await tell(NONE)).toBe("no drift");
  expect(await told("success")).toBe("closed #100");
  expect(server.comments[0]?.body).toContain("came through");
});

test("npm run outcome refuses a status and a job that there are not", async () => {
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(await outcome(["--job", "deploy", "--status", "done"], server.env())).toBe(2);
  expect(await outcome(["--job", "review", "--status", "failure"], server.env())).toBe(2);
  expect(server.requests).toEqual([]);
});

describe("npm run drift", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "drift-"));
    jest.spyOn(console, "error").mockReturnValue();
    jest.spyOn(console, "log").mockReturnValue();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A report as `npm run review -- --output <folder>/` writes it. */
  function reviewed(change: object = {}): string {
    mkdirSync(folder, { recursive: true });
    const report = { version: 1, stack: "prod", verdict: "changed", headline: "1 loses access", people: [] };
    writeFileSync(join(folder, "access.json"), JSON.stringify({ ...report, ...change }));
    writeFileSync(join(folder, "access.md"), "petar.dimitrov loses forgejo\n");
    return folder;
  }

  test("tells what the review says", async () => {
    expect(await drift(folder, ["--stack", "prod", "--from", reviewed()], server.env())).toBe(0);
    expect(server.issues[0]?.body).toContain("petar.dimitrov loses forgejo");
    reviewed({ verdict: "unchanged" });
    expect(await drift(folder, ["--stack", "prod", "--from", folder], server.env())).toBe(0);
    expect(server.issues[0]?.state).toBe("closed");
  });

  test("--print needs no forge, and tells by its exit code", async () => {
    expect(await drift(folder, ["--stack", "prod", "--print", "--from", reviewed()], {})).toBe(3);
    reviewed({ verdict: "unchanged" });
    expect(await drift(folder, ["--stack", "prod", "--print", "--from", folder], {})).toBe(0);
    expect(server.requests).toEqual([]);
  });

  test("a forge that is not known is said before anything is compared", async () => {
    await expect(drift(join(folder, "nowhere"), ["--stack", "prod"], {})).rejects.toThrow(
      "The forge is not known",
    );
  });

  test("where nothing could be compared, nothing is told: an open issue stays open", async () => {
    const issue = server.issue("old", `${MARKER}\nold`);
    // There is no program in this folder.
    expect(await drift(folder, ["--stack", "prod"], server.env())).toBe(1);
    expect(issue.state).toBe("open");
    expect(server.requests).toEqual([]);
  });

  test.each([
    ["another stack", { stack: "local" }],
    ["another version", { version: 2 }],
    ["an unknown verdict", { verdict: "fine" }],
  ])("a report of %s is refused", (_what, change) => {
    expect(() => readReview(reviewed(change), "prod")).toThrow(
      "expected an access report of version 1 of stack prod",
    );
  });
});
