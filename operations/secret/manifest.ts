import { spawnSync } from "node:child_process";

import { dump } from "js-yaml";

import { run } from "../../commands/process";
import type { Cluster } from "../../live/cluster";
import { Refusal } from "../context";

/** Where a Secret lies. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** How the manifest of a Secret is given out. */
export type ManifestForm = "sops" | "plain";

/**
 * The manifest of a Secret for `infra/k8s/<app>/`, as Flux wants it. It exists in memory only; in clear it is given out
 * only where that was asked for.
 *
 * @param file where it is to lie, by which sops finds its creation rule.
 */
export async function manifestOf(
  cluster: Cluster,
  { namespace, name }: SecretPlace,
  form: ManifestForm,
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const entries = await cluster.secret(namespace, name);
  if (!entries) throw new Refusal(`there is no Secret ${namespace}/${name}\n  mend: pulumi up`);
  const manifest = dump({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    type: "Opaque",
    stringData: Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, value.reveal()])),
  });
  if (form === "plain") return manifest;
  const types = ["--input-type", "yaml", "--output-type", "yaml", "--encrypted-regex", "^(data|stringData)$"];
  // Through a pipe of the shell's: what this process hands on is a socket, which cannot be opened as /dev/stdin.
  const { code, stdout, stderr } = await run(
    "sh",
    ["-c", 'cat | sops "$@" /dev/stdin', "sops", "--encrypt", ...types, "--filename-override", file],
    { cwd: process.cwd(), env, stdin: manifest },
  );
  if (code !== 0) {
    throw new Refusal(
      `sops did not encrypt the manifest: ${stderr.trim().slice(0, 300)}\n  mend: a creation rule for ${file} in .sops.yaml, then: npm run ops -- secret manifest <app> --sops`,
    );
  }
  return stdout;
}

/** @throws Refusal when there is no sops to encrypt with. */
export function needSops(env: NodeJS.ProcessEnv): void {
  if (!spawnSync("sops", ["--version"], { env, stdio: "ignore" }).error) return;
  throw new Refusal(
    "sops is not installed here\n  mend: install sops, or ask for the manifest in clear with --plain, into a pipe that encrypts it",
  );
}
