import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { gunzipSync, gzipSync } from "node:zlib";
import { type Kind, kindNamed, pathOf } from "../kubernetes/kinds";
import { CHART, checkValues, render, settings } from "./chart";
import type { Cluster } from "./cluster";
import { changes } from "./difference";
import { named } from "./naming";
import { Unready, type Failure, type Plugin } from "./server";
import { hasUnknown, isObject, objectOf, type Properties, secret, textOf, type Value } from "./wire";

/** Type token of a Helm release. */
export const RELEASE = "kubernetes:helm.sh/v3:Release";

const INPUTS =
  "allowNullValues atomic chart cleanupOnFail compat createNamespace dependencyUpdate description devel disableCRDHooks " +
  "disableOpenapiValidation disableWebhooks forceUpdate keyring lint manifest maxHistory name namespace postrender " +
  "recreatePods renderSubchartNotes replace repositoryOpts resetValues resourceNames reuseValues skipAwait skipCrds " +
  "timeout valueYamlFiles values verify version waitForJobs";

/** What a server cannot start without. */
const NEEDED = ["AUTHENTIK_SECRET_KEY", "AUTHENTIK_POSTGRESQL__PASSWORD"];

/** One revision, as Helm keeps it in its own Secret. */
interface Revision {
  readonly number: number;
  readonly chart: string;
  readonly chartVersion: string;
  readonly values: Properties;
  readonly objects: readonly Properties[];
}

function kindOf(object: Properties): Kind {
  const found = kindNamed(textOf(object.apiVersion), textOf(object.kind));
  if (!found) throw new Error(`helm: the sandbox cluster has no kind ${textOf(object.kind)}`);
  return found;
}

const SECRETS = kindOf({ apiVersion: "v1", kind: "Secret" });

/** As the API server notes down who made something: Helm names nobody, so it is the program in which it runs. */
const MANAGER = "pulumi-resource-kubernetes";

/** Helm's own encoding: JSON, gzip, base64; Kubernetes adds another base64. */
function packed(
  namespace: string,
  name: string,
  { number, chart, chartVersion, values, objects }: Revision,
): string {
  const release = {
    name,
    namespace,
    version: number,
    config: values,
    chart: { metadata: { name: chart, version: chartVersion } },
    manifest: objects.map((object) => JSON.stringify(object)).join("\n---\n"),
  };
  return gzipSync(JSON.stringify(release)).toString("base64");
}

function unpacked(secret: Properties): Revision {
  const once = Buffer.from(textOf(objectOf(secret.data).release), "base64").toString();
  const release = JSON.parse(gunzipSync(Buffer.from(once, "base64")).toString()) as Properties;
  const { name, version } = objectOf(objectOf(release.chart).metadata);
  const documents = textOf(release.manifest).split("\n---\n").filter(Boolean);
  return {
    number: Number(release.version),
    chart: textOf(name),
    chartVersion: textOf(version),
    values: objectOf(release.config),
    objects: documents.map((document) => JSON.parse(document) as Properties),
  };
}

function statusOf(record: Properties): string {
  return textOf(objectOf(objectOf(record.metadata).labels).status);
}

async function history(cluster: Cluster, namespace: string, name: string): Promise<Properties[]> {
  const query = new URLSearchParams({ labelSelector: `owner=helm,name=${name}` });
  const found = await cluster.request("GET", `${pathOf(SECRETS, namespace)}?${query.toString()}`);
  const secrets = (Array.isArray(found?.items) ? found.items : []).filter(isObject);
  const number = (secret: Properties) => Number(objectOf(objectOf(secret.metadata).labels).version);
  return secrets.sort((a, b) => number(b) - number(a));
}

/** What keeps the pods of a server without its settings from coming up, and with them the release. */
async function withoutSettings(
  cluster: Cluster,
  namespace: string,
  name: string,
  values: Properties,
): Promise<string | undefined> {
  const secret = settings(name, values);
  const found = secret.own ?? objectOf((await cluster.get(SECRETS, namespace, secret.name))?.data);
  if (Object.keys(found).length === 0) return `secret "${secret.name}" not found in namespace "${namespace}"`;
  const [missing] = NEEDED.filter((key) => !found[key]);
  return missing && `pods crash: Secret key missing (${missing} is not in Secret "${secret.name}")`;
}

const ACCOUNT = ["spec", "template", "spec", "serviceAccountName"];

function accountOf(object: Properties | undefined): string {
  return textOf(ACCOUNT.reduce<Value | undefined>((inner, name) => objectOf(inner)[name], object));
}

/**
 * A Deployment as the API server keeps it: what leaves the pods' account out does not take it away, since the server fills
 * it in from an older field of the same meaning (kubernetes/kubernetes issue 108208).
 */
