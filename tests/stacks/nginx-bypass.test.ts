import { runProgram, type Program } from "../program";
import { isRefused, reaches } from "./nginx-model";

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
  expect(isRefused(path)).toBe(false);
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
  "/js/../index.php",
  "/js/%2e%2e/index.php",
  "/matomo.php/../index.php",
  "/index.php/../js/piwik.min.js",
])("the path %s, which something else resolves, asks for a login", (path) => {
  expect(at(path)).toBe("login");
});

// The outpost lets its own prefix pass, as the client wrote it: docs/nginx.md closes what the routes cannot.
test.each([
  "/outpost.goauthentik.io/../index.php",
  "/outpost.goauthentik.io/../?a=b",
  "/outpost.goauthentik.io/..",
  "/outpost.goauthentik.io/%2e%2E/index.php",
  "/outpost.goauthentik.io/.%2e/index.php",
  "/outpost.goauthentik.io%2f..%2Findex.php",
  "/%6futpost.goauthentik.io/../index.php",
  "/outpost.goauthentik.io/../outpost.goauthentik.io/../index.php",
  "/outpost.goauthentik.io/../plugins/x.svg",
  "/outpost.goauthentik.iox/../index.php",
  "/outpost.goauthentik.iox",
  "/outpost.goauthentik.io%78/index.php",
  "/outpost.goauthentik.io/auth",
])("the path %s enters without a login where the controller does not refuse it", (path) => {
  expect(at(path)).toBe("matomo");
  expect(isRefused(path)).toBe(true);
});

test.each([
  "/index.php?next=/outpost.goauthentik.io/../x",
  "/files/a..b/c",
  "/..hidden/x",
  "/api/branches/feature%2Fx",
  "/outpost.goauthentik.io/start?rd=https://analytics.planapulse.com/../x",
  "/outpost.goauthentik.io/callback?code=c",
])("%s, which is harmless, is not refused by what the controller is told", (path) => {
  expect(isRefused(path)).toBe(false);
});

const OUTPOST = "matomo-admin-outpost";

test.each([
  ["start", OUTPOST],
  ["start?rd=https://analytics.planapulse.com/index.php", OUTPOST],
  ["callback?code=c&state=s&X-authentik-auth-callback=true", OUTPOST],
  ["sign_out", OUTPOST],
  ["static/dist/authentik.css", OUTPOST],
  ["auth/nginx", "matomo"],
  ["auth/traefik", "matomo"],
  ["auth/envoy/x", "matomo"],
  ["auth/nginx/../../start", OUTPOST],
])("of the outpost's own paths %s reaches %s", (path, where) => {
  // What asks for a session must not be asked by anybody who brings an app password.
  expect(at(`/outpost.goauthentik.io/${path}`, { Authorization: "Basic x" })).toBe(where);
});
