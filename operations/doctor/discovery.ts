import { probe } from "../../live/probe";
import { ofType, type Check, type Finding } from "./examination";

/** Every discovery document is there, and names the issuer that its consumer was given. */
export const discovery: Check = {
  name: "discovery documents and issuers",
  async run(examination) {
    const { publicUrl, way, context } = examination;
    const found: Finding[] = [];
    for (const { name: slug } of ofType(examination, "ProviderOauth2")) {
      const issuer = `${publicUrl}/application/o/${slug}/`;
      const address = `${issuer}.well-known/openid-configuration`;
      const { status, text } = await probe(address, way);
      const finding = (meaning: string): Finding => ({
        severity: "error",
        subject: `application ${slug}`,
        meaning: `${meaning}; its consumer cannot log anybody in`,
        mend: `pulumi up --refresh --stack ${context.workspace.stack}, then: curl ${address}`,
      });
      if (status !== 200) {
        found.push(finding(`${address} answers ${status}, not 200`));
        continue;
      }
      const said = issuerIn(text);
      if (said !== issuer)
        found.push(finding(`the discovery document names issuer ${String(said)}, not ${issuer}`));
    }
    return found;
  },
};

function issuerIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly issuer?: unknown } | null)?.issuer;
  } catch {
    return undefined;
  }
}
