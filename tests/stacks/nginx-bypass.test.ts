import { runProgram, type Program } from "../program";
import { reaches } from "./nginx-model";

let program: Program;

beforeAll(async () => {
  program = await runProgram();
});

const at = (path: string, headers?: Record<string, string>) =>
  reaches(program, "matomo-admin", { path, headers });

const PUBLIC = [
  "/matomo.php",
  "/matomo.php?idsite=1&rec=1",
  "/matomo.js",
  "/piwik.php",
  "/piwik.js",
  "/js/",
  "/js/container_abc.js",
  "/plugins/HeatmapSessionRecording/tracker.min.js",
];

test.each(PUBLIC)("a tracker reaches %s without a login", (path) => {
  expect(at(path)).toBe("matomo");
});

const PROTECTED = [
  "/",
  "/index.php",
  "/index.php?module=CoreAdminHome",
  "/index.php/matomo.php",
  "/matomo.php/x",
  "/plugins/",
  "/plugins/Live/Controller.php",
  "/plugins/a/b/tracker.min.js",
  "/outpost.goauthentik.io/auth",
  "/outpost.goauthentik.iox",
];

describe.each(PROTECTED)("%s", (path) => {
  test("asks for a login", () => {
    expect(at(path)).toBe("login");
  });

  test.each([
    ["X-Original-URI", "/matomo.php"],
    ["x-original-uri", "/js/piwik.min.js"],
    ["X-Original-URI", "/outpost.goauthentik.io/start"],
    ["X-Original-URL", "https://analytics.planapulse.com/matomo.php"],
    ["Authorization", "Basic c3RhZmY6YXBwLXBhc3N3b3Jk"],
    ["Authorization", "Bearer token"],
  ])("does so whatever a client claims: %s: %s", (name, value) => {
    expect(at(path, { [name]: value })).toBe("login");
  });
});

test.each([
  "/outpost.goauthentik.io/../index.php",
  "/outpost.goauthentik.io/%2e%2e/index.php",
  "/outpost.goauthentik.io/../outpost.goauthentik.io/../index.php",
  "/outpost.goauthentik.iox/../index.php",
  "/js/../index.php",
  "/js/%2e%2e/index.php",
  "/matomo.php/../index.php",
  "/index.php/../js/piwik.min.js",
])("the path %s, which something else resolves, asks for a login", (path) => {
  expect(at(path)).toBe("login");
});

test("in a public folder a raw path can pretend to be the outpost's, and stays in that folder", () => {
  expect(at("/outpost.goauthentik.io/../plugins/x.svg")).toBe("matomo");
  expect(at("/outpost.goauthentik.io/../plugins/../index.php")).toBe("login");
});

const OUTPOST = "matomo-admin-outpost";

test.each([
  ["start", OUTPOST],
  ["start?rd=https://analytics.planapulse.com/index.php", OUTPOST],
  ["callback?code=c&state=s&X-authentik-auth-callback=true", OUTPOST],
  ["sign_out", OUTPOST],
  ["static/dist/authentik.css", OUTPOST],
  ["auth/nginx", "login"],
  ["auth/traefik", "login"],
  ["auth/envoy/x", "login"],
  ["auth/nginx/../../start", OUTPOST],
])("of the outpost's own paths %s reaches %s", (path, where) => {
  // What asks for a session must not be asked by anybody who brings an app password.
  expect(at(`/outpost.goauthentik.io/${path}`, { Authorization: "Basic x" })).toBe(where);
});
