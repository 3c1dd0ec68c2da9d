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

test("everything asks the outpost first, but what the outpost itself answers", () => {
  expect(names([{ exact: "/a.js" }, { below: "/a/" }])).toEqual([
    ["app-protected", ["/", "/outpost.goauthentik.io/auth"]],
    ["app-login", ["/outpost.goauthentik.io"]],
  ]);
});
