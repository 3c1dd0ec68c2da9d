import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import type { AuthentikApi } from "../../live/authentik";
import { compositionOf } from "../../state/stack-file";
import { Secret } from "../../live/secret";
import { ServerError } from "../../live/server-error";
import { didYouMean, nearest } from "../../stacks/problem";
import { deployment } from "../../state/engine";
import type { Resource } from "../../state/resources";
import { placeOf } from "../../identity/cluster-objects";
import { Refusal, type Context } from "../context";
import { mend } from "../mend";
import { DataFile } from "../data-file";
import { adoptedSecret } from "./adopted";
import type { SecretPlace } from "./manifest";

/** The OIDC client of an application, in the program and in the state. */
export interface Client {
  readonly slug: string;
  readonly provider: Resource;
  /** The Secret in the consumer's namespace. */
  readonly delivery: Resource;
  readonly place: SecretPlace;
  /** The generated secret; absent where the configuration holds it. */
  readonly generated?: Resource;
  /** The secret in the configuration (`plana-sso:clients`), of a client that was adopted. */
  readonly configured?: Secret;
}

/**
 * The client of an application.
 *
 * @throws Refusal for an application that is not there, has no client, or has not been brought up yet.
 */
export async function clientNamed({ organisation, workspace }: Context, slug: string): Promise<Client> {
  const { applications } = organisation;
  const application = applications.find((each) => each.slug === slug);
  const withClient = applications.filter(({ mode }) => mode !== "proxy").map((each) => each.slug);
  if (!application) {
    const guess = nearest(
      slug,
      applications.map((each) => each.slug),
    );
    throw new Refusal(
      `there is no application ${JSON.stringify(slug)} in stack ${workspace.stack}${didYouMean(guess)}\n` +
        `  mend: one of ${withClient.join(", ")}`,
      2,
    );
  }
  if (application.mode === "proxy") {
    throw new Refusal(
      `${slug} is behind the outpost and has no client secret of its own\n  mend: one of ${withClient.join(", ")}`,
    );
  }
  const { resources } = await deployment(workspace);
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const find = (type: string, name: string) =>
    resources.find((resource) => resource.type === type && resource.name === name);
  const provider = find("authentik:index/providerOauth2:ProviderOauth2", slug);
  const delivery = find("kubernetes:core/v1:Secret", `${slug}-oidc`);
  const place = delivery && placeOf(delivery, byUrn);
  if (!provider?.id || !delivery || !place?.namespace) {
    throw new Refusal(
      `${slug} is in the program, but not in stack ${workspace.stack} yet\n  mend: ${mend.up(workspace.stack)}`,
    );
  }
  return {
    slug,
    provider,
    delivery,
    place: { name: place.name, namespace: place.namespace },
    generated: find("random:index/randomPassword:RandomPassword", `${slug}-client-secret`),
    configured: await adoptedSecret(workspace, slug),
  };
}

/** Client id and secret as the server has them. @throws ServerError. */
export async function credentialsOf(
  api: AuthentikApi,
  { provider }: Client,
): Promise<{ readonly clientId: string; readonly clientSecret: Secret }> {
  const path = `/providers/oauth2/${provider.id ?? ""}/`;
  const { client_id: clientId, client_secret: clientSecret } = (await api.get(path)) ?? {};
  if (typeof clientId !== "string" || typeof clientSecret !== "string")
    throw new ServerError("Authentik", "GET", path, undefined, "no such provider, or one without a secret");
  return { clientId, clientSecret: new Secret(clientSecret) };
}

/**
 * The file that holds the data of an application: the composition's own, or the one it takes its data from.
 *
 * @throws Refusal when no file has that application.
 */
export function applicationsFile({ workspace }: Context, slug: string): DataFile {
  const composition = compositionOf(workspace);
  const stacks = join(workspace.folder, "stacks");
  const folders = readdirSync(stacks, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  for (const folder of [composition, ...folders]) {
    const path = join(stacks, folder, "applications.ts");
    if (!existsSync(path)) continue;
    const file = DataFile.read(path);
    if (file.has("slug", slug)) return file;
    if (folder === composition) break;
  }
  throw new Refusal(
    `no stacks/*/applications.ts has an application with slug: ${JSON.stringify(slug)}\n` +
      `  mend: raise its secretGeneration by hand, then: ${mend.up(workspace.stack)}`,
  );
}
