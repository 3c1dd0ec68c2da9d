import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";

import { isMap } from "../adoption/fields";
import type { Workspace } from "../state/workspace";
import { latestRecord, placeOfId, type Reading } from "../identity/cluster-objects";
import { connect } from "../live/connect";
import { deployment } from "../state/engine";
import {
  isSecretValue,
  RELEASE,
  secretOf,
  SET_BY_HAND,
  type Properties,
  type Resource,
} from "../state/resources";
import type { Edit, Held } from "./by-hand";

/** A Helm release that is not as the program's last update was to leave it, which no refresh sees. */
export interface HandUpgrade {
  readonly urn: string;
  readonly name: string;
  /** Number of the revision that the program made, and of the one that is there. */
  readonly made: number;
  readonly live: number;
  /** Whether Helm's last operation on it failed. */
  readonly failed: boolean;
  /** What it was upgraded with; undefined where Helm's record cannot be read. */
  readonly values?: Properties;
}

/**
 * Helm releases of a state that are of another revision in the cluster. The provider reads live values over those of the
 * state (its source, `setReleaseAttributes`): what an upgrade by hand has dropped, such as the name of the Secret with the
 * secret key, no refresh sees, and neither what it has added. And those whose last upgrade failed, by whomever: the
 * provider writes the new values down, and the refresh forgets that they did not arrive (engine 3.259, `RefreshStep`).
 *
 * @param resources what the state holds, not refreshed: a refresh takes over the number of the revision.
 * @throws ServerError.
 */
export async function handUpgrades(resources: readonly Resource[], cluster: Reading): Promise<HandUpgrade[]> {
  const found: HandUpgrade[] = [];
  for (const { urn, type, id, inputs, outputs } of resources) {
    const { revision: made } = (isMap(outputs.status) ? outputs.status : {}) as { revision?: unknown };
    if (type !== RELEASE || id === undefined || typeof made !== "number") continue;
    const { name, namespace } = placeOfId(id);
    const record = await latestRecord(cluster, name, namespace);
    const { version, status = "" } = record?.metadata?.labels ?? {};
    const live = Number(version ?? made);
    const failed = status === "failed";
    // One that is under way, or was cut off, is not here to be judged (see `freeReleases`).
    if ((live === made && !failed) || status.startsWith("pending-")) continue;
    const values = valuesIn(record);
    // The program's own upgrade, whose answer was lost, or the same once more.
    if (!failed && values && isDeepStrictEqual(values, inputs.values)) continue;
    found.push({ urn, name, made, live, failed, values });
  }
  return found;
}

/** Helm's own encoding: JSON, gzip, base64; Kubernetes adds another base64. */
function valuesIn(record: object | undefined): Properties | undefined {
  try {
    const { data } = record as { readonly data: { readonly release: string } };
    const packed = Buffer.from(data.release, "base64").toString("latin1");
    const { config } = JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString("utf8")) as {
      readonly config?: Properties | null;
    };
    return config ?? {};
  } catch {
    return undefined;
  }
}

/** The same of a stack. @throws ServerError. @throws Error with what the CLI said. */
export async function handUpgradesOf(
  workspace: Workspace,
  resources?: readonly Resource[],
): Promise<HandUpgrade[]> {
  const held = resources ?? (await deployment(workspace)).resources;
  // Not every stack has a cluster.
  return held.some(({ type }) => type === RELEASE)
    ? handUpgrades(held, (await connect(workspace)).cluster)
    : [];
}

function toldOf({ name, made, live, failed }: HandUpgrade): string {
  if (failed)
    return `Helm release ${name}: the upgrade to revision ${live} failed, so that what runs may be of the one before.`;
  return `Helm release ${name} is of revision ${live}, and this stack made ${made}: it was upgraded past the program, or by an update that was cut off.`;
}

/** What a preview, which writes no state, does not show. */
export async function notShown(workspace: Workspace): Promise<string[]> {
  // What is wrong with the state or the cluster is the preview's to say.
  const found = await handUpgradesOf(workspace).catch(() => []);
  return found.map(
    (upgrade) =>
      `${toldOf(upgrade)} A preview shows nothing of it.\n` +
      `  mend: npm run up -- --stack ${workspace.stack}   (it upgrades the release to what the program says)`,
  );
}

/**
 * What makes the update that follows upgrade these releases.
 *
 * @param resources what the state holds, not refreshed.
 */
export async function upgradeEdits(
  workspace: Workspace,
  resources: readonly Resource[],
  say: (text: string) => void,
): Promise<Edit[]> {
  const found = await handUpgradesOf(workspace, resources);
  for (const upgrade of found) say(`${toldOf(upgrade)} \`up\` upgrades it.`);
  return found.map((upgrade) => ({ urn: upgrade.urn, outputs: (held) => withoutValues(held, upgrade) }));
}

/** Stands for a secret within a secret: the engine decrypts the outer one alone, and then cannot read the state. */
const SEALED = "(a secret)";

/** A value that no program has: its removal is a difference, where all others may be equal. */
const FAILED: Properties = { "(failed)": SET_BY_HAND };

/**
 * Outputs that know nothing of the release's values, but for what was added by hand. The next refresh reads what is live,
 * and a difference is then seen in every value that was dropped, changed or added. Only in what the provider goes by: the
 * engine's own inputs follow with the refresh.
 */
function withoutValues({ inputs, outputs }: Held, { failed, values: live = {} }: HandUpgrade): Properties {
  const added = withAdded(inputs?.values, live);
  const mark = failed ? FAILED : {};
  const values = isMap(added) ? { ...added, ...mark } : added;
  // The provider keeps a copy of the inputs, and goes by it.
  return { ...outputs, values: secretOf(mark), __inputs: secretOf(unsealed({ ...inputs, values })) };
}

function unsealed(value: unknown): unknown {
  if (isSecretValue(value)) return SEALED;
  if (Array.isArray(value)) return value.map(unsealed);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unsealed(inner)]));
}

/** Recorded values, with a word for each that only the live ones have. */
function withAdded(recorded: unknown, live: unknown): unknown {
  if (isSecretValue(recorded)) return recorded;
  if (recorded !== undefined && !(isMap(recorded) && isMap(live))) return recorded;
  if (!isMap(live)) return SET_BY_HAND;
  const known = isMap(recorded) ? recorded : {};
  const all = Object.entries(live).map(([name, value]) => [name, withAdded(known[name], value)] as const);
  return { ...known, ...Object.fromEntries(all) };
}
