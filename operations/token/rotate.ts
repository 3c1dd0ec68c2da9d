import type { AuthentikApi } from "../../live/authentik";
import { configure, configured } from "../../live/configuration";
import type { Secret } from "../../live/secret";
import { deployment } from "../../state/engine";
import { applyOnly, soundState, type Scope } from "../apply";
import { Refusal, type Context, type Result } from "../context";
import { mend } from "../mend";
import { mergeFirst } from "../merge";
import { Steps } from "../steps";
import { BOOTSTRAP, TOKENS, type TokenKind, type TokenName } from "./kinds";
import {
  asked,
  keyOf,
  nextOf,
  ownerOf,
  predecessorOf,
  renew,
  setKey,
  tokenMade,
  tokenNamed,
  tokenWithKey,
  type ApiToken,
} from "./tokens";

/** What a rotation works on. */
interface Rotation {
  readonly api: AuthentikApi;
  readonly kind: TokenKind;
  /** The token that keeps its identifier and gets the new key; made at the end where there is none. */
  readonly token: ApiToken;
  /** The present key, where it is known and still accepted. */
  readonly old?: Secret;
  /** Interrupted after the new key was stored. */
  readonly resumed: boolean;
}

/**
 * Rotates a token so that at no point both keys are invalid. A second token takes over first; the lasting one gets its
 * key only when that has been stored, applied and accepted, and with that the old key is gone. Whatever step a run is
 * interrupted after, the next one finds the second token and goes on from there.
 *
 * @throws Refusal, ServerError.
 */
export async function rotate(context: Context, which: TokenName): Promise<Result> {
  const kind: TokenKind = TOKENS[which];
  const { workspace, dryRun } = context;
  await soundState(context);
  const { authentik: api } = await context.live();
  const rotation = await begin(context, api, kind);
  if (which === "bootstrap") await refuseWhereUsed(context, rotation);
  const { identifier } = rotation.token;
  const next = nextOf(identifier);
  const steps = new Steps(context, { verb: "token rotate", whom: identifier });
  const result = (text: string, code: 0 | 1 = 0, expires?: string): Result => ({
    code,
    text,
    data: {
      token: identifier,
      which,
      dryRun,
      resumed: rotation.resumed,
      steps: steps.names,
      expires,
      finished: code === 0 && !dryRun,
    },
  });

  await context.confirm(`Rotate the ${which} token ${identifier} of stack ${workspace.stack}?`);
  await steps.take(`second token ${next} is there`, () =>
    // Of a run that was interrupted for long, its key must still be the one that was stored.
    tokenMade(api, { ...rotation.token, identifier: next, expiring: false }, `takes over from ${identifier}`),
  );
  const key = dryRun ? undefined : await keyOf(api, next);
  const reveal = () => {
    if (!key) throw new Error("a dry run has no new key");
    return key;
  };
  await steps.take(`stored as secret ${kind.key}`, () => configure(workspace, kind.key, reveal()));
  await steps.take("applied to what holds it", () => apply(context, kind));
  await steps.take("new key proven", () => prove(rotation, reveal(), "nothing was revoked"));

  // From here on the key that this command was started with may be the one that is revoked.
  const acting = (): Rotation =>
    which === "automation" ? { ...rotation, api: asked(api, reveal()) } : rotation;
  const elsewhere = which === "automation" ? workspace.env.AUTHENTIK_TOKEN : undefined;
  if (elsewhere !== undefined && elsewhere !== "" && (dryRun || elsewhere !== reveal().reveal())) {
    return result(notFinished(workspace.stack, identifier, dryRun), dryRun ? 0 : 1);
  }
  await steps.take(`old key of ${identifier} revoked`, () => replace(acting(), reveal()));
  await steps.take("old key refused, new key accepted", () => verify(acting(), reveal()));
  await steps.take(`second token ${next} deleted`, () =>
    acting().api.delete(`/core/tokens/${encodeURIComponent(next)}/`),
  );
  await steps.take("new key accepted to the end", () => prove(rotation, reveal(), "the old key is revoked"));
  if (dryRun) return result(`Nothing was done. The ${which} token ${identifier} would be rotated.`);
  const lasting = await tokenNamed(acting().api, identifier);
  const expires = lasting?.expiring ? lasting.expires : undefined;
  const lines = [
    `The ${which} token ${identifier} is rotated: the new key is stored as ${kind.key}, applied and accepted; the old one is refused.`,
    `Commit ${workspace.configFile()}.`,
    mergeFirst("it", workspace.stack, kind.unmerged),
    ...(which === "bootstrap"
      ? ["The value in SOPS (authentik.bootstrap_token) is no longer valid: take it out."]
      : []),
    ...(expires === undefined
      ? []
      : [
          `It expires at ${expires}: Authentik then gives it a key that nobody has. To keep it: Directory, Tokens, take out "Expiring".`,
        ]),
  ];
  return result(lines.join("\n"), 0, expires);
}

