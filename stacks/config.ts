import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import type { IngressClass } from "../components/server/chart-values";
import { KEYS, LEAST, PRINTABLE, PROJECT, type Key } from "./config-keys";
import { isNear } from "./forms";
import { didYouMean, nearest, type Problem } from "./problem";
import { CHART_VERSION } from "./versions";
import { withoutCredentials } from "./visible";

type KeyName = keyof typeof KEYS;

type Value<K extends KeyName> = z.output<(typeof KEYS)[K]["schema"]>;

/** A key with a default always has a value: where what is set is malformed, the checks go on with the default. */
type Read<K extends KeyName> = Value<K> | ((typeof KEYS)[K] extends { default: string } ? never : undefined);

/** What a stack is told from outside, read, typed and validated. Secrets are Outputs marked secret. */
export interface Settings {
  readonly stack: string;
  readonly authentikUrl: string;
  readonly domain: string;
  readonly hosts: Readonly<Record<string, string>>;
  readonly chart: { readonly version: string; readonly path?: string };
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly user: string;
    /** Absent: to be generated. */
    readonly password?: pulumi.Output<string>;
  };
  /** Absent: to be generated. */
  readonly secretKey?: pulumi.Output<string>;
  /** Absent: to be generated. */
  readonly bootstrapToken?: pulumi.Output<string>;
  /** Further settings of the server, by its own names. */
  readonly serverSettings: pulumi.Output<Readonly<Record<string, string>>>;
  readonly google?: { readonly clientId: string; readonly clientSecret: pulumi.Output<string> };
  readonly clients: Readonly<Record<string, ClientCredentials>>;
  readonly ingress: IngressClass;
  /** DNS domain of the cluster, under which its Services have their names. */
  readonly clusterDomain: string;
  readonly replicas: { readonly server: number; readonly worker: number };
  readonly waitForServer: boolean;
  /** The Helm release is there already: the first `up` takes it over. */
  readonly adoptRelease: boolean;
  /** Put before the name of everything that could meet another stack's in the same cluster; empty in production. */
  readonly namespacePrefix: string;
  readonly createConsumerNamespaces: boolean;
  readonly clusterAdminRole: string;
  readonly embeddedOutpostId?: string;
  readonly tenantRedirectPath: string;
}

/** Credentials of an OIDC client that exists already. */
export interface ClientCredentials {
  readonly clientId?: string;
  readonly clientSecret?: pulumi.Output<string>;
}

/** What the hosts and redirect URIs of the applications follow from. */
export type Hosting = Pick<Settings, "domain" | "hosts" | "tenantRedirectPath">;

/** What says which clients exist already, and with which credentials. */
export type Credentials = Pick<Settings, "stack" | "clients" | "embeddedOutpostId">;

/** What could be read, and everything that is wrong with the rest. */
export interface ReadResult {
  readonly composition: string;
  /** Absent when the domain could not be read. */
  readonly hosting?: Hosting;
  /** Absent when the credentials of existing clients could not be read. */
  readonly credentials?: Credentials;
  /** Absent when there is any problem. */
  readonly settings?: Settings;
  readonly problems: readonly Problem[];
}

/**
 * Reads and validates the whole configuration of the stack: the one place where config and environment are read.
 * Never throws for bad values: all problems are returned together.
 */
