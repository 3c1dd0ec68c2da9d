import type { Properties, Resource } from "../../policy/model";
import { KUBERNETES as K8S } from "../../policy/tokens";
import { productionWith, runProgram } from "../program";
import { refuses, resourcesOf, type Edit } from "./stack";

let nginx: readonly Resource[];
let traefik: readonly Resource[];
beforeAll(async () => {
  nginx = resourcesOf(await runProgram());
  traefik = resourcesOf(await runProgram(productionWith({ "plana-sso:ingressController": "traefik" })));
}, 120_000);

const PROTECTED = "matomo-admin-protected";

/** Changes annotations of a route; an undefined one is left out. */
const annotate = (name: string, changes: Properties) => (edit: Edit) => {
  const metadata = edit.one(K8S.ingress, name).inputs.metadata as { annotations: Properties };
  const annotations = Object.fromEntries(
    Object.entries({ ...metadata.annotations, ...changes }).filter(([, value]) => value !== undefined),
  );
  edit.set(K8S.ingress, name, { metadata: { ...metadata, annotations } });
};
const NGINX = "nginx.ingress.kubernetes.io";

describe("routes by nginx", () => {
  refuses(
    () => nginx,
    [
      {
        what: "everything without a login",
        rule: "routes-ask-outpost",
        edit: annotate(PROTECTED, { [`${NGINX}/auth-url`]: undefined }),
        said: /^matomo-admin-protected serves "\/" and what is below it without asking the outpost$/m,
      },
      {
        what: "a route more, beside those that ask",
        rule: "routes-ask-outpost",
        edit: (edit) => {
          const { spec } = edit.one(K8S.ingress, PROTECTED).inputs;
          edit.add(K8S.ingress, "eve", { metadata: { name: "eve" }, spec });
        },
        said: /^eve serves "\/" and what is below it without asking the outpost$/m,
      },
      {
        what: "somebody else asked",
        rule: "routes-ask-outpost",
        edit: annotate(PROTECTED, {
          [`${NGINX}/auth-url`]: "https://example.org/outpost.goauthentik.io/auth/nginx",
        }),
        said: /^matomo-admin-protected asks "https:\/\/example.org.*", not the outpost$/m,
      },
      {
        what: "a login elsewhere",
        rule: "routes-ask-outpost",
        edit: annotate(PROTECTED, {
          [`${NGINX}/auth-signin`]: "https://example.org/outpost.goauthentik.io/start?rd=x",
        }),
        said: /^matomo-admin-protected sends people to "https:\/\/example.org.*" to log in$/m,
      },
    ],
  );
});

describe("routes by Traefik", () => {
  const asking = (changes: Properties) => (edit: Edit) => {
    const spec = edit.one(K8S.middleware, "matomo-admin-outpost").inputs.spec as { forwardAuth: Properties };
    edit.set(K8S.middleware, "matomo-admin-outpost", {
      spec: { forwardAuth: { ...spec.forwardAuth, ...changes } },
    });
  };
  refuses(
    () => traefik,
    [
      {
        what: "everything without a login",
        rule: "routes-ask-outpost",
        edit: annotate(PROTECTED, { "traefik.ingress.kubernetes.io/router.middlewares": undefined }),
        said: /^matomo-admin-protected serves "\/" and what is below it without asking the outpost$/m,
      },
      {
        what: "somebody else asked",
        rule: "routes-ask-outpost",
        edit: asking({ address: "http://authentik-proxy.example.org/outpost.goauthentik.io/auth/traefik" }),
        said: /^matomo-admin-outpost asks "http:\/\/authentik-proxy.example.org.*", not the outpost$/m,
      },
      {
        what: "a path that a client claims",
        rule: "routes-ask-outpost",
        edit: asking({ trustForwardHeader: true }),
        said: /^matomo-admin-outpost believes what a client says of its path/m,
      },
      ...[["Cookie", "authorization"], []].map((authRequestHeaders) => ({
        what: `an app password handed on (${authRequestHeaders.length} headers)`,
        rule: "routes-ask-outpost",
        edit: asking({ authRequestHeaders }),
        said: /^matomo-admin-outpost hands on Authorization/m,
      })),
    ],
  );
});