/** Finds out whose token is stored, which one it is, and whether a rotation was interrupted. */
async function begin(context: Context, api: AuthentikApi, kind: TokenKind): Promise<Rotation> {
  const { workspace } = context;
  const automation = kind.key === TOKENS.automation.key;
  const stored = await configured(workspace, kind.key);
  const current = stored ?? (automation ? api.options.token : undefined);
  const owner = current && (await ownerOf(api, current));
  if (automation && stored && !owner) {
    throw new Refusal(
      `${kind.key} of stack ${workspace.stack} is not accepted by ${api.options.url}\n` +
        `  mend: make an API token of an administrator there, then: ${mend.secret(kind.key, workspace.stack)}`,
    );
  }
  const found = owner && (await tokenWithKey(api, current, owner));
  const resumes = found && predecessorOf(found.identifier);
  if (found && resumes !== undefined) {
    const there = await tokenNamed(api, resumes);
    return { api, kind, token: there ?? { ...found, identifier: resumes }, resumed: true };
  }
  // The bootstrap token is to be used once: a key of the program's own takes its place, and it is left alone.
  const own = found && !(automation && found.identifier === BOOTSTRAP) ? found : undefined;
  if (own) return { api, kind, token: own, old: current, resumed: false };
  const named = await tokenNamed(api, kind.identifier);
  if (named) return { api, kind, token: named, resumed: false };
  const user = owner?.pk ?? (await userNamed(api, kind.username));
  return { api, kind, token: { identifier: kind.identifier, user, expiring: false }, resumed: false };
}

/**
 * The bootstrap token must not be what this very command, or the program, talks with: by the key it has on the server,
 * which need not be the one that the configuration holds for it.
 */
async function refuseWhereUsed({ workspace }: Context, { api, token }: Rotation): Promise<void> {
  const { identifier } = token;
  if (!(await tokenNamed(api, identifier))) return;
  const key = await keyOf(api, identifier);
  const automation = await configured(workspace, TOKENS.automation.key);
  if (!(automation?.equals(key) || api.options.token.equals(key))) return;
  const instead = mend.ops(workspace.stack, "token rotate --which automation");
  throw new Refusal(
    `the program talks to Authentik with the bootstrap token (${identifier}): revoking it would cut the program off\n` +
      `  mend: ${instead}   (and unset AUTHENTIK_TOKEN, where it is set), then run this again`,
  );
}

async function userNamed(api: AuthentikApi, username: string): Promise<number> {
  const [user] = await api.list("/core/users/", { username });
  if (typeof user?.pk === "number") return user.pk;
  throw new Refusal(
    `there is no user ${username} in ${api.options.url} to whom the token could belong\n` +
      `  mend: make that user in Authentik, as a member of "authentik Admins"`,
  );
}

async function apply(context: Context, kind: TokenKind): Promise<void> {
  const { workspace } = context;
  const { resources } = await deployment(workspace);
  const targets = resources.filter(kind.holds);
  if (targets.length === 0) return; // Nothing has been brought up yet.
  const replaced = resources.find(
    ({ type, name }) => type === "random:index/randomPassword:RandomPassword" && name === kind.generated,
  );
  // A configured token takes the place of a generated one, which is protected.
  if (replaced?.protect) {
    const lifted = await workspace.pulumi(["state", "unprotect", "--yes", replaced.urn]);
    if (lifted.code !== 0) throw new Refusal(`${replaced.urn} could not be released:\n${lifted.stderr}`);
  }
  const fields = Object.fromEntries(
    targets.flatMap(({ urn, type }) => {
      const allowed = kind.fields[type.slice(type.lastIndexOf(":") + 1)];
      return allowed ? [[urn, allowed]] : [];
    }),
  );
  const scope: Scope = {
    what: `the new ${kind.key}`,
    targets: [...targets.map(({ urn }) => urn), ...(replaced ? [replaced.urn] : [])],
    fields,
    refresh: kind.refresh,
  };
  // A provider's own change is in no preview.
  await applyOnly(context, scope, !kind.refresh);
}

async function prove({ api, token }: Rotation, key: Secret, so: string): Promise<void> {
  const owner = await ownerOf(api, key);
  if (owner?.pk === token.user) return;
  throw new Refusal(
    `the new key of ${token.identifier} is ${owner ? `accepted as ${owner.username}, another user` : "not accepted"}; ${so}\n` +
      "  mend: look at the token in Authentik (Directory, Tokens), then run this again",
  );
}

/** The lasting token gets the new key: the one it had is refused from now on. */
async function replace({ api, token }: Rotation, key: Secret): Promise<void> {
  const description = "Rotated by `npm run ops -- token rotate`";
  const there = await tokenMade(api, token, description);
  // A key that expires gets a new time, not the old one's rest.
  if (there.expiring) await renew(api, there, description);
  await setKey(api, token.identifier, key);
}

async function verify({ api, token, old }: Rotation, key: Secret): Promise<void> {
  if (!(await keyOf(api, token.identifier)).equals(key)) {
    throw new Refusal(
      `${token.identifier} does not have the new key\n  mend: run this again; both keys are kept until it has`,
    );
  }
  if (old && !old.equals(key) && (await ownerOf(api, old))) {
    throw new Refusal(
      `the old key of ${token.identifier} is still accepted: another token has the same key\n` +
        "  mend: find it in Authentik (Directory, Tokens) and delete it",
    );
  }
}

function notFinished(stack: string, identifier: string, dryRun: boolean): string {
  return (
    `${dryRun ? "Nothing was done. After these steps the command would stop" : "Not finished"}: AUTHENTIK_TOKEN is set in the environment, and is another key than the new one of ${identifier}. ` +
    "Both keys are valid; none was revoked.\n" +
    `  mend: wherever AUTHENTIK_TOKEN is kept (the variable of the CI, a shell), take it out, so that the stack's own authentik:token is used,\n` +
    `        or give it the value of \`npm run -s pulumi -- config get authentik:token --stack ${stack}\`; then run this again, which revokes the old key`
  );
}