async function withAccountOf(cluster: Cluster, namespace: string, object: Properties): Promise<Properties> {
  if (object.kind !== "Deployment" || accountOf(object)) return object;
  const account = accountOf(
    await cluster.get(kindOf(object), namespace, textOf(objectOf(object.metadata).name)),
  );
  if (!account) return object;
  const spec = objectOf(object.spec);
  const template = objectOf(spec.template);
  const pods = { ...objectOf(template.spec), serviceAccountName: account };
  return { ...object, spec: { ...spec, template: { ...template, spec: pods } } };
}

/** What keeps the pods from coming up; every namespace has an account `default`. */
async function withoutAccount(
  cluster: Cluster,
  namespace: string,
  objects: readonly Properties[],
): Promise<string | undefined> {
  const accounts = kindOf({ apiVersion: "v1", kind: "ServiceAccount" });
  for (const object of objects.filter(({ kind }) => kind === "Deployment")) {
    const { name } = objectOf(object.metadata);
    const account = accountOf(await cluster.get(kindOf(object), namespace, textOf(name)));
    if (account && account !== "default" && !(await cluster.get(accounts, namespace, account)))
      return `pods "${textOf(name)}-" is forbidden: error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
  }
  return undefined;
}

/** Where the state of a release keeps its inputs, always as a secret: what a refresh and a difference go by. */
const OLD_INPUTS = "__inputs";

/** Values over others: maps are joined, and what only the first one has stays. */
function merged(a: Value | undefined, b: Value): Value {
  if (!isObject(a) || !isObject(b)) return b;
  return {
    ...a,
    ...Object.fromEntries(Object.entries(b).map(([name, value]) => [name, merged(a[name], value)])),
  };
}

async function apply(cluster: Cluster, inputs: Properties): Promise<{ id: string; outputs: Properties }> {
  const namespace = textOf(inputs.namespace) || cluster.namespace;
  const name = textOf(inputs.name);
  const values = objectOf(inputs.values);
  const spaces = kindOf({ apiVersion: "v1", kind: "Namespace" });
  if (inputs.createNamespace && !(await cluster.get(spaces, "", namespace)))
    await cluster.create(spaces, { metadata: { name: namespace } }, MANAGER);
  const revisions = await history(cluster, namespace, name);
  if (revisions.some((record) => statusOf(record).startsWith("pending-")))
    throw new Error("helm: another operation (install/upgrade/rollback) is in progress");
  const last = revisions[0] && unpacked(revisions[0]);
  const objects = render(name, namespace, values);
  const number = (last?.number ?? 0) + 1;
  const revision = {
    number,
    chart: CHART.name,
    chartVersion: textOf(inputs.version) || CHART.version,
    values,
    objects,
  };
  // As Helm does: the record first, which locks the release until it says how the operation ended.
  const record = (status: string) => ({
    metadata: {
      name: `sh.helm.release.v1.${name}.v${number}`,
      namespace,
      labels: { name, owner: "helm", status, version: String(number) },
    },
    type: "helm.sh/release.v1",
    stringData: { release: packed(namespace, name, revision) },
  });
  await cluster.create(SECRETS, record(last ? "pending-upgrade" : "pending-install"), MANAGER);
  const carryOut = async (): Promise<string | undefined> => {
    for (const object of objects)
      await cluster.put(kindOf(object), await withAccountOf(cluster, namespace, object), MANAGER);
    const same = (a: Properties, b: Properties) =>
      a.kind === b.kind && objectOf(a.metadata).name === objectOf(b.metadata).name;
    const stale = (last?.objects ?? []).filter((old) => !objects.some((object) => same(old, object)));
    for (const object of stale)
      await cluster.delete(kindOf(object), namespace, textOf(objectOf(object.metadata).name));
    if (inputs.skipAwait) return undefined;
    return (
      (await withoutSettings(cluster, namespace, name, values)) ??
      (await withoutAccount(cluster, namespace, objects))
    );
  };
  // What the API server refuses half way fails the operation like pods that do not come up.
  const problem = await carryOut().catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  const made = (status: string) => ({
    id: `${namespace}/${name}`,
    outputs: {
      ...inputs,
      namespace,
      ...described(namespace, name, revision, status),
      [OLD_INPUTS]: secret({ ...inputs }),
    },
  });
  if (problem !== undefined) {
    await cluster.put(SECRETS, record("failed"), MANAGER);
    throw new Unready(`helm: release ${name} failed: ${problem}`, { ...made("failed"), inputs });
  }
  await cluster.put(SECRETS, record("deployed"), MANAGER);
  const kept = Number(inputs.maxHistory ?? 0);
  for (const old of kept > 0 ? revisions.slice(kept - 1) : [])
    await cluster.delete(SECRETS, namespace, textOf(objectOf(old.metadata).name));
  return made("deployed");
}

function inputsIn(state: Properties): Properties | undefined {
  const inputs = state[OLD_INPUTS];
  return isObject(inputs) ? inputs : undefined;
}

function described(
  namespace: string,
  name: string,
  { number, chart, chartVersion, objects }: Revision,
  state: string,
): Properties {
  const resourceNames: Record<string, Value[]> = {};
  for (const object of objects)
    (resourceNames[`${textOf(object.kind)}/${textOf(object.apiVersion)}`] ??= []).push(
      `${namespace}/${textOf(objectOf(object.metadata).name)}`,
    );
  const status = {
    name,
    namespace,
    chart,
    version: chartVersion,
    appVersion: chartVersion,
    revision: number,
    status: state,
  };
  return { resourceNames, status };
}

/** Whether a chart is named by a folder, as Helm tells it from a name in a repository. */
function isFolder(chart: Value | undefined): boolean {
  return /^[./]/.test(textOf(chart));
}

/** Name and version of the chart in a folder, as its Chart.yaml says. */
function localChart(path: string): string {
  const file = join(path, "Chart.yaml");
  if (!existsSync(file)) return "no Chart.yaml";
  const field = (name: string) =>
    new RegExp(`^${name}: *"?([^"\\s]+)`, "m").exec(readFileSync(file, "utf8"))?.[1];
  return `${field("name") ?? "?"} ${field("version") ?? "?"}`;
}

function refusals(inputs: Properties): Failure[] {
  const known = INPUTS.split(" ");
  const out: Failure[] = [];
  const refuse = (property: string, reason: string) => out.push({ property, reason });
  for (const name of Object.keys(inputs)) if (!known.includes(name)) refuse(name, `unknown input "${name}"`);
  const { repo } = objectOf(inputs.repositoryOpts);
  if (isFolder(inputs.chart)) {
    const found = localChart(textOf(inputs.chart));
    if (found !== `${CHART.name} ${CHART.version}`)
      refuse(
        "chart",
        `${textOf(inputs.chart)} holds ${found}; the sandbox knows ${CHART.name} ${CHART.version}`,
      );
  } else if (inputs.chart !== CHART.name || textOf(repo).replace(/\/$/, "") !== CHART.repository)
    refuse(
      "chart",
      `chart "${textOf(inputs.chart)}" not found in repository "${textOf(repo)}"; the sandbox has ${CHART.name} of ${CHART.repository}`,
    );
  if (inputs.version !== undefined && inputs.version !== CHART.version)
    refuse(
      "version",
      `chart "${CHART.name}" version "${textOf(inputs.version)}" not found; the sandbox has ${CHART.version}`,
    );
  if (isObject(inputs.values)) out.push(...checkValues(inputs.values));
  return out;
}

/** Helm releases of the chart that the sandbox knows. */
export function release(
  api: () => Cluster,
): Pick<Plugin, "check" | "diff" | "create" | "read" | "update" | "delete"> {
  const split = (id: string): [string, string] => {
    const [namespace = "", name = ""] = id.split("/");
    return [namespace, name];
  };
  return {
    check: (on, news, olds, seed) => {
      const inputs = named(news, olds, on.name, seed.slice(0, 8));
      return { inputs, failures: refusals(inputs) };
    },
    diff: (_, olds, news, oldInputs) => ({
      changes: changes(news, olds, inputsIn(olds) ?? oldInputs).map((change) => ({
        ...change,
        replace: ["name", "namespace"].includes(change.path),
      })),
      deleteFirst: true,
    }),
    create: async (_, inputs, preview) => {
      if (preview || hasUnknown(inputs)) return { id: "", outputs: inputs };
      const [there] = await history(api(), textOf(inputs.namespace) || api().namespace, textOf(inputs.name));
      if (there) throw new Error(`helm: cannot re-use a name that is still in use: ${textOf(inputs.name)}`);
      return apply(api(), inputs);
    },
    read: async (_, id, state, inputs) => {
      const [namespace, name] = split(id);
      const [latest] = await history(api(), namespace, name);
      if (!latest) return undefined;
      const revision = unpacked(latest);
      const known = inputs && (inputsIn(state) ?? inputs);
      const live = {
        // Helm remembers a chart's name, not where it came from.
        chart: known ? textOf(state.chart) : revision.chart,
        version: revision.chartVersion,
        // As the provider does it: over what the state has, so that what an upgrade by hand has dropped is not seen.
        values: known ? merged(state.values, revision.values) : revision.values,
        name,
        namespace,
      };
      const old = known ?? live;
      const outputs = {
        ...state,
        ...live,
        ...described(namespace, name, revision, statusOf(latest)),
        [OLD_INPUTS]: secret(old),
      };
      // The provider gives the engine what is live, and goes by its own copy (its source, `serializeImportInputs`).
      return { id, outputs, inputs: { ...old, ...live } };
    },
    update: async (_, __, olds, news, ___, preview) =>
      preview ? { ...olds, ...news } : (await apply(api(), news)).outputs,
    delete: async (_, id) => {
      const [namespace, name] = split(id);
      const revisions = await history(api(), namespace, name);
      for (const object of revisions[0] ? unpacked(revisions[0]).objects : [])
        await api().delete(kindOf(object), namespace, textOf(objectOf(object.metadata).name));
      for (const old of revisions)
        await api().delete(SECRETS, namespace, textOf(objectOf(old.metadata).name));
    },
  };
}
