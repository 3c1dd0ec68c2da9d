import type { Live } from "../../live/connect";
import { Secret } from "../../live/secret";
import type { Resource } from "../../state/resources";

/** A resource as a preview tells it. */
export function sketch(
  type: string,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
  more: Partial<Resource> = {},
): Resource {
  return {
    urn: `urn::${type}::${name}`,
    type,
    name,
    inputs,
    custom: true,
    protect: false,
    outputs: {},
    propertyDependencies: {},
    ...more,
  };
}

interface Listed {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** A cluster that holds these objects, as far as it is read. */
export function clusterOf(objects: readonly Listed[]): Live["cluster"] {
  const among = (kind: string, namespace?: string) =>
    objects.filter(
      (each) => each.kind === kind && (namespace === undefined || each.metadata.namespace === namespace),
    );
  const fits = ({ metadata }: Listed, labels = "") =>
    labels === "" ||
    labels.split(",").every((pair) => {
      const [name = "", value] = pair.split("=");
      return metadata.labels?.[name] === value;
    });
  const cluster = {
    list: (_: string, kind: string, namespace?: string, labels?: string) =>
      Promise.resolve(among(kind, namespace).filter((each) => fits(each, labels))),
    read: ({ kind, namespace, name }: { kind: string; namespace?: string; name: string }) =>
      Promise.resolve(among(kind, namespace).find(({ metadata }) => metadata.name === name)),
    secret: (namespace: string, name: string) => {
      const found = among("Secret", namespace).find(({ metadata }) => metadata.name === name);
      const data = (found?.data ?? {}) as Readonly<Record<string, string>>;
      const entries = Object.entries(data).map(([key, value]) => [
        key,
        new Secret(Buffer.from(value, "base64").toString("utf8")),
      ]);
      return Promise.resolve(found && (Object.fromEntries(entries) as Readonly<Record<string, Secret>>));
    },
  };
  return cluster as unknown as Live["cluster"];
}
