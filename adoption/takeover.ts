import type { V1Deployment, V1EnvVar } from "@kubernetes/client-node";

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

/** What the chart 2026.5 sets by itself, and the server would do without it. */
const CHART_DEFAULTS: Readonly<Record<string, string>> = {
  AUTHENTIK_EMAIL__PORT: "587",
  AUTHENTIK_EMAIL__TIMEOUT: "30",
  AUTHENTIK_EMAIL__USE_SSL: "false",
  AUTHENTIK_EMAIL__USE_TLS: "false",
  AUTHENTIK_ERROR_REPORTING__ENABLED: "false",
  AUTHENTIK_ERROR_REPORTING__ENVIRONMENT: "k8s",
  AUTHENTIK_ERROR_REPORTING__SEND_PII: "false",
  AUTHENTIK_LOG_LEVEL: "info",
  AUTHENTIK_OUTPOSTS__CONTAINER_IMAGE_BASE: "ghcr.io/goauthentik/%(type)s:%(version)s",
  AUTHENTIK_WEB__PATH: "/",
};

/**
 * The settings the server runs with: what its Deployment reads from Secrets and ConfigMaps, and sets itself. So it
 * does not matter whether the Secret is the program's own, the chart's, or one that somebody made.
 *
 * @returns nothing where no server runs in the namespace.
 */
export async function serverSettings(
  cluster: Cluster,
  namespace: string,
): Promise<ReadonlyMap<string, ServerSetting>> {
  const deployments = await cluster.list<V1Deployment>(
    "apps/v1",
    "Deployment",
    namespace,
    "app.kubernetes.io/name=authentik,app.kubernetes.io/component=server",
  );
  const settings = new Map<string, ServerSetting>();
  for (const container of deployments.flatMap(({ spec }) => spec?.template.spec?.containers ?? [])) {
    for (const { secretRef, prefix = "" } of container.envFrom ?? []) {
      if (!secretRef?.name) continue;
      const entries = (await cluster.secret(namespace, secretRef.name)) ?? {};
      for (const [key, value] of Object.entries(entries)) {
        settings.set(`${prefix}${key}`, { value, from: `Secret ${namespace}/${secretRef.name}` });
      }
    }
    for (const variable of container.env ?? []) {
      const setting = await settingOf(cluster, namespace, variable);
      if (setting) settings.set(variable.name, setting);
    }
  }
  return settings;
}

async function settingOf(
  cluster: Cluster,
  namespace: string,
  { value, valueFrom }: V1EnvVar,
): Promise<ServerSetting | undefined> {
  if (value !== undefined) return { value: new Secret(value), from: `Deployment in ${namespace}` };
  const { name = "", key = "" } = valueFrom?.secretKeyRef ?? {};
  const found = name && key ? (await cluster.secret(namespace, name))?.[key] : undefined;
  return found && { value: found, from: `Secret ${namespace}/${name}` };
}

/** What of a running server's settings the configuration must hold. */
export function settingsToTake(settings: ReadonlyMap<string, ServerSetting>): TakenOver[] {
  return Object.entries(CONFIGURED).flatMap(([name, { key, secret }]) => {
    const setting = settings.get(name);
    if (!setting || setting.value.reveal() === "") return [];
    return [{ path: key, value: setting.value, secret, from: `${name} of ${setting.from}` }];
  });
}

/**
 * Settings of a running server that the program does not have, and so would take away. Values are shown by the
 * caller's leave only: their names tell enough.
 */
export function settingsLost(settings: ReadonlyMap<string, ServerSetting>): string[] {
  const own = new Set([...Object.keys(CONFIGURED), "AUTHENTIK_ERROR_REPORTING__ENABLED"]);
  return [...settings]
    .filter(([name, { value }]) => {
      const plain = value.reveal();
      return (
        name.startsWith("AUTHENTIK_") && !own.has(name) && plain !== "" && CHART_DEFAULTS[name] !== plain
      );
    })
    .map(([name]) => name)
    .sort();
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
