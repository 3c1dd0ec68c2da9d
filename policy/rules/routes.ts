import { isGiven, isRecord, valueOf, type Resource } from "../model";
import { shown, violation, type Rule } from "../rule";
import { KUBERNETES } from "../tokens";

/** Where the outpost answers, on every host: what is below it is public, and the outpost's own. */
const OUTPOST_PATH = "/outpost.goauthentik.io";

/** The outpost, by the Service of the server's namespace. */
const OUTPOST =
  /^http:\/\/authentik-proxy\.[a-z0-9-]+\.svc(?:\.[a-z0-9-]+)+\/outpost\.goauthentik\.io\/auth\/(?:nginx|traefik)$/;

const AUTH_URL = "nginx.ingress.kubernetes.io/auth-url";
const AUTH_SIGNIN = "nginx.ingress.kubernetes.io/auth-signin";
const MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares";

const recordOf = (value: unknown) => (isRecord(value) ? value : {});
const recordsOf = (value: unknown) => (Array.isArray(value) ? value.filter(isRecord) : []);

/** Whether an address that is known is another than the outpost's. What is not known yet is checked when it is. */
const isStranger = (address: unknown) => typeof address === "string" && !OUTPOST.test(address);

function ingressFaults(ingress: Resource): string[] {
  const annotations = recordOf(recordOf(valueOf(ingress, "metadata")).annotations);
  const asks = [AUTH_URL, MIDDLEWARES].some((name) => isGiven(annotations[name]));
  const rules = recordsOf(recordOf(valueOf(ingress, "spec")).rules);
  const open = asks
    ? []
    : rules
        .flatMap((rule) => recordsOf(recordOf(rule.http).paths))
        .filter(({ path, pathType }) => pathType !== "Exact" && path !== OUTPOST_PATH);
  const signin = annotations[AUTH_SIGNIN];
  const elsewhere =
    typeof signin === "string" &&
    rules.some(
      ({ host }) => typeof host === "string" && !signin.startsWith(`https://${host}${OUTPOST_PATH}/start?`),
    );
  return [
    ...open.map(({ path }) => `serves ${shown(path)} and what is below it without asking the outpost`),
    ...(isStranger(annotations[AUTH_URL]) ? [`asks ${shown(annotations[AUTH_URL])}, not the outpost`] : []),
    ...(elsewhere ? [`sends people to ${shown(signin)} to log in`] : []),
  ];
}

function middlewareFaults(middleware: Resource): string[] {
  const asking = recordOf(valueOf(middleware, "spec")).forwardAuth;
  if (!isRecord(asking)) return [];
  const headers = Array.isArray(asking.authRequestHeaders) ? (asking.authRequestHeaders as unknown[]) : [];
  return [
    ...(isStranger(asking.address) ? [`asks ${shown(asking.address)}, not the outpost`] : []),
    ...(asking.trustForwardHeader === false
      ? []
      : ["believes what a client says of its path (trustForwardHeader)"]),
    ...(headers.length > 0 && !headers.some((name) => /^authorization$/i.test(String(name)))
      ? []
      : ["hands on Authorization: an app password logs in past the second factor"]),
  ];
}

/** Rules about how a request comes to a proxied application. */
export const routeRules: readonly Rule[] = [
  {
    name: "routes-ask-outpost",
    level: "mandatory",
    reason:
      "A proxied application has no login of its own: a route that does not ask the outpost, or asks somebody else, is open.",
    mend: "take the routes of components/outpost, which ask the outpost for everything but exact public paths",
    resource: (resource) => {
      const faults =
        resource.type === KUBERNETES.ingress
          ? ingressFaults(resource)
          : resource.type === KUBERNETES.middleware
            ? middlewareFaults(resource)
            : [];
      return faults.flatMap((fault) => violation(resource, `${resource.name} ${fault}`));
    },
  },
];
