import { nginxRoutes } from "../../components/outpost/nginx-routes";
import type { RouteContext } from "../../components/outpost/route";
import { useMocks } from "../mocks";

const backend = { service: { name: "app", port: { number: 80 } } };

const CONTEXT: RouteContext = {
  slug: "app",
  host: "app.example.test",
  namespace: "app",
  service: { name: "app", port: 80 },
  outpost: { name: "outpost", namespace: "authentik", host: "outpost.authentik.svc" },
  publicPaths: [],
  ingress: { controller: "nginx", className: "nginx" },
  toApplication: backend,
  toOutpost: backend,
  certificate: { annotations: {}, tls: [] },
  opts: {},
};

const names = (publicPaths: RouteContext["publicPaths"]) =>
  nginxRoutes({ ...CONTEXT, publicPaths }).map(({ name, paths }) => [name, paths.map(({ path }) => path)]);

beforeEach(() => {
  useMocks("prod", { values: {}, secrets: {} });
});

test("a public root is refused: it stands for everything that is protected", () => {
  expect(() => names([{ exact: "/" }])).toThrow('app: "/" is public; expected every public path below it');
});

test("a pattern without a folder stays protected", () => {
  expect(names([{ pattern: "/*/a.js" }]).map(([name]) => name)).toEqual(["app-protected", "app-login"]);
});

test("a folder that two paths share stands once", () => {
  expect(names([{ pattern: "/a/*/b.js" }, { below: "/a/" }, { below: "/B/" }]).at(-1)).toEqual([
    "app-public-folders",
    ["/B", "/a"],
  ]);
});
