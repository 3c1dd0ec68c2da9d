import type { AuthentikApi, Json } from "../../live/authentik";
import { ServerError } from "../../live/server-error";
import { visible } from "../../stacks/visible";
import type { Context } from "../context";
import { Steps } from "../steps";
import { readAccount, type Account } from "./accounts";
import { AUTHENTICATORS, HOLDINGS, type Holding } from "./holdings";

/** What a person still has on the server. */
export interface Left {
  readonly what: string;
  /** Undefined where the server did not tell. */
  readonly count?: number;
}

export interface CutOff {
  /** What was done, or would be. */
  readonly done: readonly string[];
  /** What the server refused, or did without an answer. */
  readonly failed: readonly string[];
  /** What was found afterwards; of a dry run, nothing. */
  readonly left: readonly Left[];
}

/** First out of this group: its members may enter customers' systems. */
const FIRST_GROUP = "tenant-impersonators";

/**
 * Takes everything from an account that lets its owner in, then looks whether it is gone. What the server refuses does
 * not keep the rest: whoever leaves is cut off as far as can be. Run again, it does what is left.
 */
export async function cutOff(
  context: Context,
  api: AuthentikApi,
  account: Account,
  withAuthenticators: boolean,
): Promise<CutOff> {
  const steps = new Steps(context, { verb: "person offboard", whom: account.username });
  const failed: string[] = [];
  const attempt = async (act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      failed.push(error.message);
    }
  };
  const user = `/core/users/${account.pk}/`;
  // The API's PATCH ends the sessions, too; its PUT, which is the provider's update, leaves them.
  if (account.active)
    await attempt(() =>
      steps.take("disabled", () => api.write("PATCH", user, { is_active: false }, { repeatable: true })),
    );
  let groups: readonly { readonly key: string; readonly name: string }[] = [];
  await attempt(async () => {
    groups = await groupsOf(api, account);
  });
  for (const { key, name } of groups)
    await attempt(() =>
      steps.take(`out of ${name}`, () =>
        api.write("POST", `/core/groups/${key}/remove_user/`, { pk: account.pk }, { repeatable: true }),
      ),
    );
  if (account.roles.length > 0)
    await attempt(() =>
      steps.take(`${account.roles.length} roles removed`, () =>
        api.write("PATCH", user, { roles: [] }, { repeatable: true }),
      ),
    );
  const holdings = withAuthenticators ? [...HOLDINGS, AUTHENTICATORS] : HOLDINGS;
  for (const holding of holdings) await attempt(() => empty(steps, api, account, holding));
  const left = context.dryRun ? [] : await verify(api, account, holdings);
  return { done: steps.names, failed, left };
}

/** The groups of an account, in the order in which it leaves them. */
async function groupsOf(api: AuthentikApi, account: Account) {
  if (account.groups.length === 0) return [];
  const known = await api.list("/core/groups/", { include_users: false });
  const rank = (name: string) => (name === FIRST_GROUP ? 0 : 1);
  return account.groups
    .map((key) => {
      const name = known.find(({ pk }) => pk === key)?.name;
      return { key, name: typeof name === "string" ? name : key };
    })
    .sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

async function empty(steps: Steps, api: AuthentikApi, account: Account, holding: Holding): Promise<void> {
  const held = await holding.list(api, account);
  if (held.length === 0) return;
  await steps.take(`${held.length} ${holding.what} removed`, async () => {
    // One that cannot be removed does not keep the others.
    const removed = await Promise.allSettled(held.map(({ path }) => api.delete(path)));
    const refused = removed.find((each) => each.status === "rejected");
    if (refused) throw refused.reason;
  });
}

async function verify(api: AuthentikApi, account: Account, holdings: readonly Holding[]): Promise<Left[]> {
  const left: Left[] = [];
  const check = async (what: string, count: () => Promise<number>) => {
    try {
      const found = await count();
      if (found > 0) left.push({ what, count: found });
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      left.push({ what });
    }
  };
  let now: Account | undefined;
  const read = async () => (now ??= await readAccount(api, account.pk));
  await check("enabled account", async () => Number((await read()).active));
  await check("administration", async () => Number((await read()).superuser));
  await check("groups", async () => (await read()).groups.length);
  await check("roles", async () => (await read()).roles.length);
  for (const holding of holdings)
    await check(holding.what, async () => (await holding.list(api, account)).length);
  return left;
}

/** What is kept on purpose, and why. @throws ServerError */
export async function keptOn(
  api: AuthentikApi,
  account: Account,
  withAuthenticators: boolean,
): Promise<string[]> {
  const notes: string[] = [];
  const bindings = await api.list("/policies/bindings/");
  const own = bindings.filter(({ user }) => user === account.pk);
  if (own.length > 0) {
    notes.push(
      `${own.length} binding(s) name the person: ${own.map(({ pk }) => String(pk)).join(", ")}. They open nothing to a disabled ` +
        "account; an application's last binding must not go, since without one it is open to everybody.",
    );
  }
  const granting = (await api.list("/providers/oauth2/")).filter((provider: Json) =>
    [provider.grant_types].flat().includes(DEVICE_CODE),
  );
  if (granting.length > 0) {
    notes.push(
      `Device codes are in no list of the API, and ${granting.map(({ name }) => visible(String(name))).join(", ")} grants them: ` +
        "run this again in a few minutes, when the codes have expired; what they were exchanged for is then found.",
    );
  }
  if (!withAuthenticators) {
    const devices = await AUTHENTICATORS.list(api, account);
    if (devices.length > 0)
      notes.push(
        `Authenticators stay: ${devices.map(({ label }) => label).join(", ")}. They open nothing without the account; --authenticators removes them.`,
      );
  }
  return notes;
}

const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";