export function readConfig(stack: string, compositions: readonly string[]): ReadResult {
  const problems: Problem[] = [...unknownKeys(stack)];
  const secretKeys = keysOfSecrets();
  const set = (key: string, placeholder: string, isSecret?: boolean) =>
    `pulumi config set ${isSecret ? "--secret " : ""}${key}${isSecret ? "" : ` ${placeholder}`} --stack ${stack}`;

  function read<K extends KeyName>(name: K): Read<K> {
    const { schema, default: otherwise }: Key = KEYS[name];
    return (asSet(name) ?? (otherwise === undefined ? undefined : schema.parse(otherwise))) as Read<K>;
  }
  function asSet<K extends KeyName>(name: K): Value<K> | undefined {
    const key = `${PROJECT}:${name}`;
    const entry: Key = KEYS[name];
    const text = pulumi.runtime.getConfig(key);
    if (text === undefined) return undefined;
    if (entry.secret && !secretKeys.has(key)) {
      problems.push({
        key,
        value: "(a plain value)",
        expected: `${entry.about}, stored as a secret`,
        mend: `${set(key, "", true)}   (and give the value that stood there in clear a new one)`,
      });
      return undefined;
    }
    const result = entry.schema.safeParse(text);
    if (result.success) return result.data as Value<K>;
    problems.push({
      key,
      value: entry.secret || secretKeys.has(key) ? "(a secret of another form)" : withoutCredentials(text),
      expected: result.error.issues.map((issue) => issue.message).join(", "),
      mend: set(key, `<${name}>`, entry.secret),
    });
    return undefined;
  }
  const missing = (name: KeyName) => {
    const key = `${PROJECT}:${name}`;
    if (pulumi.runtime.getConfig(key) !== undefined) return; // Said already, as malformed.
    const entry: Key = KEYS[name];
    problems.push({ key, expected: entry.about, mend: set(key, `<${name}>`, entry.secret) });
  };
  const need = <K extends KeyName>(name: K) => {
    const value = read(name);
    if (value === undefined) missing(name);
    return value;
  };

  const composition = read("composition") ?? stack;
  if (!compositions.includes(composition)) {
    const guess = nearest(composition, compositions);
    problems.push({
      key: `${PROJECT}:composition`,
      value: composition,
      expected:
        `one of ${compositions.join(", ")}; a stack of any other name says which one it runs` +
        didYouMean(guess),
      mend: set(`${PROJECT}:composition`, guess ?? compositions[0] ?? "prod"),
    });
  }

  const generate = read("generateSecrets");
  const adoptRelease = read("adoptRelease");
  const seed = (name: "secretKey" | "bootstrapToken" | "databasePassword") => {
    const value = generate ? read(name) : need(name);
    if (value?.endsWith("\n") && !adoptRelease) {
      problems.push({
        key: `${PROJECT}:${name}`,
        value: "(a secret of another form)",
        expected: PRINTABLE,
        mend: set(`${PROJECT}:${name}`, "", true),
      });
    }
    const least = name === "databasePassword" || adoptRelease ? 0 : LEAST[name];
    if (value !== undefined && value.length < least) {
      problems.push({
        key: `${PROJECT}:${name}`,
        value: "(a secret of another form)",
        expected: `at least ${least} characters`,
        mend: set(`${PROJECT}:${name}`, "", true),
      });
    }
    return value === undefined ? undefined : pulumi.secret(value);
  };

  const url = pulumi.runtime.getConfig("authentik:url") ?? process.env.AUTHENTIK_URL;
  if (!url || !isAuthentikUrl(url)) {
    problems.push({
      key: "authentik:url",
      value: url && withoutCredentials(url),
      expected:
        "the address of Authentik, e.g. https://auth.planapulse.com, here or in AUTHENTIK_URL; " +
        "http only inside a machine or a cluster, since the token goes with every request",
      mend: set("authentik:url", "https://<host>"),
    });
  }
  const token = pulumi.runtime.getConfig("authentik:token");
  const usedToken = token ?? process.env.AUTHENTIK_TOKEN;
  if (token !== undefined && !secretKeys.has("authentik:token")) {
    problems.push({
      key: "authentik:token",
      value: "(a plain value)",
      expected: "an API token stored as a secret",
      mend: `${set("authentik:token", "", true)}   (and revoke the token that stood there in clear)`,
    });
  } else if (!usedToken) {
    problems.push({
      key: "authentik:token",
      expected: "an API token of a user with Authentik administration, here or in AUTHENTIK_TOKEN",
      mend: set("authentik:token", "", true),
    });
  } else if (!/^[\x21-\x7e]+$/.test(usedToken) || usedToken.endsWith("\n")) {
    problems.push({
      key: "authentik:token",
      value: "(a secret of another form)",
      expected: `${PRINTABLE}, and no newline at its end, here or in AUTHENTIK_TOKEN`,
      mend:
        token === undefined
          ? "give AUTHENTIK_TOKEN the token alone"
          : `${set("authentik:token", "", true)}   (and type the token, or pipe it in with printf %s, not echo)`,
    });
  }
  for (const key of ["authentik:headers", "kubernetes:kubeconfig"]) {
    const value = pulumi.runtime.getConfig(key);
    // A kubeconfig may also be the path of a file.
    if (value === undefined || secretKeys.has(key) || !/[\n{:]/.test(value)) continue;
    problems.push({
      key,
      value: "(a plain value)",
      expected: "what may carry credentials, stored as a secret",
      mend: `${set(key, "", true)}   (and revoke the credentials that stood there in clear)`,
    });
  }
  // Without these the Kubernetes provider deletes what has changed and creates it again: without its settings Secret
  // Authentik crashes, and without its ConfigMap nginx serves nothing of a protected application.
  for (const kind of ["Secret", "ConfigMap"]) {
    const key = `kubernetes:enable${kind}Mutable`;
    const mutable = pulumi.runtime.getConfig(key);
    if (mutable === "true") continue;
    problems.push({
      key,
      value: mutable,
      expected: `true, so that a changed ${kind} is updated in place and never replaced`,
      mend: set(key, "true"),
    });
  }

  const google = need("google");
  const googleClientId = google ? need("googleClientId") : undefined;
  const googleClientSecret = google ? need("googleClientSecret") : undefined;
  const domain = need("domain");
  // Only operator commands use these; what is wrong with them is told here, before it is needed.
  for (const name of ["matrixHomeserver", "matrixRoom", "matrixToken", "lokiUrl"] as const) read(name);
  // No default: a trial that forgot it would talk to production's database.
  const databaseHost = need("databaseHost");
  const clients = read("clients");
  const controller = read("ingressController");
  const settings = {
    stack,
    hosts: read("hosts") ?? {},
    chart: { version: CHART_VERSION, path: read("chartPath") },
    database: {
      host: databaseHost ?? "",
      port: read("databasePort"),
      name: read("databaseName"),
      user: read("databaseUser"),
      password: seed("databasePassword"),
    },
    secretKey: seed("secretKey"),
    bootstrapToken: seed("bootstrapToken"),
    serverSettings: pulumi.secret(read("serverSettings") ?? {}),
    google:
      googleClientId !== undefined && googleClientSecret !== undefined
        ? { clientId: googleClientId, clientSecret: pulumi.secret(googleClientSecret) }
        : undefined,
    clients: Object.fromEntries(
      Object.entries(clients ?? {}).map(([slug, { clientId, clientSecret }]) => [
        slug,
        { clientId, clientSecret: clientSecret === undefined ? undefined : pulumi.secret(clientSecret) },
      ]),
    ),
    ingress: { controller, className: read("ingressClass") ?? controller, tlsIssuer: read("tlsIssuer") },
    clusterDomain: read("clusterDomain"),
    replicas: { server: read("serverReplicas"), worker: read("workerReplicas") },
    adoptRelease,
    waitForServer: read("waitForServer"),
    namespacePrefix: read("namespacePrefix") ?? "",
    createConsumerNamespaces: read("consumerNamespaces") === "create",
    clusterAdminRole: read("clusterAdminRole"),
    embeddedOutpostId: read("embeddedOutpostId"),
    tenantRedirectPath: read("tenantRedirectPath"),
  };
  const unread = clients === undefined && pulumi.runtime.getConfig(`${PROJECT}:clients`) !== undefined;
  const credentials: Credentials | undefined = unread
    ? undefined
    : { stack, clients: settings.clients, embeddedOutpostId: settings.embeddedOutpostId };
  if (domain === undefined) return { composition, credentials, problems };
  const hosting: Hosting = { domain, hosts: settings.hosts, tenantRedirectPath: settings.tenantRedirectPath };
  if (problems.length > 0 || !url) return { composition, hosting, credentials, problems };
  return {
    composition,
    hosting,
    credentials,
    settings: { ...settings, ...hosting, authentikUrl: url.replace(/\/$/, "") },
    problems,
  };
}

/** An address without user, path or query; unencrypted only where it does not leave a machine or a private network. */
function isAuthentikUrl(text: string): boolean {
  // It is handed on as it is to the provider, whose parser is not so lenient.
  if (!/^https?:\/\/[^\s\\%]+$/i.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  if (pathname !== "/" || search || hash || username || password) return false;
  return protocol === "https:" || (protocol === "http:" && isNear(hostname));
}

/** Which config values are encrypted: the engine says so to every program in this variable. */
function keysOfSecrets(): ReadonlySet<string> {
  const text = process.env.PULUMI_CONFIG_SECRET_KEYS || "null";
  return new Set(z.array(z.string()).nullable().parse(JSON.parse(text)) ?? []);
}

function unknownKeys(stack: string): Problem[] {
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${PROJECT}:`) && !Object.hasOwn(KEYS, key.slice(PROJECT.length + 1)))
    .map((key) => {
      const guess = nearest(key.slice(PROJECT.length + 1), Object.keys(KEYS));
      return {
        key,
        value: "(set)",
        expected: `a key of this program${didYouMean(guess && `${PROJECT}:${guess}`)}`,
        // A name with blanks or quotes would be another command in a shell.
        mend: /^[\w:.-]+$/.test(key)
          ? `pulumi config rm ${key} --stack ${stack}`
          : `take it out of Pulumi.${stack}.yaml`,
      };
    });
}
