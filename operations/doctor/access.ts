import type { Json } from "../../live/authentik";
import { isOpenByDefault } from "../access/live";
import { applyAgain, type Check, type Finding } from "./examination";

/** Every application is bound to somebody, and every provider belongs to exactly one application. */
export const access: Check = {
  name: "applications, bindings, providers",
  async run(examination) {
    const { objects } = examination;
    const mend = applyAgain(examination);
    const found: Finding[] = [];
    const applications = await objects.list("/core/applications/");
    const bindings = await objects.list("/policies/bindings/");
    const meaning = isOpenByDefault(await objects.single("/admin/settings/"))
      ? "has no binding in force: the server opens it to every account"
      : "has no binding in force: the server lets nobody in";
    for (const { pk, slug } of applications) {
      if (bindings.some(({ target, enabled }) => target === pk && enabled !== false)) continue;
      found.push({
        severity: "error",
        subject: `application ${String(slug)}`,
        meaning,
        mend: `give it access in stacks/*/applications.ts and apply (${mend}), or delete it in Authentik`,
      });
    }
    for (const provider of await objects.list("/providers/all/")) {
      const owners = applications.filter((application) => serves(application, provider.pk));
      if (owners.length === 1) continue;
      const subject = `provider ${String(provider.name)}`;
      found.push(
        owners.length === 0
          ? {
              severity: "warning",
              subject,
              meaning:
                "belongs to no application: its client can ask for logins that no application's bindings guard",
              mend: "delete it in Authentik (Applications, Providers), or give it to its application",
            }
          : {
              severity: "error",
              subject,
              meaning: `belongs to ${owners.map(({ slug }) => String(slug)).join(" and ")}: a token for one is good for the other`,
              mend: `a provider for each: ${mend}`,
            },
      );
    }
    return found;
  },
};

function serves({ provider, backchannel_providers: others }: Json, pk: unknown): boolean {
  return provider === pk || (Array.isArray(others) && others.includes(pk));
}
