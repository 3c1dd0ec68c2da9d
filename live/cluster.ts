import { existsSync } from "node:fs";
import { delimiter } from "node:path";

import {
  ApiException,
  KubeConfig,
  KubernetesObjectApi,
  V1ObjectMeta,
  type KubernetesObject,
} from "@kubernetes/client-node";
import retry, { AbortError } from "p-retry";

import { Secret } from "./secret";
import { ServerError } from "./server-error";

/** What names an object of the cluster. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for what lies in no namespace. */
  readonly namespace?: string;
}

const REPEATED = new Set([408, 429, 500, 502, 503, 504]);

export interface ClusterOptions {
  /** Context of the kubeconfig; its current one unless given. */
  readonly context?: string;
  /** How often a request that failed is repeated. */
  readonly retries?: number;
  /** Patience with one attempt, in milliseconds: the client itself would wait for ever. */
  readonly patience?: number;
  /** Longest pause between two attempts, in milliseconds. */
  readonly longestPause?: number;
}

/** The cluster. What is safe to repeat is, with backoff. */
export class Cluster {
  readonly config = new KubeConfig();
  private readonly objects: KubernetesObjectApi;

  /**
   * @param kubeconfig file, or files as `$KUBECONFIG` lists them, or what stands in one; absent, the usual places are
   *   looked at.
   * @throws Error when it names no cluster: nothing of it can be read, or its context is not there.
   */
  constructor(
    kubeconfig?: string,
    private readonly options: ClusterOptions = {},
  ) {
    if (!kubeconfig) load("its text", () => this.config.loadFromDefault());
    else if (/[\n{]/.test(kubeconfig)) load("its text", () => this.config.loadFromString(kubeconfig));
    else loadFiles(this.config, kubeconfig.split(delimiter));
    if (options.context !== undefined) this.config.setCurrentContext(options.context);
    if (!this.config.getCurrentCluster()) throw new Error(without(this.config));
    this.objects = KubernetesObjectApi.makeApiClient(this.config);
  }

  /** @returns undefined when there is no such object, or no such kind on this cluster. */
  read<T extends KubernetesObject = KubernetesObject>(ref: ObjectRef): Promise<T | undefined> {
    const { apiVersion, kind, name, namespace } = ref;
    return this.call("GET", nameOf(ref), async () => {
      try {
        return await this.objects.read<T>({
          apiVersion,
          kind,
          metadata: { name, namespace: namespace ?? "" },
        });
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  /** All objects of a kind, of one namespace or of all; none where the cluster has no such kind. */
  list<T extends KubernetesObject = KubernetesObject>(
    apiVersion: string,
    kind: string,
    namespace?: string,
    labels?: string,
  ): Promise<readonly T[]> {
    return this.call("GET", kind, async () => {
      try {
        const answer = await this.objects.list<T>(
          apiVersion,
          kind,
          namespace,
          undefined,
          undefined,
          undefined,
          undefined,
          labels,
        );
        // A proxy in between may answer anything.
        const items: unknown = (answer as { readonly items?: unknown } | undefined)?.items;
        if (!Array.isArray(items)) throw new AbortError("the answer is no list");
        return items as readonly T[];
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    });
  }

  /** The entries of a Secret. @returns undefined when there is no such Secret. */
  async secret(namespace: string, name: string): Promise<Readonly<Record<string, Secret>> | undefined> {
    const found = await this.read<KubernetesObject & { data?: Record<string, string> }>({
      apiVersion: "v1",
      kind: "Secret",
      namespace,
      name,
    });
    if (!found) return undefined;
    return Object.fromEntries(
      Object.entries(found.data ?? {}).map(([key, value]) => [
        key,
        new Secret(Buffer.from(value, "base64").toString("utf8")),
      ]),
    );
  }

  /** Changes the fields given (merge patch), and no others. */
  async patch(ref: ObjectRef, change: Readonly<Record<string, unknown>>): Promise<void> {
    const { apiVersion, kind, name, namespace } = ref;
    await this.call("PATCH", nameOf(ref), () =>
      this.objects.patch(
        {
          ...change,
          apiVersion,
          kind,
          metadata: { ...(change.metadata as object | undefined), name, namespace },
        },
        undefined,
        undefined,
        "plana-sso",
        undefined,
        "application/merge-patch+json",
      ),
    );
  }

  /** @returns whether there was something to delete. */
  remove(ref: ObjectRef): Promise<boolean> {
    const { apiVersion, kind, name, namespace } = ref;
    return this.call("DELETE", nameOf(ref), async () => {
      try {
        const metadata = Object.assign(new V1ObjectMeta(), { name, namespace: namespace ?? "" });
        await this.objects.delete({ apiVersion, kind, metadata });
        return true;
      } catch (error) {
        if (error instanceof ApiException && error.code === 404) return false;
        throw error;
      }
    });
  }

  private async call<T>(method: string, what: string, request: () => Promise<T>): Promise<T> {
    const { retries = 4, patience = 60_000, longestPause = 20_000 } = this.options;
    const attempt = async () => {
      try {
        return await inTime(request(), patience);
      } catch (error) {
        if (error instanceof ApiException && !REPEATED.has(error.code)) throw new AbortError(error);
        throw error instanceof Error ? error : new Error(String(error));
      }
    };
    try {
      return await retry(attempt, {
        retries,
        minTimeout: Math.min(1_000, longestPause),
        maxTimeout: longestPause,
        randomize: true,
        shouldRetry: () => true,
      });
    } catch (error) {
      const status = error instanceof ApiException ? error.code : undefined;
      const body: unknown = error instanceof ApiException ? error.body : undefined;
      const said =
        (body as { message?: string } | undefined)?.message ?? (error instanceof Error ? error.message : "");
      throw new ServerError("cluster", method, what, status, typeof said === "string" ? said : "");
    }
  }
}

async function inTime<T>(request: Promise<T>, patience: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), patience);
  });
  try {
    return await Promise.race([request, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** As kubectl does it: files that are not there are passed over, and of what two of them name the first one's counts. */
function loadFiles(config: KubeConfig, listed: readonly string[]): void {
  const named = listed.filter((file) => file !== "");
  const files = named.filter((file) => existsSync(file));
  if (files.length === 0) throw new Error(`there is no file ${named.join(", nor ")}`);
  for (const file of files) {
    const next = new KubeConfig();
    load(file, () => next.loadFromFile(file));
    config.clusters = joined(config.clusters, next.clusters);
    config.users = joined(config.users, next.users);
    config.contexts = joined(config.contexts, next.contexts);
    if (!config.currentContext) config.currentContext = next.currentContext;
  }
}

/** @throws Error without what the parser quotes: a kubeconfig holds secrets. */
function load(what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    const { message, reason = message } = error as Error & { readonly reason?: string };
    throw new Error(`${what} cannot be read: ${reason}`);
  }
}

function joined<T extends { readonly name: string }>(first: readonly T[] = [], more: readonly T[] = []): T[] {
  return [...first, ...more.filter(({ name }) => !first.some((each) => each.name === name))];
}

/** Why a kubeconfig names no cluster. */
function without(config: KubeConfig): string {
  const { currentContext } = config;
  if (!currentContext) return "it has no current-context";
  const context = config.getContextObject(currentContext);
  if (context) return `its context ${currentContext} is of cluster ${context.cluster}, which is not in it`;
  const names = config.contexts.map(({ name }) => name).join(", ");
  return `there is no context ${currentContext} in it; there is ${names || "none"}`;
}

/** No such object, or no such kind on this cluster. */
function isMissing(error: unknown): boolean {
  if (error instanceof ApiException) return error.code === 404;
  return error instanceof Error && error.message.includes("Unrecognized API version and kind");
}

function nameOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
}
