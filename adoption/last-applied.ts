import type { Live } from "../live/connect";
import { placeOfId, refOf } from "../identity/cluster-objects";
import type { Subject } from "./picture";
import { LAST_APPLIED, SECRET_KIND } from "./sealed-import";

/**
 * Takes away what `kubectl apply` keeps on Secrets that are taken over: a copy of their data, which every refresh would write
 * into the state in clear. The provider takes it away only of what it updates.
 *
 * @throws ServerError.
 */
export async function dropLastApplied(
  { cluster }: Pick<Live, "cluster">,
  adopted: readonly Pick<Subject, "type" | "id">[],
): Promise<void> {
  for (const { type, id } of adopted) {
    if (type !== SECRET_KIND) continue;
    const ref = refOf(type, placeOfId(id));
    const live = await cluster.read(ref);
    if (live?.metadata?.annotations?.[LAST_APPLIED] === undefined) continue;
    await cluster.patch(ref, { metadata: { annotations: { [LAST_APPLIED]: null } } });
  }
}
