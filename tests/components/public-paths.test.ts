import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  folderOf,
  isPublic,
  skipPathRegex,
  skipPathRegexes,
} from "../../components/applications/public-paths";
import { prod } from "../../stacks/prod";
import { found } from "../tools";

const matomo = prod.applications.find(({ slug }) => slug === "matomo-admin");
const REGEXES = matomo?.mode === "proxy" ? skipPathRegexes(matomo.publicPaths) : "";

test("without a public path one expression is sent that matches none: an empty setting would leave the last one open", () => {
  const regexes = skipPathRegexes([]);
  expect(regexes).not.toBe("");
  for (const path of ["", "/", "/-", "/index.php", "/matomo.php"])
    expect([path, isPublic(regexes, path)]).toEqual([path, false]);
});

/** What trackers and embedded widgets call without a login. */
const PASS = [
  "/matomo.php",
  "/matomo.js",
  "/piwik.php",
  "/piwik.js",
  "/js/",
  "/js/piwik.min.js",
  "/js/index.php",
  "/js/sub/folder/file.js",
  "/js/sub/",
  "/plugins/HeatmapSessionRecording/tracker.min.js",
  "/plugins/Custom_Plugin-2.0/tracker.min.js",
];

const REFUSE = [
  "/",
  "",
  "/index.php",
  "/index.php?module=API",
  "/admin",
  "/config/config.ini.php",
  // Something before, something after, another dot.
  "/index.php/matomo.php",
  "/x/matomo.php",
  "matomo.php",
  "/matomo.php/",
  "/matomo.php/x",
  "/matomo.php/index.php",
  "/matomo.phpx",
  "/matomo.php5",
  "/matomoXphp",
  "/matomo.php?x",
  "/matomo.php#x",
  "/matomo.php;x",
  "/matomo.php\n",
  "/\nmatomo.php",
  "/index.php\n/matomo.php",
  "/matomo.php%00",
  "/matomo.php ",
  "/Matomo.php",
  "/MATOMO.PHP",
  "/matomo%2ephp",
  "//matomo.php",
  "/./matomo.php",
  "/x/../matomo.php",
  "/piwik.php/index.php",
  "/piwik.jsx",
  // Folders: no way out, no escapes, no blanks.
  "/js",
  "/JS/",
  "/jsx/file.js",
  "/index.php/js/",
  "/js/..",
  "/js/../",
  "/js/../index.php",
  "/js/sub/../../index.php",
  "/js/./file.js",
  "/js/.",
  "/js/.htaccess",
  "/js//file.js",
  "/js//",
  "/js/%2e%2e/index.php",
  "/js/%2E%2E/index.php",
  "/js/..%2findex.php",
  "/js/..\\index.php",
  "/js/\\index.php",
  "/js/..;/index.php",
  "/js/a b",
  "/js/a\n",
  "/js/\u2025/index.php",
  "/js/é.js",
  "/js/x?y",
  // Plugins: one folder, one file.
  "/plugins/tracker.min.js",
  "/plugins//tracker.min.js",
  "/plugins/./tracker.min.js",
  "/plugins/../tracker.min.js",
  "/plugins/.git/tracker.min.js",
  "/plugins/a/b/tracker.min.js",
  "/plugins/a/../tracker.min.js",
  "/plugins/a/tracker.min.js/",
  "/plugins/a/tracker.min.js/x",
  "/plugins/a/tracker.min.json",
  "/plugins/a/trackerXmin.js",
  "/plugins/a/tracker.js",
  "/plugins/a/config.php",
  "/plugins/a%2fb/tracker.min.js",
  "/index.php/plugins/a/tracker.min.js",
  "/outpost.goauthentik.io/start",
];

test.each(PASS)("%j passes without a login", (path) => {
  expect(isPublic(REGEXES, path)).toBe(true);
});

test.each(REFUSE)("%j is protected", (path) => {
  expect(isPublic(REGEXES, path)).toBe(false);
});

test("every expression is anchored at both ends, on a line of its own", () => {
  const lines = REGEXES.split("\n");
  expect(lines).toHaveLength(6);
  for (const line of lines) expect(line).toMatch(/^\^\/.*\$$/);
});

test("expressions of each kind of path", () => {
  expect(skipPathRegex({ exact: "/a.b" })).toBe(String.raw`^/a\.b$`);
  expect(skipPathRegex({ below: "/a/" })).toBe(
    "^/a/([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*([A-Za-z0-9_-][A-Za-z0-9_.-]*)?$",
  );
  expect(skipPathRegex({ pattern: "/a/*/b.c" })).toBe(String.raw`^/a/[A-Za-z0-9_-][A-Za-z0-9_.-]*/b\.c$`);
});

test.each([
  [{ exact: "/a/b" }, undefined],
  [{ below: "/js/" }, "/js"],
  [{ below: "/a/b/" }, "/a/b"],
  [{ below: "/" }, undefined],
  [{ pattern: "/plugins/*/tracker.min.js" }, "/plugins"],
  [{ pattern: "/a/b/x-*.js" }, "/a/b"],
  [{ pattern: "/a/*/b/*/c" }, "/a"],
  [{ pattern: "/*/a" }, undefined],
  [{ pattern: "/a*/b" }, undefined],
])("the folder in which nothing of %j varies is %j", (path, folder) => {
  expect(folderOf(path)).toBe(folder);
});

test("without public paths nothing is public", () => {
  for (const path of [...PASS, ...REFUSE])
    expect([path, isPublic(skipPathRegexes([]), path)]).toEqual([path, false]);
});

const GO = `package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
)

func main() {
	var input struct {
		Regexes string
		Paths   []string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&input); err != nil {
		panic(err)
	}
	answers := []bool{}
	for _, path := range input.Paths {
		public := false
		for _, line := range strings.Split(input.Regexes, "\\n") {
			public = public || regexp.MustCompile(line).MatchString(path)
		}
		answers = append(answers, public)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
`;

test("Go's own regexp, which the outpost uses, says the same of every path", () => {
  if (!found("go", "version")) return;
  const folder = mkdtempSync(join(tmpdir(), "public-paths-"));
  try {
    writeFileSync(join(folder, "go.mod"), "module public.paths\n\ngo 1.21\n");
    writeFileSync(join(folder, "main.go"), GO);
    const answers: unknown = JSON.parse(
      execFileSync("go", ["run", "."], {
        cwd: folder,
        env: { ...process.env, GOFLAGS: "-mod=mod", GOPROXY: "off", GOTOOLCHAIN: "local", GOWORK: "off" },
        input: JSON.stringify({ Regexes: REGEXES, Paths: [...PASS, ...REFUSE] }),
        encoding: "utf8",
      }),
    );
    expect(answers).toEqual([...PASS.map(() => true), ...REFUSE.map(() => false)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
