import { spawnSync } from "node:child_process";

import { dump } from "js-yaml";

import { run } from "../../shell/process";
import type { Context } from "../context";
import { mend } from "../mend";
import { Refusal } from "../refusal";
import type { Client } from "./client";

/** Where a Secret lies. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** How the manifest of a Secret is given out. */
export type ManifestForm = "sops" | "plain";

/** Where the manifest is to lie, by which sops finds its creation rule. */
export function manifestFile({ slug, place }: Pick<Client, "slug" | "place">): string {
  return `infra/k8s/${slug}/${place.name}.sops.yaml`;
}

/**
 * The manifest of an application's Secret for `infra/k8s/<app>/`, as Flux wants it. It exists in memory only; in clear it
 * is given out only where that was asked for, and that it was is logged.
 *
 * @throws Refusal where there is no such Secret, or sops refuses; ServerError.
 */
export async function manifestOf(
  context: Context,
  client: Pick<Client, "slug" | "place">,
  form: ManifestForm,
): Promise<string> {
  const { workspace } = context;
  const { namespace, name } = client.place;
  const { cluster } = await context.live();
  const entries = await cluster.secret(namespace, name);
  if (!entries)
    throw new Refusal(`there is no Secret ${namespace}/${name}\n  mend: ${mend.up(workspace.stack)}`);
  const manifest = dump({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    type: "Opaque",
    stringData: Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, value.reveal()])),
  });
  const given = form === "plain" ? manifest : await encrypted(context, client, manifest);
  const step = form === "plain" ? "manifest given out in clear" : "manifest given out, encrypted";
  context.log({ verb: "secret manifest", whom: client.slug, step, outcome: "done" });
  return given;
}

async function encrypted(
  { workspace }: Context,
  client: Pick<Client, "slug" | "place">,
  manifest: string,
): Promise<string> {
  const file = manifestFile(client);
  const types = ["--input-type", "yaml", "--output-type", "yaml", "--encrypted-regex", "^(data|stringData)$"];
  // Through a pipe of the shell's: what this process hands on is a socket, which cannot be opened as /dev/stdin.
  const { code, stdout, stderr } = await run(
    "sh",
    ["-c", 'cat | sops "$@" /dev/stdin', "sops", "--encrypt", ...types, "--filename-override", file],
    { cwd: process.cwd(), env: workspace.env, stdin: manifest },
  );
  if (code === 0) return stdout;
  const again = mend.ops(workspace.stack, `secret manifest ${client.slug} --sops`);
  throw new Refusal(
    `sops did not encrypt the manifest: ${stderr.trim().slice(0, 300)}\n` +
      `  mend: a creation rule for ${file} in .sops.yaml, then: ${again}   (the secret itself is not touched)`,
  );
}

/** @throws Refusal when there is no sops to encrypt with. */
export function needSops(env: NodeJS.ProcessEnv): void {
  if (!spawnSync("sops", ["--version"], { env, stdio: "ignore" }).error) return;
  throw new Refusal(
    "sops is not installed here\n  mend: install sops, or ask for the manifest in clear with --plain, into a pipe that encrypts it",
  );
}
