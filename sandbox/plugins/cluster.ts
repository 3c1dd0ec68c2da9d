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

  /** One request; nothing for 404 on reading, an error with the server's message for every other refusal. */
  async request(method: string, path: string, body?: Properties): Promise<Properties | undefined> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const answer = await fetch(this.server + path, {
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

  /** Makes an object, or (with `adopt`) brings the one that is there to this. */
  async put(kind: Kind, object: Properties, adopt = false): Promise<Properties> {
    const { namespace, name } = objectOf(object.metadata);
    const place = textOf(namespace);
    const there = adopt && (await this.get(kind, place, textOf(name)));
    const made = there
      ? await this.request("PUT", pathOf(kind, place, textOf(name)), object)
      : await this.request("POST", pathOf(kind, place), object);
    return made ?? {};
  }

  /** What the API server would say to a new object, its webhooks included; nothing is made. */
  async tryCreate(kind: Kind, object: Properties): Promise<void> {
    const { namespace } = objectOf(object.metadata);
    await this.request("POST", `${pathOf(kind, textOf(namespace))}?dryRun=All`, object);
  }

  /** Deletes an object; one that is gone already is fine. */
  async delete(kind: Kind, namespace: string, name: string): Promise<void> {
    await this.request("DELETE", pathOf(kind, namespace, name));
  }
}
