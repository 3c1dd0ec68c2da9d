import { z } from "zod";

import { CLIENT_ID, isHostName, isNear, KUBERNETES_SUBDOMAIN, PLAIN_TEXT } from "./forms";

/** Namespace of the program's own keys. */
export const PROJECT = "plana-sso";

const hostName = z.string().refine(isHostName, "a host name in lower case, without scheme, port or path");
const kubernetesName = z
  .string()
  .regex(KUBERNETES_SUBDOMAIN, "a Kubernetes name: lower case letters, digits, dashes and dots");
/** Roughly: whether there is such an application is asked later, where the nearest one can be told. */
const slug = z.string().regex(/^[A-Za-z0-9_-]{1,50}$/);
const flag = z.enum(["true", "false"], "true or false").transform((text) => text === "true");
const count = z
  .string()
  .regex(/^[1-9][0-9]?$/, "a whole number from 1 to 99")
  .transform(Number);
const port = z
  .string()
  .regex(/^[1-9][0-9]{0,4}$/, "a port number")
  .transform(Number)
  .refine((value) => value < 65536, "a port number");
const address = z
  .string()
  .regex(
    /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/,
    "an address such as https://matrix.planapulse.com, without a user",
  )
  .refine((text) => URL.canParse(text), "an address such as https://matrix.planapulse.com, without a user");
/** A token goes there with every request. */
const safeAddress = address.refine(
  (text) => !URL.canParse(text) || new URL(text).protocol === "https:" || isNear(new URL(text).hostname),
  "https: http only inside a machine or a cluster, since the token goes with every request",
);
const uuid = z.uuid("a uuid");
export const PRINTABLE = "printable characters without white space";
const secret = (least: number) =>
  z
    .string()
    .min(least, `at least ${least} characters`)
    .regex(/^[\x21-\x7e]+$/, PRINTABLE);

/** A newline at the end is only what a server that runs already may have: one that was encoded with `echo`. */
const serverSecret = z.string().regex(/^[\x21-\x7e]+\n?$/, PRINTABLE);

