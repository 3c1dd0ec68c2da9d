import { readFileSync } from "node:fs";
import { type Kind, pathOf } from "../kubernetes/kinds";
import { isObject, objectOf, type Properties, textOf, type Value } from "./wire";

/** The API server of a kubeconfig. Files must be JSON (which is YAML too): the sandbox writes them so. */
export class Cluster {
  private constructor(
    private readonly server: string,
    private readonly token: string,
    readonly namespace: string,
  ) {}

  /** Reads provider config `kubeconfig` (content or path), else the file that KUBECONFIG names. */
  static of(config: Properties, environment: NodeJS.ProcessEnv): Cluster {
    const given = textOf(config.kubeconfig) || (environment.KUBECONFIG ?? "");
    if (!given) throw new Error("kubernetes: no kubeconfig: set kubernetes:kubeconfig or KUBECONFIG");
    const file = JSON.parse(
      given.trimStart().startsWith("{") ? given : readFileSync(given, "utf8"),
    ) as Properties;
    const entry = (list: string, name: Value | undefined): Properties =>
      (Array.isArray(file[list]) ? file[list] : []).filter(isObject).find((one) => one.name === name) ?? {};
    const context = objectOf(entry("contexts", textOf(config.context) || file["current-context"]).context);
    const { server } = objectOf(entry("clusters", context.cluster).cluster);
    const { token } = objectOf(entry("users", context.user).user);
    if (!server) throw new Error("kubernetes: the kubeconfig names no cluster for its context");
    return new Cluster(
      textOf(server),
      textOf(token),
      textOf(config.namespace) || textOf(context.namespace) || "default",
    );
  }

  /**
   * One request; nothing for 404 on reading, an error with the server's message for every other refusal.
   *
   * @param query of the path; names the manager of what is written.
   */
  async request(
    method: string,
    path: string,
    body?: Properties,
    query: Readonly<Record<string, string>> = {},
    type = method === "PATCH" ? "application/merge-patch+json" : "application/json",
  ): Promise<Properties | undefined> {
    const asked = new URLSearchParams(query).toString();
    const answer = await fetch(this.server + path + (asked && `?${asked}`), {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body ? { "content-type": type } : {}) },
      body: body && JSON.stringify(body),
    });
    const json = (await answer.json()) as Properties;
    if (answer.ok) return json;
    if (answer.status === 404 && (method === "GET" || method === "DELETE")) return undefined;
    throw new Error(textOf(json.message) || `HTTP ${answer.status}`);
  }

  /** One object, or nothing. */
  get(kind: Kind, namespace: string, name: string): Promise<Properties | undefined> {
    return this.request("GET", pathOf(kind, namespace, name));
  }

  /** Makes an object; one that is only tried is not kept, but the API server and its webhooks are asked. */
  async create(kind: Kind, object: Properties, manager: string, dryRun = false): Promise<Properties> {
    const { namespace } = objectOf(object.metadata);
    const query = { fieldManager: manager, ...(dryRun ? { dryRun: "All" } : {}) };
    return (await this.request("POST", pathOf(kind, textOf(namespace)), object, query)) ?? {};
  }

  /** Makes an object, or brings the one that is there to this. */
  async put(kind: Kind, object: Properties, manager: string): Promise<Properties> {
    const { namespace, name } = objectOf(object.metadata);
    const place = textOf(namespace);
    if (!(await this.get(kind, place, textOf(name)))) return this.create(kind, object, manager);
    const path = pathOf(kind, place, textOf(name));
    return (await this.request("PUT", path, object, { fieldManager: manager })) ?? {};
  }

  /** Deletes an object; one that is gone already is fine. */
  async delete(kind: Kind, namespace: string, name: string): Promise<void> {
    await this.request("DELETE", pathOf(kind, namespace, name));
  }
}
