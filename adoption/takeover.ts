import type { V1ConfigMap, V1Deployment, V1EnvVar } from "@kubernetes/client-node";

import type { Json } from "../live/authentik";
import type { Cluster } from "../live/cluster";
import { Secret } from "../live/secret";

/** A setting of a running server, and where it comes from. */
export interface ServerSetting {
  readonly value: Secret;
  /** As `Secret authentik/authentik`. */
  readonly from: string;
}

/** A value that is taken over into the stack's configuration. */
export interface TakenOver {
  /** Path in the configuration, as `plana-sso:clients.forgejo.clientSecret`. */
  readonly path: string;
  readonly value: Secret;
  readonly secret: boolean;
  readonly from: string;
}

/** How the settings of the server are named among what `up` changes. */
export const SERVER_SETTINGS = { type: "server setting", name: "server-settings" } as const;

/** Settings that the stack's configuration holds, by the server's own name. */
const CONFIGURED: Readonly<Record<string, { readonly key: string; readonly secret: boolean }>> = {
  AUTHENTIK_SECRET_KEY: { key: "plana-sso:secretKey", secret: true },
  AUTHENTIK_POSTGRESQL__PASSWORD: { key: "plana-sso:databasePassword", secret: true },
  AUTHENTIK_BOOTSTRAP_TOKEN: { key: "plana-sso:bootstrapToken", secret: true },
  AUTHENTIK_POSTGRESQL__HOST: { key: "plana-sso:databaseHost", secret: false },
  AUTHENTIK_POSTGRESQL__PORT: { key: "plana-sso:databasePort", secret: false },
  AUTHENTIK_POSTGRESQL__NAME: { key: "plana-sso:databaseName", secret: false },
  AUTHENTIK_POSTGRESQL__USER: { key: "plana-sso:databaseUser", secret: false },
};

/** Where the configuration holds all others. */
export const FURTHER = "plana-sso:serverSettings";

/** What the chart 2026.5 sets by itself, and the server would do without it. */
const CHART_DEFAULTS: Readonly<Record<string, string>> = {
  AUTHENTIK_EMAIL__PORT: "587",
  AUTHENTIK_EMAIL__TIMEOUT: "30",
  AUTHENTIK_EMAIL__USE_SSL: "false",
  AUTHENTIK_EMAIL__USE_TLS: "false",
  AUTHENTIK_ERROR_REPORTING__ENABLED: "false",
  AUTHENTIK_ERROR_REPORTING__ENVIRONMENT: "k8s",
  AUTHENTIK_ERROR_REPORTING__SEND_PII: "false",
  AUTHENTIK_EVENTS__CONTEXT_PROCESSORS__ASN: "/geoip/GeoLite2-ASN.mmdb",
  AUTHENTIK_EVENTS__CONTEXT_PROCESSORS__GEOIP: "/geoip/GeoLite2-City.mmdb",
  AUTHENTIK_LOG_LEVEL: "info",
  AUTHENTIK_OUTPOSTS__CONTAINER_IMAGE_BASE: "ghcr.io/goauthentik/%(type)s:%(version)s",
  AUTHENTIK_WEB__PATH: "/",
};

/** The ports on which the chart lets the pods listen; it names them itself, whatever the settings say. */
const LISTEN = /^AUTHENTIK_LISTEN__(HTTP|HTTPS|METRICS)$/;

/** Not taken away with the settings: read on an empty database only, or by no server of this version. */
const OF_NO_USE = /^AUTHENTIK_(BOOTSTRAP_PASSWORD|BOOTSTRAP_EMAIL|REDIS__.*)$/;

/** A setting that only says where its value lies, in a place that cannot be read from here. */
const REFERENCE = /^(file|env):\/\//;

const COMPONENTS = ["worker", "server"] as const;

/**
 * The settings the server runs with: what its Deployments read from Secrets and ConfigMaps, and set themselves. So it
 * does not matter whether the Secret is the program's own, the chart's, or one that somebody made. The worker's count
 * too, which sends the mail; where both have one, the server's is taken.
 *
 * @returns nothing where no server runs in the namespace.
 */
export async function serverSettings(
  cluster: Cluster,
  namespace: string,
): Promise<ReadonlyMap<string, ServerSetting>> {
  const settings = new Map<string, ServerSetting>();
  for (const component of COMPONENTS) {
    const deployments = await cluster.list<V1Deployment>(
      "apps/v1",
      "Deployment",
      namespace,
      `app.kubernetes.io/name=authentik,app.kubernetes.io/component=${component}`,
    );
    for (const container of deployments.flatMap(({ spec }) => spec?.template.spec?.containers ?? [])) {
      for (const { secretRef, configMapRef, prefix = "" } of container.envFrom ?? []) {
        const source = secretRef ? await secret(cluster, namespace, secretRef.name) : undefined;
        const { entries, from } = source ?? (await configMap(cluster, namespace, configMapRef?.name));
        for (const [key, value] of Object.entries(entries)) settings.set(`${prefix}${key}`, { value, from });
      }
      for (const variable of container.env ?? []) {
        const setting = await settingOf(cluster, namespace, variable);
        if (setting) settings.set(variable.name, setting);
      }
    }
  }
  return settings;
}

