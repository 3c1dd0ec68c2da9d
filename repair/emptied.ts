import type { Difference } from "../adoption/differences";
import { apiField, typeName } from "../adoption/fields";
import { differences } from "../adoption/plan";
import type { Workspace } from "../state/workspace";
import { kindOf } from "../identity/kinds";
import type { Live } from "../live/connect";
import { preview } from "../state/engine";
import { isLeftFull, unreadChanges } from "./provider-gaps";

/** Fields that a change must name although it does not change them: the server's checks read the request alone. */
const BESIDE: Readonly<Record<string, string>> = {
  PolicyEventMatcher: "action",
  ProviderProxy: "mode",
  SourceOauth: "provider_type",
};

/** Types whose texts are choices: of these none is empty, but null is. */
const CHOICES = new Set(["PolicyEventMatcher"]);

/**
 * Empties, through the API, what the program leaves empty and Authentik still has, which no `up` does (see `isLeftFull`).
 *
 * @param meant which of them may be emptied.
 * @returns what was emptied.
 * @throws ServerError.
 */
export async function emptyFields(
  workspace: Workspace,
  servers: Live,
  meant: (each: Difference) => boolean = () => true,
): Promise<Difference[]> {
  const { authentik } = servers;
  const steps = await preview(workspace, ["--refresh"]);
  const ids = new Map(steps.map(({ urn, before }) => [urn, before?.id ?? ""]));
  const shown = await differences(steps, servers);
  const unread = await unreadChanges(
    steps.flatMap(({ before }) => before ?? []),
    servers,
  );
  const full = [...shown, ...unread].filter((each) => isLeftFull(each) && meant(each));
  for (const { urn, type, field, live } of full) {
    const { path = "", singleton } = kindOf(type) ?? {};
    const address = singleton ? path : `${path}${encodeURIComponent(ids.get(urn) ?? "")}/`;
    const beside = BESIDE[typeName(type)];
    const body = {
      ...(beside ? { [beside]: (await authentik.get(address))?.[beside] } : {}),
      [apiField(type, field)]: emptyOf(type, live),
    };
    await authentik.write("PATCH", address, body, { repeatable: true });
  }
  return full;
}

function emptyOf(type: string, live: unknown): unknown {
  if (typeof live === "number") return 0;
  if (typeof live !== "string") return false;
  return CHOICES.has(typeName(type)) ? null : "";
}
