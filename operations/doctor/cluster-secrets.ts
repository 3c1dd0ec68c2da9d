import { answerOf } from "../../shell/answer";
import type { Workspace } from "../../state/workspace";
import { placeOf } from "../../identity/cluster-objects";
import { Secret } from "../../live/secret";
import { applyAgain, lookAtEach, ofType, type Check, type Finding } from "./examination";

/** Every Secret of the program is in the cluster with the program's values, compared by digest. */
export const clusterSecrets: Check = {
  name: "Secrets in the cluster",
  async run(examination) {
    const { cluster, context, resources } = examination;
    const values = await programSecrets(context.workspace);
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const all = ofType(examination, "Secret").flatMap((resource) => {
      const place = placeOf(resource, byUrn);
      const wanted = values.get(resource.urn);
      const { name, namespace } = place ?? {};
      return name && namespace && wanted ? [{ name, namespace, wanted }] : [];
    });
    const subjectOf = ({ name, namespace }: (typeof all)[number]) => `Secret ${namespace}/${name}`;
    return lookAtEach(all, subjectOf, async (each): Promise<Finding[]> => {
      const { name, namespace, wanted } = each;
      const subject = subjectOf(each);
      const entries = await cluster.secret(namespace, name);
      if (!entries) {
        const meaning = "is not in the cluster: what reads it does not start";
        return [{ severity: "error", subject, meaning, mend: applyAgain(examination) }];
      }
      const keys = [...wanted.keys()].filter((key) => entries[key]?.digest !== wanted.get(key)?.digest);
      const surplus = Object.keys(entries).filter((key) => !wanted.has(key));
      const findings: Finding[] = [];
      if (keys.length > 0) {
        const meaning = `is not the program's: ${keys.sort().join(", ")} ${keys.length > 1 ? "differ" : "differs"}`;
        const mend = `find out who writes it, then: ${applyAgain(examination)}`;
        findings.push({ severity: "error", subject, meaning, mend });
      }
      if (surplus.length > 0) {
        const meaning = `has more than the program gives, and its pods may read it: ${surplus.sort().join(", ")}`;
        const mend = `find out who writes it, or take it away: kubectl edit secret ${name} -n ${namespace}`;
        findings.push({ severity: "warning", subject, meaning, mend });
      }
      return findings;
    });
  },
};

interface Exported {
  readonly deployment?: {
    readonly resources?: readonly {
      readonly urn: string;
      readonly type: string;
      readonly inputs?: { readonly stringData?: unknown; readonly data?: unknown };
    }[];
  };
}

/** What the state says is in each Secret; it goes from the engine to here, and no further. */
async function programSecrets(workspace: Workspace): Promise<Map<string, Map<string, Secret>>> {
  const { code, stdout } = await workspace.pulumi(["stack", "export", "--show-secrets"]);
  if (code !== 0) throw new Error(`the secrets of stack ${workspace.stack} cannot be read: the passphrase?`);
  const { deployment } = answerOf(stdout, "pulumi stack export") as Exported;
  const secrets = (deployment?.resources ?? []).filter(({ type }) => type === "kubernetes:core/v1:Secret");
  return new Map(
    secrets.map(({ urn, inputs }) => {
      // After a refresh the provider may keep what the cluster tells: `data`, in base64.
      const encoded = entriesOf(inputs?.data).map(
        ([key, text]) => [key, Buffer.from(text, "base64").toString("utf8")] as const,
      );
      const entries = [...encoded, ...entriesOf(inputs?.stringData)];
      return [urn, new Map(entries.map(([key, text]) => [key, new Secret(text)]))];
    }),
  );
}

function entriesOf(value: unknown): (readonly [string, string])[] {
  const entries = Object.entries(opened(value) as Readonly<Record<string, unknown>>);
  return entries.map(([key, inner]) => [key, String(opened(inner))]);
}

/** A value of the state, out of the engine's wrapping for secrets. */
function opened(value: unknown): unknown {
  const { plaintext } = (value ?? {}) as { readonly plaintext?: unknown };
  return typeof plaintext === "string" ? (JSON.parse(plaintext) as unknown) : (value ?? {});
}