const text = z.string().regex(PLAIN_TEXT, "some text on one line");
const clientId = z.string().regex(CLIENT_ID, "a client id: letters, digits and . _ ~ : @ / -");
// It is delivered in files of the consumers, between quotes.
const deliveredSecret = secret(8)
  .max(255, "at most 255 characters")
  .regex(/^[^"\\]*$/, "no double quote and no backslash");

/** Settings of the server that have keys of their own. */
const OWN_KEYS: ReadonlyMap<string, string> = new Map([
  ["AUTHENTIK_SECRET_KEY", "secretKey"],
  ["AUTHENTIK_BOOTSTRAP_TOKEN", "bootstrapToken"],
  ["AUTHENTIK_POSTGRESQL__HOST", "databaseHost"],
  ["AUTHENTIK_POSTGRESQL__PORT", "databasePort"],
  ["AUTHENTIK_POSTGRESQL__NAME", "databaseName"],
  ["AUTHENTIK_POSTGRESQL__USER", "databaseUser"],
  ["AUTHENTIK_POSTGRESQL__PASSWORD", "databasePassword"],
]);

const serverSetting = z
  .string()
  .regex(/^AUTHENTIK_[A-Z0-9_]+$/, "a name that begins with AUTHENTIK_")
  // The chart's probes and Ingress do not know of it.
  .refine((name) => name !== "AUTHENTIK_WEB__PATH", "another setting: the chart knows of no path")
  .superRefine((name, context) => {
    const own = OWN_KEYS.get(name);
    if (own) context.addIssue({ code: "custom", message: `another setting: this one is ${PROJECT}:${own}` });
  });

function json<T extends z.ZodType>(inner: T, expected: string) {
  return z.string().transform((text, context): z.output<T> => {
    try {
      const result = inner.safeParse(JSON.parse(text, named));
      if (result.success) return result.data;
      // Only the place is told: the value may hold a secret. A place of another form is more likely a value than a name.
      const [issue] = result.error.issues;
      const place = issue?.path.join(".") ?? "";
      const why = (issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message) ?? "";
      // What the library itself says may repeat what it has read.
      const reason = /^(?:Invalid|Unrecognized|Too) /.test(why) ? "" : `: ${why}`;
      const told = /^[\w.-]{1,100}$/.test(place) ? ` (look at ${place})${reason}` : "";
      context.addIssue({ code: "custom", message: `${expected}${told}` });
    } catch {
      context.addIssue({ code: "custom", message: expected });
    }
    return z.NEVER;
  });
}

/** A name that would be left out in silence. */
function named(name: string, value: unknown): unknown {
  if (name === "__proto__") throw new Error("no name of an entry");
  return value;
}

/** Least length of what a new server starts from; one that runs already keeps what it has. */
export const LEAST = { secretKey: 50, bootstrapToken: 20 } as const;

/** A key that a stack may set. */
export interface Key {
  readonly schema: z.ZodType;
  /** What the key is for: the README's table says the same. */
  readonly about: string;
  readonly secret?: true;
  /** What holds where the stack does not set it, written as in its file. */
  readonly default?: string;
}

/**
 * Every key of namespace `plana-sso` that a stack may set. A key that is not here is refused, so a typing error
 * never passes for a default.
 */
export const KEYS = {
  composition: { schema: z.string(), about: "which composition the stack runs: prod or local" },
  domain: { schema: hostName, about: "the domain under which the host names lie, e.g. planapulse.com" },
  hosts: {
    schema: json(z.record(slug, hostName), "an object of host names by application slug, or `auth`"),
    about: "host names that differ from <label>.<domain>",
  },
  chartPath: {
    schema: text,
    about: "a local chart instead of the repository's (air-gapped)",
  },
  databaseHost: { schema: hostName, about: "host of the PostgreSQL server" },
  databasePort: { schema: port, about: "port of the PostgreSQL server", default: "5432" },
  databaseName: { schema: text, about: "name of the database", default: "authentik" },
  databaseUser: { schema: text, about: "user of the database", default: "authentik" },
  databasePassword: { schema: serverSecret, about: "password of the database user", secret: true },
  secretKey: { schema: serverSecret, about: "AUTHENTIK_SECRET_KEY; write-once", secret: true },
  bootstrapToken: { schema: serverSecret, about: "token that seeds the first admin", secret: true },
  serverSettings: {
    schema: json(
      z.record(serverSetting, z.string("a text, in quotes").min(1, "a text that is not empty")),
      "an object {AUTHENTIK_<NAME>: <value>}",
    ),
    about: "further settings of the server by its own names, e.g. of mail",
    secret: true,
  },
  generateSecrets: {
    schema: flag,
    about: "generate the three secrets above where they are not set",
    default: "false",
  },
  google: { schema: flag, about: "whether staff may log in with Google" },
  googleClientId: { schema: clientId, about: "client id of the Google OAuth client" },
  googleClientSecret: { schema: secret(1), about: "client secret of the Google OAuth client", secret: true },
  clients: {
    schema: json(
      z.record(
        slug,
        z.strictObject({
          clientId: clientId.optional(),
          clientSecret: deliveredSecret.optional(),
        }),
      ),
      "an object {<slug>: {clientId, clientSecret}}",
    ),
    about: "credentials of OIDC clients that exist already, by application slug",
    secret: true,
  },
  ingressController: {
    schema: z.enum(["nginx", "traefik"], "nginx or traefik"),
    about: "which controller",
    default: "nginx",
  },
  ingressClass: { schema: kubernetesName, about: "ingress class, when not named like the controller" },
  clusterDomain: {
    schema: hostName,
    about: "DNS domain of the cluster, e.g. cluster.local",
    default: "cluster.local",
  },
  tlsIssuer: { schema: kubernetesName, about: "cert-manager ClusterIssuer for the public hosts" },
  serverReplicas: { schema: count, about: "server pods", default: "2" },
  workerReplicas: { schema: count, about: "worker pods", default: "2" },
  adoptRelease: {
    schema: flag,
    about: "whether the Helm release is there already and taken over; set by `npm run adopt`",
    default: "false",
  },
  waitForServer: { schema: flag, about: "whether `up` waits until the pods are ready", default: "true" },
  namespacePrefix: {
    schema: z
      .string()
      .regex(
        /^[a-z][a-z0-9-]{0,18}-$/,
        "lower case letters, digits and dashes, at most 20, ending in a dash: trial-",
      ),
    about:
      "put before the name of every namespace and of the cluster-wide binding, for a trial in the same cluster",
  },
  consumerNamespaces: {
    schema: z.enum(["existing", "create"], "existing or create"),
    about: "whether the namespaces of the applications exist already or are made here",
    default: "create",
  },
  clusterAdminRole: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9]([A-Za-z0-9:._-]{0,251}[A-Za-z0-9])?$/, "the name of a ClusterRole"),
    about: "ClusterRole that plana-admins are bound to",
    default: "cluster-admin",
  },
  embeddedOutpostId: { schema: uuid, about: "id of the embedded outpost, where it is known" },
  matrixHomeserver: {
    schema: safeAddress,
    about: "Matrix homeserver to which `person invite --matrix` sends",
  },
  matrixRoom: {
    schema: z.string().regex(/^![^\s/]{1,254}$/, "a room id such as !abc:planapulse.com, not an alias"),
    about: "id of the Matrix room that gets one-time links",
  },
  matrixToken: {
    schema: secret(8),
    about: "access token of the Matrix account that sends them",
    secret: true,
  },
  lokiUrl: { schema: address, about: "Loki, which `person offboard --now` asks for a person's activity" },
  tenantRedirectPath: {
    schema: z.string().regex(/^(\/[A-Za-z0-9_-]+)+$/, "a path such as /auth_oauth/signin"),
    about: "redirect path of every Odoo tenant",
    default: "/auth_oauth/signin",
  },
} as const satisfies Record<string, Key>;
