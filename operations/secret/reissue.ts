import { randomBytes } from "node:crypto";
import { relative } from "node:path";

import type { AuthentikApi } from "../../live/authentik";
import { Secret } from "../../live/secret";
import { applyOnly, nothingElse, soundState, type Scope } from "../apply";
import { Refusal, type Context, type Result } from "../context";
import { mend } from "../mend";
import { mergeFirst } from "../merge";
import { Steps } from "../steps";
import { configKey, storeAdopted } from "./adopted";
import { applicationsFile, clientNamed, credentialsOf, type Client } from "./client";
import { consumersOf, restart, restartedSince, rolledOut } from "./consumers";
import { Journal, type Progress } from "./journal";
import { manifestOf, needSops, type ManifestForm } from "./manifest";
import { verdictOn } from "./token-endpoint";

export interface ReissueOptions {
  /** Leaves the pods to an annotation (Reloader, Flux): they are not restarted here. */
  readonly leavePods: boolean;
  /** Gives out the new Secret's manifest at the end. */
  readonly manifest?: ManifestForm;
  /** Patience with the restarted pods, in milliseconds. */
  readonly patience?: number;
}

const PATIENCE = 300_000;

/**
 * Issues a new client secret for one application, brings it to Authentik and to the consumer's namespace, restarts the
 * consumer, and asks the token endpoint whether the new one is accepted and the old one refused.
 *
 * @throws Refusal, ServerError.
 */
export async function reissue(context: Context, slug: string, options: ReissueOptions): Promise<Result> {
  const { workspace, dryRun } = context;
  if (options.manifest === "sops") needSops(workspace.env);
  await soundState(context);
  const client = await clientNamed(context, slug);
  const { authentik: api, cluster } = await context.live();
  const journal = new Journal(workspace, slug);
  const before = await credentialsOf(api, client);
  const steps = new Steps(context, { verb: "secret reissue", whom: slug });

  await context.confirm(
    `Reissue the client secret of ${slug}? Logins through it fail until its pods have the new one.`,
  );
  const interrupted = journal.read();
  if (interrupted) context.say(`going on with the reissue of ${slug} that was interrupted`);
  const issue = issued(context, client, journal, interrupted);
  if (!interrupted?.applied) {
    if (!dryRun && !issue.isWritten) await nothingElse(context, scopeOf(client));
    await steps.take(issue.what, () => issue.write());
    await steps.take("applied to its secret, provider and delivery, and to nothing else", async () => {
      await applyOnly(context, scopeOf(client));
      const { clientSecret } = await credentialsOf(api, client);
      if (clientSecret.equals(before.clientSecret) && interrupted === undefined) {
        throw new Refusal(
          `${slug} has the same secret as before\n  mend: ${mend.ops(workspace.stack, "doctor")}`,
        );
      }
      journal.write({ ...journal.read(), applied: true, appliedAt: new Date().toISOString() });
    });
  }
  const delivered = dryRun ? undefined : await checked(context, client);
  const consumers = await consumersOf(cluster, client.place.namespace, client.place.name);
  const names = consumers.map(({ kind, name }) => `${kind} ${name}`);
  const unseen = consumers.length === 0;
  if (!options.leavePods) {
    const at = new Date();
    const since = interrupted?.appliedAt;
    for (const consumer of consumers) {
      // Once more would take the pods down again that an interrupted run has restarted.
      if (since !== undefined && restartedSince(consumer, since)) continue;
      await steps.take(`${consumer.kind} ${consumer.name} restarted`, () => restart(cluster, consumer, at));
    }
    for (const consumer of consumers) {
      await steps.take(`${consumer.kind} ${consumer.name} runs with the new secret`, async () => {
        const why = await rolledOut(cluster, consumer, options.patience ?? PATIENCE, context.signal);
        if (why === undefined) return;
        throw new Refusal(
          `${consumer.kind} ${client.place.namespace}/${consumer.name} does not run with the new secret yet: ${why}\n` +
            `  mend: kubectl -n ${client.place.namespace} rollout status ${consumer.kind.toLowerCase()}/${consumer.name}, then run this again`,
        );
      });
    }
  }
  await steps.take("token endpoint: new secret accepted, others refused", async () => {
    if (delivered) await verify(context, api, slug, before, delivered);
  });
  if (!dryRun) journal.clear();
  const where = `${client.place.namespace}/${client.place.name}`;
  const notes = [
    dryRun
      ? `Nothing was done. The client secret of ${slug} would be reissued.`
      : `The client secret of ${slug} is reissued: the token endpoint accepts the new one and refuses any other.`,
    `Commit ${issue.file}.`,
    ...(dryRun ? [] : [mergeFirst(issue.file, workspace.stack, issue.unmerged)]),
    ...(unseen
      ? [
          `No workload in ${client.place.namespace} reads Secret ${where}: bring the new one to ${slug} by hand, or with --sops to infra/k8s/${slug}/.`,
        ]
      : []),
    ...(options.leavePods && !unseen ? [`Left to an annotation: the restart of ${names.join(", ")}.`] : []),
  ];
  // The manifest stands alone, so that it can be piped. What is to be done is said before: it may yet be refused.
  const form = dryRun ? undefined : options.manifest;
  if (form) context.say(notes.join("\n"));
  const manifest = form && (await manifestOf(context, client, form));
  return {
    code: 0,
    text: manifest ?? notes.join("\n"),
    data: {
      application: slug,
      dryRun,
      steps: steps.names,
      secret: where,
      consumers: names,
      commit: issue.file,
      manifest,
    },
  };
}

