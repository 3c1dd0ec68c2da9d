import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";

import { ServerError } from "../../live/server-error";
import { ofType, type Check, type Examination, type Finding } from "./examination";

/** Server and chart are one version; provider and SDK are one version, of the server's release. */
export const versions: Check = {
  name: "versions in step",
  async run(examination) {
    const server = (await examination.authentik.get("/admin/version/"))?.version_current;
    if (typeof server !== "string")
      throw new ServerError("Authentik", "GET", "/admin/version/", 200, "the answer has no version");
    const found: Finding[] = [];
    const compare = (subject: string, version: string | undefined, wanted: string, mend: string) => {
      if (version === undefined || version === wanted) return;
      // Within a release the API and the provider's schema stay as they are.
      const severity = releaseOf(version) === releaseOf(wanted) ? "warning" : "error";
      found.push({ severity, subject, meaning: `is ${version}, where ${wanted} is wanted`, mend });
    };
    const together = "see docs/dependencies.md: all of them move together";
    const [release] = ofType(examination, "Release");
    const chart = release?.inputs.version;
    compare(
      "server",
      server,
      typeof chart === "string" ? chart : server,
      `the pods do not run the chart's version: kubectl -n ${String(release?.inputs.namespace)} rollout status deployment/authentik-server`,
    );
    const { provider, providerInState, sdk, api } = pins(examination);
    compare("package @goauthentik/api", api, server, together);
    compare("SDK sdks/authentik", sdk, provider ?? sdk ?? "", together);
    compare("provider of the state", providerInState, provider ?? providerInState ?? "", together);
    compare("provider", provider && releaseOf(provider), releaseOf(server), together);
    return found;
  },
};

/** `2026.5` of `2026.5.6`. */
function releaseOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

interface Pins {
  readonly provider?: string;
  readonly providerInState?: string;
  readonly sdk?: string;
  readonly api?: string;
}

/** What the program is pinned to. */
function pins(examination: Examination): Pins {
  const { folder } = examination.context.workspace;
  const json = (...path: string[]) => {
    const file = join(folder, ...path);
    return existsSync(file)
      ? (JSON.parse(readFileSync(file, "utf8")) as { readonly version?: string })
      : undefined;
  };
  const project = load(readFileSync(join(folder, "Pulumi.yaml"), "utf8")) as {
    readonly packages?: Readonly<Record<string, { readonly parameters?: readonly string[] }>>;
  };
  const inState = examination.resources.find(({ type }) => type === "pulumi:providers:authentik");
  const version = inState?.inputs.version;
  return {
    provider: project.packages?.authentik?.parameters?.[1],
    providerInState: typeof version === "string" ? version : undefined,
    sdk: json("sdks", "authentik.schema.json")?.version ?? json("sdks", "authentik", "package.json")?.version,
    api: json("node_modules", "@goauthentik", "api", "package.json")?.version,
  };
}