interface Source {
  readonly entries: Readonly<Record<string, Secret>>;
  readonly from: string;
}

async function secret(cluster: Cluster, namespace: string, name = ""): Promise<Source> {
  return { entries: (await cluster.secret(namespace, name)) ?? {}, from: `Secret ${namespace}/${name}` };
}

async function configMap(cluster: Cluster, namespace: string, name = ""): Promise<Source> {
  const found =
    name === ""
      ? undefined
      : await cluster.read<V1ConfigMap>({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
  const entries = Object.entries(found?.data ?? {}).map(([key, value]) => [key, new Secret(value)] as const);
  return { entries: Object.fromEntries(entries), from: `ConfigMap ${namespace}/${name}` };
}

async function settingOf(
  cluster: Cluster,
  namespace: string,
  { value, valueFrom }: V1EnvVar,
): Promise<ServerSetting | undefined> {
  if (value !== undefined) return { value: new Secret(value), from: `Deployment in ${namespace}` };
  const inSecret = valueFrom?.secretKeyRef;
  const inConfigMap = valueFrom?.configMapKeyRef;
  const { entries, from } = inSecret
    ? await secret(cluster, namespace, inSecret.name)
    : await configMap(cluster, namespace, inConfigMap?.name);
  const found = entries[inSecret?.key ?? inConfigMap?.key ?? ""];
  return found && { value: found, from };
}

/** What of a running server's settings the configuration must hold. */
export function settingsToTake(settings: ReadonlyMap<string, ServerSetting>): TakenOver[] {
  const own = Object.entries(CONFIGURED).flatMap(([name, { key, secret }]) => {
    const setting = settings.get(name);
    return setting === undefined || setting.value.reveal() === "" ? [] : [{ name, setting, key, secret }];
  });
  const others = further(settings).map(([name, setting]) => ({
    name,
    setting,
    key: `${FURTHER}.${name}`,
    secret: true,
  }));
  return [...own, ...others]
    .filter(({ setting: { value } }) => !REFERENCE.test(value.reveal()))
    .map(({ name, setting: { value, from }, key, secret }) => ({
      path: key,
      value,
      secret,
      from: `${name} of ${from}`,
    }));
}

/** Settings beside those above that somebody made: of mail, cookies, read replicas. */
function further(settings: ReadonlyMap<string, ServerSetting>): [name: string, setting: ServerSetting][] {
  return [...settings].filter(([name, { value }]) => {
    const plain = value.reveal();
    return (
      name.startsWith("AUTHENTIK_") &&
      !Object.hasOwn(CONFIGURED, name) &&
      plain !== "" &&
      CHART_DEFAULTS[name] !== plain &&
      !LISTEN.test(name) &&
      !OF_NO_USE.test(name)
    );
  });
}

/** A setting that the configuration must hold, and that cannot be read from here. */
export type Unread = Pick<TakenOver, "path" | "secret" | "from">;

/** Settings of the configuration whose values lie where they cannot be read from here: somebody has to give them. */
export function settingsUnread(settings: ReadonlyMap<string, ServerSetting>): Unread[] {
  return Object.entries(CONFIGURED).flatMap(([name, { key: path, secret }]) => {
    const setting = settings.get(name);
    if (!setting || !REFERENCE.test(setting.value.reveal())) return [];
    return [{ path, secret, from: `${name} of ${setting.from}` }];
  });
}

/**
 * Settings of a running server that cannot be taken over, and so would be taken away: their values lie in a place that
 * cannot be read from here.
 */
export function settingsLost(settings: ReadonlyMap<string, ServerSetting>): string[] {
  return further(settings)
    .filter(([, { value }]) => REFERENCE.test(value.reveal()))
    .map(([name]) => name)
    .sort();
}

/** Settings that must be the same after the adoption, accepted losses and those that only somebody could give apart. */
export function settingsKept(settings: ReadonlyMap<string, ServerSetting>): ReadonlyMap<string, Secret> {
  const own = Object.keys(CONFIGURED).flatMap((name): [string, Secret][] => {
    const value = settings.get(name)?.value;
    return value === undefined || value.reveal() === "" || REFERENCE.test(value.reveal())
      ? []
      : [[name, value]];
  });
  return new Map([...own, ...further(settings).map(([name, { value }]): [string, Secret] => [name, value])]);
}

/** Credentials of an OIDC client that runs already. */
export function clientToTake(slug: string, provider: Json): TakenOver[] {
  const from = `provider ${String(provider.name)}`;
  const path = `plana-sso:clients.${slug}`;
  const { client_id: id, client_secret: secret } = provider;
  return [
    ...(typeof id === "string" && id !== ""
      ? [{ path: `${path}.clientId`, value: new Secret(id), secret: false, from }]
      : []),
    ...(typeof secret === "string" && secret !== ""
      ? [{ path: `${path}.clientSecret`, value: new Secret(secret), secret: true, from }]
      : []),
  ];
}