/** What makes the new secret, and where that is written. */
interface Issue {
  readonly what: string;
  readonly file: string;
  /** What the program does where that file is not merged. */
  readonly unmerged: string;
  /** Whether it is there already: a run was interrupted, or it was reviewed and waits to be applied. */
  readonly isWritten: boolean;
  write(): Promise<void>;
}

function issued(
  context: Context,
  client: Client,
  journal: Journal,
  interrupted: Progress | undefined,
): Issue {
  const { workspace } = context;
  const { slug } = client;
  if (client.configured) {
    const key = configKey(slug);
    const isWritten = interrupted?.digest === client.configured.digest;
    return {
      isWritten,
      what: `a new secret stored as ${key}`,
      file: relative(workspace.folder, workspace.configFile()),
      unmerged: `gives ${slug} the old secret back`,
      write: async () => {
        if (isWritten) return;
        const secret = new Secret(randomBytes(48).toString("base64url"));
        journal.write({ digest: secret.digest, applied: false });
        await storeAdopted(workspace, slug, secret);
      },
    };
  }
  const file = applicationsFile(context, slug);
  const written = Number(file.property("slug", slug, "secretGeneration") ?? "1");
  const keepers = client.generated?.inputs.keepers as { readonly generation?: string } | undefined;
  const running = Number(keepers?.generation ?? "1");
  if (!Number.isSafeInteger(written) || !Number.isSafeInteger(running) || written < running) {
    throw new Refusal(
      `secretGeneration of ${slug} is ${written} in ${relative(workspace.folder, file.path)} and ${running} in stack ${workspace.stack}\n` +
        `  mend: pull the newest main: its number is never below what runs; where the commit of that reissue is lost, write secretGeneration: ${running} there`,
    );
  }
  // A number above what runs was raised by a run that was interrupted, or is reviewed and waits to be applied.
  // One that runs by the state is in hand where the run that raised it was interrupted before it was applied everywhere.
  const isInHand = written === running && interrupted?.generation === running;
  const generation = written > running || isInHand ? written : running + 1;
  const isWritten = written === generation;
  return {
    isWritten,
    what: `secretGeneration of ${slug} is ${generation}`,
    file: relative(workspace.folder, file.path),
    unmerged: `is refused, since its data is older than the secret of ${slug}`,
    write: () => {
      // First the data: noted before, a number that could not be written would be taken for one in hand.
      if (!isWritten) file.set("slug", slug, "secretGeneration", String(generation)).save();
      journal.write({ generation, applied: false });
      return Promise.resolve();
    },
  };
}

/** The password, the provider and the delivery; of these only the secret. */
function scopeOf({ slug, generated, provider, delivery }: Client): Scope {
  return {
    what: `the new client secret of ${slug}`,
    targets: [...(generated ? [generated.urn] : []), provider.urn, delivery.urn],
    fields: { [provider.urn]: ["clientSecret"], [delivery.urn]: ["stringData", "data"] },
    refresh: true,
  };
}

/** What was delivered is what the server has. */
async function checked(
  context: Context,
  client: Client,
): Promise<{ clientId: string; clientSecret: Secret }> {
  const { authentik, cluster } = await context.live();
  const { name, namespace } = client.place;
  const live = await credentialsOf(authentik, client);
  const delivered = (await cluster.secret(namespace, name))?.OIDC_CLIENT_SECRET;
  if (delivered?.equals(live.clientSecret)) return live;
  throw new Refusal(
    `Secret ${namespace}/${name} ${delivered ? "holds another client secret than Authentik" : "is not there"}\n` +
      `  mend: ${mend.up(context.workspace.stack)}, then run this again`,
  );
}

async function verify(
  { workspace }: Context,
  { options: { url, timeout } }: AuthentikApi,
  slug: string,
  before: { readonly clientId: string; readonly clientSecret: Secret },
  now: { readonly clientId: string; readonly clientSecret: Secret },
): Promise<void> {
  // Where the old secret is gone with the interrupted run, any other one shows that wrong ones are refused.
  const old = before.clientSecret.equals(now.clientSecret)
    ? new Secret(randomBytes(48).toString("base64url"))
    : before.clientSecret;
  const wrong = await verdictOn(url, now.clientId, old, timeout);
  const right = await verdictOn(url, now.clientId, now.clientSecret, timeout);
  if (right === "accepted" && wrong === "refused") return;
  const doctor = mend.ops(workspace.stack, "doctor");
  throw new Refusal(
    right === "accepted"
      ? `the token endpoint accepts any secret for ${slug}\n  mend: its provider must be confidential and have the grants of the program: ${doctor}`
      : `the token endpoint refuses the new secret of ${slug}\n  mend: ${doctor}, then run this again`,
  );
}
