import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { comment, writeComment } from "../../workflows/comment";
import { LONGEST_TEXT, markerOf } from "../../workflows/own-text";
import { ForgeServer, TOKEN, type Fault } from "./forge-server";

const MARKER = markerOf("access-report", "prod");
const QUICK = { retries: 2, timeout: 300, pause: 1 };

let server: ForgeServer;
beforeEach(async () => {
  server = await ForgeServer.start();
});
afterEach(() => server.close());

const write = (body = "Nothing changes.") => writeComment(server.forge(), 12, { stack: "prod", body }, QUICK);
const bodies = () => server.comments.map(({ body }) => body);
const POST: Pick<Fault, "method" | "path"> = { method: "POST", path: /comments$/ };

test("the first report makes the comment, the next ones change it in place", async () => {
  server.comment("Looks good", "chudomir.monevski");
  expect(await write("One")).toBe("created");
  expect(await write("One")).toBe("unchanged");
  expect(await write("Two")).toBe("updated");
  expect(bodies()).toEqual(["Looks good", `${MARKER}\nTwo\n`]);
  expect(server.count("POST", /./)).toBe(1);
  expect(server.count("PATCH", /./)).toBe(1);
});

test("another stack has a comment of its own", async () => {
  await write("One");
  await writeComment(server.forge(), 12, { stack: "trial", body: "Two" }, QUICK);
  expect(bodies()).toEqual([`${MARKER}\nOne\n`, `${markerOf("access-report", "trial")}\nTwo\n`]);
});

test("somebody else's comment with the marker, and a quotation of it, are left alone", async () => {
  server.comment(`${MARKER}\nforged`, "mallory");
  server.comment(`${MARKER}\nof a deleted account`, null);
  server.comment(`> ${MARKER}\nquoted by ourselves`);
  expect(await write("One")).toBe("created");
  expect(bodies()).toEqual([
    `${MARKER}\nforged`,
    `${MARKER}\nof a deleted account`,
    `> ${MARKER}\nquoted by ourselves`,
    `${MARKER}\nOne\n`,
  ]);
});

test("of two of our own the older one is kept", async () => {
  const first = server.comment(`${MARKER}\nold`);
  server.comment(`${MARKER}\nolder run, later`);
  expect(await write("New")).toBe("updated");
  expect(server.comments.map(({ id, body }) => [id, body])).toEqual([[first.id, `${MARKER}\nNew\n`]]);
});

test.each([undefined, 3])("the comment is found behind many others (pages of %s)", async (pages) => {
  server.commentPages = pages;
  for (let count = 0; count < 10; count += 1) server.comment(`remark ${count}`, "somebody");
  server.comment(`${MARKER}\nold`);
  server.comment("last", "somebody");
  expect(await write("New")).toBe("updated");
  expect(server.comments).toHaveLength(12);
});

test("line ends of another form are no change", async () => {
  server.comment(`${MARKER}\r\nOne\r\nTwo`);
  expect(await write("One\nTwo\n")).toBe("unchanged");
});

