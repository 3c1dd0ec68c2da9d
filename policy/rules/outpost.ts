import { isGiven, isRecord, textOf, textsIn, valueOf, type Resource, type Stack } from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { AUTHENTIK } from "../tokens";
import { authHosts } from "./release";

/** Name under which Authentik ships the outpost that runs inside the server. */
const EMBEDDED = "authentik Embedded Outpost";

function embedded(stack: Stack): Violation[] {
  const outposts = stack.all(AUTHENTIK.outpost);
  if (outposts.length !== 1) {
    return [
      {
        what: `${outposts.length} outposts in the program; expected the embedded one`,
        urn: outposts.at(-1)?.urn,
      },
    ];
  }
  return outposts.flatMap((outpost) => {
    const { found, unresolved } = stack.references(outpost, "protocolProviders");
    const missing = stack.all(AUTHENTIK.proxy).filter((provider) => !found.includes(provider));
    const strange = [
      ...found.filter(({ type }) => type !== AUTHENTIK.proxy).map(({ name }) => name),
      ...unresolved.map(({ value }) => shown(value)),
    ];
    return [
      ...violation(
        outpost,
        textOf(outpost, "name") === EMBEDDED
          ? undefined
          : `outpost ${shown(valueOf(outpost, "name"))} is not the embedded one`,
      ),
      ...violation(
        outpost,
        valueOf(outpost, "type") === "proxy"
          ? undefined
          : `the outpost has type ${shown(valueOf(outpost, "type"))}; expected proxy`,
      ),
      ...violation(
        outpost,
        isGiven(valueOf(outpost, "serviceConnection"))
          ? "the outpost has a service connection: Authentik would deploy another"
          : undefined,
      ),
      ...missing.flatMap((provider) =>
        violation(
          outpost,
          `provider ${provider.name} is not attached: its application has no login, or no protection`,
        ),
      ),
      ...strange.flatMap((what) =>
        violation(outpost, `${what} is attached and no proxy provider of this program`),
      ),
    ];
  });
}

function hostFaults(outpost: Resource, hosts: readonly string[] | undefined): string[] {
  let config: unknown;
  try {
    config = JSON.parse(textOf(outpost, "config"));
  } catch {
    return [
      `config is ${shown(valueOf(outpost, "config"))}; expected JSON: left out, authentik_host is empty`,
    ];
  }
  if (!isRecord(config)) return ["config is no object"];
  const faults: string[] = [];
  const host = typeof config.authentik_host === "string" ? config.authentik_host : "";
  // Before the server's values are known, that it is an address at all.
  const wanted =
    hosts?.map((name) => `https://${name}/`) ??
    (/^https:\/\/[a-z0-9.-]+\/?$/.test(host) ? [host.replace(/\/?$/, "/")] : []);
  if (!wanted.includes(host.replace(/\/?$/, "/")))
    faults.push(
      `authentik_host is ${shown(host)}; expected ${wanted.join(" or ") || "the host of the server's ingress"}`,
    );
  if (isGiven(config.authentik_host_browser) && config.authentik_host_browser !== host)
    faults.push(`authentik_host_browser is ${shown(config.authentik_host_browser)}`);
  if (config.authentik_host_insecure === true) faults.push("authentik_host_insecure is true");
  return faults;
}

/** Types by which a second outpost comes about, or the one list gets a second owner. */
const SECOND = /^authentik:index\/(?:outpostProviderAttachment|serviceConnection\w+):/;
const IMAGE = /(?:^|\/)goauthentik\/(?:proxy|ldap|radius|rac)(?:[:@]|$)/;

/** Rules about the outpost that logs people in before proxied applications. */
export const outpostRules: readonly Rule[] = [
  {
    name: "outpost-embedded",
    level: "mandatory",
    reason:
      "The embedded outpost serves every proxied application; a provider that is not attached leaves its application without a login.",
    mend: "one Outpost, adopted, of type proxy, with every proxy provider and nothing else",
    stack: embedded,
  },
  {
    name: "outpost-host",
    level: "mandatory",
    reason:
      "The outpost sends people to `authentik_host` to log in: a wrong or empty one ends in a 404, or at a stranger's page.",
    mend: "set it to the host of the server's ingress, over https",
    stack: (stack) =>
      stack
        .all(AUTHENTIK.outpost)
        .flatMap((outpost) =>
          hostFaults(outpost, authHosts(stack)).flatMap((fault) => violation(outpost, fault)),
        ),
  },
  {
    name: "no-second-outpost",
    level: "mandatory",
    reason:
      "There is no separate outpost Deployment; an attachment reads and writes the same list as the outpost, and one of the two is lost.",
    mend: "attach by the outpost's `protocolProviders`",
    resource: (resource) => {
      const image = resource.type.startsWith("kubernetes:")
        ? textsIn(resource.inputs).find(({ text }) => IMAGE.test(text))
        : undefined;
      return [
        ...violation(
          resource,
          SECOND.test(resource.type) ? `${resource.name} is a second owner of outposts` : undefined,
        ),
        ...violation(resource, image && `${resource.name} runs ${shown(image.text)}`),
      ];
    },
  },
];
