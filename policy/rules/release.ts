import { isRecord, textOf, UNKNOWN, valueOf, type Resource, type Stack } from "../model";
import { KUBERNETES } from "../tokens";

/** Whether a Helm release is the server of Authentik. */
export function isServer(release: Resource): boolean {
  return (
    release.type === KUBERNETES.release &&
    [release.name, textOf(release, "name"), textOf(release, "chart")].some((text) =>
      text.includes("authentik"),
    )
  );
}

/** A value of a Helm release by its path. */
export function helmValue(release: Resource, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value === UNKNOWN ? UNKNOWN : isRecord(value) ? value[key] : undefined),
    valueOf(release, "values"),
  );
}

/** Public hosts of Authentik: those of the server's ingress; undefined while the values are not known. */
export function authHosts(stack: Stack): readonly string[] | undefined {
  const hosts = stack
    .all(KUBERNETES.release)
    .filter(isServer)
    .flatMap((release) => helmValue(release, "server", "ingress", "hosts"));
  return hosts.includes(UNKNOWN)
    ? undefined
    : hosts.filter((host): host is string => typeof host === "string");
}

/** The Secret of the program that the server reads its settings from; undefined when it names none of them. */
export function settingsSecret(stack: Stack): Resource | undefined {
  const secrets = stack.all(KUBERNETES.secret);
  for (const release of stack.all(KUBERNETES.release).filter(isServer)) {
    const name = helmValue(release, "authentik", "existingSecret", "secretName");
    const sources = release.dependencies.values ?? [];
    const found =
      name === UNKNOWN
        ? secrets.filter(({ urn }) => sources.includes(urn))
        : secrets.filter((secret) => {
            const metadata = valueOf(secret, "metadata");
            const namespace = isRecord(metadata) ? metadata.namespace : undefined;
            return (
              isRecord(metadata) &&
              metadata.name === name &&
              [namespace, UNKNOWN].includes(valueOf(release, "namespace"))
            );
          });
    if (found.length === 1) return found[0];
  }
  return undefined;
}

/** Entries of a Kubernetes Secret in clear, whichever way they are given; `UNKNOWN` while none is known. */
export function secretData(secret: Resource): Readonly<Record<string, unknown>> | typeof UNKNOWN {
  const stringData = valueOf(secret, "stringData");
  const data = valueOf(secret, "data");
  if (stringData === UNKNOWN || (stringData === undefined && data === UNKNOWN)) return UNKNOWN;
  const decoded = isRecord(data)
    ? Object.entries(data).map(([key, value]): [string, unknown] => [
        key,
        typeof value === "string" ? Buffer.from(value, "base64").toString() : value,
      ])
    : [];
  return { ...Object.fromEntries(decoded), ...(isRecord(stringData) ? stringData : {}) };
}