test("a report that is too long is shortened, well formed, with a note where the whole is", async () => {
  const rows = Array.from({ length: 9_000 }, (_, index) => `| ж${index} | reads | writes |`).join("\n");
  await write(`# Access\n\n<details><summary>All</summary>\n\n\`\`\`\n${rows}\n\`\`\`\n</details>\n`);
  const [body = ""] = bodies();
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(LONGEST_TEXT);
  expect(Buffer.byteLength(body)).toBeGreaterThan(LONGEST_TEXT - 500);
  expect(body.startsWith(`${MARKER}\n> **Shortened:**`)).toBe(true);
  expect(body).toContain(
    "the artifact `access-report` of [this run](https://git.test/plana/sso/actions/runs/7)",
  );
  expect(body.trimEnd()).toMatch(/\| writes \|\n```\n\n<\/details>$/);
  expect(await write("Short")).toBe("updated");
});

test.each([401, 403, 404, 409, 422])(
  "a creation that is refused with %s is not tried again",
  async (status) => {
    server.faults.push({ ...POST, answer: status, times: 9 });
    const error = await write().catch((caught: unknown) => String(caught));
    expect(error).toContain(`Forgejo: POST /repos/plana/sso/issues/12/comments: ${status}`);
    expect(error).toContain(`said ${status}`);
    expect(error).not.toContain(TOKEN);
    expect(error.includes("mend: give a token that may write issues")).toBe(status === 401 || status === 403);
    expect(server.count("POST", /./)).toBe(1);
  },
);

test("a token that is refused everywhere is said to be so", async () => {
  server.faults.push({ method: "GET", path: /./, answer: 401, times: 9 });
  await expect(write()).rejects.toThrow(/GET \/user: 401.*\n.*FORGEJO_TOKEN/);
  expect(server.requests).toHaveLength(1);
});

test.each(["nothing", "reset", "malformed", 500, 502] as const)(
  "a creation that was made, and answered with %s, is not made again",
  async (answer) => {
    server.faults.push({ ...POST, answer, carriedOut: true });
    expect(await write("One")).toBe("created");
    expect(bodies()).toEqual([`${MARKER}\nOne\n`]);
    expect(server.count("POST", /./)).toBe(1);
  },
);

test.each(["nothing", "reset", "malformed", 503, 429] as const)(
  "a creation that was not made, and answered with %s, is tried again after a look",
  async (answer) => {
    server.faults.push({ ...POST, answer });
    expect(await write("One")).toBe("created");
    expect(bodies()).toEqual([`${MARKER}\nOne\n`]);
    const comments = "/api/v1/repos/plana/sso/issues/12/comments";
    expect(server.requests.slice(1)).toEqual(
      ["GET", "POST", "GET", "POST"].map((one) => `${one} ${comments}`),
    );
  },
);

test("a creation that never comes through ends with its error", async () => {
  server.faults.push({ ...POST, answer: 500, times: 99 });
  await expect(write()).rejects.toThrow("POST /repos/plana/sso/issues/12/comments: 500");
  expect(server.count("POST", /./)).toBe(3);
});

test.each(["nothing", "reset", "malformed", 500, 429] as const)(
  "reading and changing are repeated after %s",
  async (answer) => {
    server.comment(`${MARKER}\nold`);
    server.faults.push({ method: "GET", path: /comments$/, answer });
    server.faults.push({ method: "PATCH", path: /comments/, answer });
    expect(await write("New")).toBe("updated");
    expect(bodies()).toEqual([`${MARKER}\nNew\n`]);
  },
);

test.each(["nothing", 500, "malformed"] as const)(
  "repeating ends: %s for ever is an error",
  async (answer) => {
    server.faults.push({ method: "GET", path: /comments$/, answer, times: 99 });
    await expect(write()).rejects.toThrow("Forgejo: GET /repos/plana/sso/issues/12/comments");
    expect(server.count("GET", /comments$/)).toBe(3);
    expect(server.comments).toEqual([]);
  },
);

test("a forge that is elsewhere does not get the token", async () => {
  const other = await ForgeServer.start();
  const headers = { location: `${other.url}/api/v1/user` };
  server.faults.push({ method: "GET", path: /user$/, answer: 302, headers });
  const said = await write().catch(String);
  const { requests } = other;
  await other.close();
  expect(said).toContain("GET /user: 302");
  expect(requests).toEqual([]);
});

test("a forge that does not end its list ends the command", async () => {
  // Every page holds another comment.
  server.commentPages = 1;
  for (let count = 0; count < 201; count += 1) server.comment("x", "somebody");
  await expect(write()).rejects.toThrow("more than 200 pages");
});

test("where the token may not ask who it is, the users of both forges' runners are known", async () => {
  server.login = undefined;
  server.writes = "gitea-actions";
  expect(await write("One")).toBe("created");
  expect(await write("Two")).toBe("updated");
  expect(server.comments).toHaveLength(1);
});

test("where the token writes as somebody unknown, it is said before there is a second comment", async () => {
  server.login = undefined;
  server.writes = "ci-bot";
  await expect(write("One")).rejects.toThrow(/the token writes as ci-bot.*\n.*FORGEJO_AUTHOR to ci-bot/);
  const forge = server.forge({ author: "CI-bot" });
  expect(await writeComment(forge, 12, { stack: "prod", body: "Two" }, QUICK)).toBe("updated");
  expect(server.comments).toHaveLength(1);
});

test("even then, an unclear creation is not made again", async () => {
  server.login = undefined;
  server.writes = "ci-bot";
  server.faults.push({ ...POST, answer: 500, carriedOut: true });
  await expect(write("One")).rejects.toThrow("the token writes as ci-bot");
  expect(server.comments).toHaveLength(1);
});

describe("npm run comment", () => {
  let folder: string;
  let shown: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "comment-"));
    shown = [];
    jest.spyOn(console, "error").mockImplementation((text: string) => shown.push(text));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  function event(text: string): NodeJS.ProcessEnv {
    const file = join(folder, "event.json");
    writeFileSync(file, text);
    return { ...server.env(), GITHUB_RUN_NUMBER: "7", GITHUB_EVENT_PATH: file };
  }
  const report = () => join(folder, "report.md");

  test("takes the pull request from the event, and the stack of its option", async () => {
    writeFileSync(report(), "Nobody gains access.\n");
    const env = event(JSON.stringify({ action: "opened", pull_request: { number: 12 } }));
    expect(await comment(["--file", report(), "--stack", "prod"], env, QUICK)).toBe(0);
    expect(server.comments).toMatchObject([{ issue: 12, body: `${MARKER}\nNobody gains access.\n` }]);
    expect(shown).toEqual(["comment on pull request 12: created"]);
  });

  test("without a report the comment says so, and no longer tells of an older commit", async () => {
    server.comment(`${MARKER}\nNobody gains access.`, undefined, 5);
    expect(
      await comment(["--file", report(), "--pull", "5"], { ...event("{}"), GITHUB_EVENT_PATH: "" }, QUICK),
    ).toBe(1);
    expect(bodies()).toEqual([
      `${MARKER}\n**No access report:** it could not be made; [the run](${server.url}/plana/sso/actions/runs/7) says why. Do not merge.\n`,
    ]);
    expect(shown[1]).toContain("mend: npm run review -- --stack prod");
  });

  test("a folder is no report, and it is said which file is one", async () => {
    expect(await comment(["--file", folder, "--pull", "5"], event("{}"), QUICK)).toBe(1);
    expect(bodies()).toEqual([expect.stringContaining("**No access report:**")]);
    expect(shown[1]).toContain(`mend: name the file in it, e.g. --file ${join(folder, "access.md")}`);
  });

  test.each([
    ["no JSON", "{"],
    ["another event", JSON.stringify({ ref: "refs/heads/main" })],
    ["no number", JSON.stringify({ pull_request: { number: "12" } })],
  ])("an event that is %s is one clear error", async (_what, text) => {
    await expect(comment(["--file", report()], event(text), QUICK)).rejects.toThrow(
      /GITHUB_EVENT_PATH: .*event\.json: expected .*\n {2}mend: --pull <number>/,
    );
    expect(server.requests).toEqual([]);
  });

  test("everything that is missing or malformed is told at once, without the token", async () => {
    const env = { GITHUB_SERVER_URL: "https://user:word@git.test", GITHUB_REPOSITORY: "sso" };
    const said = await comment(["--file", "x"], env, QUICK).catch((error: unknown) => String(error));
    expect(said).toContain("FORGEJO_URL or GITHUB_SERVER_URL");
    expect(said).toContain('FORGEJO_REPOSITORY or GITHUB_REPOSITORY: "sso"; expected owner/name');
    expect(said).toContain("FORGEJO_TOKEN or GITHUB_TOKEN: not set");
  });

  test("a wrong number and wrong use are refused", async () => {
    await expect(comment(["--file", "x", "--pull", "0x1"], server.env(), QUICK)).rejects.toThrow(
      "--pull 0x1",
    );
    jest.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(await comment([], server.env(), QUICK)).toBe(2);
  });
});
