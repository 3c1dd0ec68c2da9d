import { probe } from "../../live/probe";
import { mend } from "../mend";
import { lookAtEach, ofType, type Check, type Finding } from "./examination";

/** Every discovery document is there, and names the issuer that its consumer was given. */
export const discovery: Check = {
  name: "discovery documents and issuers",
  async run(examination) {
    const { publicUrl, way, context } = examination;
    const slugs = ofType(examination, "ProviderOauth2").map(({ name }) => name);
    return lookAtEach(slugs, subjectOf, async (slug) => {
      const issuer = `${publicUrl}/application/o/${slug}/`;
      const address = `${issuer}.well-known/openid-configuration`;
      const { status, text } = await probe(address, way);
      const finding = (meaning: string): Finding => ({
        severity: "error",
        subject: subjectOf(slug),
        meaning: `${meaning}; its consumer cannot log anybody in`,
        mend: `${mend.up(context.workspace.stack)}, then: curl ${address}`,
      });
      if (status !== 200) return [finding(`${address} answers ${status}, not 200`)];
      const said = issuerIn(text);
      if (said === issuer) return [];
      return [finding(`the discovery document names issuer ${String(said)}, not ${issuer}`)];
    });
  },
};

const subjectOf = (slug: string) => `application ${slug}`;

function issuerIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly issuer?: unknown } | null)?.issuer;
  } catch {
    return undefined;
  }
}
