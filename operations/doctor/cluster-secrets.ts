import type { Workspace } from "../../commands/workspace";
import { placeOf } from "../../identity/cluster-objects";
import { Secret } from "../../live/secret";
import { applyAgain, ofType, type Check, type Finding } from "./examination";

/** Every Secret of the program is in the cluster with the program's values, compared by digest. */
export const clusterSecrets: Check = {
  name: "Secrets in the cluster",
  async run(examination) {
    const { cluster, context, resources } = examination;
    const values = await programSecrets(context.workspace);
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const found: Finding[] = [];
    for (const resource of ofType(examination, "Secret")) {
      const place = placeOf(resource, byUrn);
      const wanted = values.get(resource.urn);
      if (!place?.namespace || !wanted) continue;
      const subject = `Secret ${place.namespace}/${place.name}`;
      const entries = await cluster.secret(place.namespace, place.name);
      if (!entries) {
        const meaning = "is not in the cluster: what reads it does not start";
        found.push({ severity: "error", subject, meaning, mend: applyAgain(examination) });
        continue;
      }
      const keys = [...wanted.keys()].filter((key) => entries[key]?.digest !== wanted.get(key)?.digest);
      if (keys.length === 0) continue;
      found.push({
        severity: "error",
        subject,
        meaning: `is not the program's: ${keys.sort().join(", ")} ${keys.length > 1 ? "differ" : "differs"}`,
        mend: `find out who writes it, then: ${applyAgain(examination)}`,
      });
    }
    return found;
  },
};

interface Exported {
  readonly deployment?: {
    readonly resources?: readonly {
      readonly urn: string;
      readonly type: string;
      readonly inputs?: { readonly stringData?: unknown };
    }[];
  };
}

/** What the state says is in each Secret; it goes from the engine to here, and no further. */
async function programSecrets(workspace: Workspace): Promise<Map<string, Map<string, Secret>>> {
  const { code, stdout } = await workspace.pulumi(["stack", "export", "--show-secrets"]);
  if (code !== 0) throw new Error(`the secrets of stack ${workspace.stack} cannot be read: the passphrase?`);
  const { deployment } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as Exported;
  const secrets = (deployment?.resources ?? []).filter(({ type }) => type === "kubernetes:core/v1:Secret");
  return new Map(
    secrets.map(({ urn, inputs }) => {
      const entries = Object.entries(opened(inputs?.stringData) as Readonly<Record<string, unknown>>);
      return [urn, new Map(entries.map(([key, value]) => [key, new Secret(String(opened(value)))]))];
    }),
  );
}

/** A value of the state, out of the engine's wrapping for secrets. */
function opened(value: unknown): unknown {
  const { plaintext } = (value ?? {}) as { readonly plaintext?: unknown };
  return typeof plaintext === "string" ? (JSON.parse(plaintext) as unknown) : (value ?? {});
}
