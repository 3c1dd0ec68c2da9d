import type { AuthentikApi } from "../../live/authentik";
import { Secret } from "../../live/secret";
import { ServerError } from "../../live/server-error";
import { authHost } from "../../stacks/hosting";
import { readRoster } from "../../stacks/roster";
import { Refusal, type Context, type Result } from "../context";
import { mend } from "../mend";
import { StackSettings } from "../settings";
import { Steps } from "../steps";
import { administrator, type Account } from "./accounts";
import { confirmedKinds } from "./holdings";
import { sendToRoom, type Room } from "./matrix";
import { findPerson, onRoster } from "./who";

export interface InviteOptions {
  /** The link goes to standard output, once. */
  readonly print: boolean;
  /** The link goes to the room of the configuration. */
  readonly matrix: boolean;
}

/** How long a link works. */
const HOURS = 24;

/**
 * Makes the one-time link with which a person sets a password, and hands it on.
 *
 * @throws Refusal for an unknown or disabled person, or where Authentik has no recovery flow.
 */
export async function invite(context: Context, wanted: string, options: InviteOptions): Promise<Result> {
  const { workspace, organisation, dryRun } = context;
  if (options.print === options.matrix)
    throw new Refusal("say where the link goes: --print or --matrix, one of them", 2);
  const settings = await StackSettings.read(workspace);
  // Read before the link is made: it is shown once, and a refusal after it would lose it.
  const room = options.matrix ? roomOf(settings) : undefined;
  const host = hostOf(settings);
  const { authentik: api } = await context.live();
  // Before anybody is looked for: whom the token may not see would be told as not there.
  await administrator(api);
  const { account, roster } = await findPerson(wanted, onRoster(organisation, organisation.people), api);
  const up = mend.up(workspace.stack);
  if (!account) {
    throw new Refusal(
      `${roster?.username ?? wanted} is on the roster, but has no account yet\n  mend: merge, then: ${up}`,
    );
  }
  const leaving = readRoster(organisation).people.some(
    ({ username, active }) => username === account.username && !active,
  );
  if (!account.active || leaving) {
    throw new Refusal(
      `${account.username} is ${leaving ? "marked as leaving" : "disabled"}: a link would be of no use\n` +
        `  mend: take \`leaving\` out of the roster, then: ${up}`,
    );
  }
  const enrolled = (await confirmedKinds(api, account.pk)).has("totp");
  const steps = new Steps(context, { verb: "person invite", whom: account.username });
  let link: Secret | undefined;
  await steps.take("one-time link made", async () => {
    link = await makeLink(api, account, up);
  });
  if (room)
    await steps.take("link sent to the Matrix room", () => sendToRoom(room, messageOf(account, link)));

  const totp = enrolled
    ? "TOTP is enrolled: the link asks for a code."
    : "TOTP is not enrolled yet: the link leads through it.";
  const shown = options.print ? link?.reveal() : undefined;
  const where = dryRun
    ? `Nothing was done. A link for ${account.username} would be ${room ? "sent to the Matrix room" : "printed"}.`
    : room
      ? `A one-time link for ${account.username}, for ${HOURS} hours, was sent to the Matrix room ${room.room}.`
      : `One-time link for ${account.username}, for ${HOURS} hours; hand it over in private, it is not shown again:`;
  return {
    code: 0,
    text: [where, ...(shown === undefined ? [] : [shown]), totp, ...hostNote(host, link)].join("\n"),
    data: {
      person: account.username,
      dryRun,
      totpEnrolled: enrolled,
      validHours: HOURS,
      sentTo: room && !dryRun ? room.room : undefined,
      link: shown,
    },
  };
}

async function makeLink(api: AuthentikApi, { pk }: Account, up: string): Promise<Secret> {
  const path = `/core/users/${pk}/recovery/`;
  try {
    const { link } = await api.write("POST", path, { token_duration: `hours=${HOURS}` });
    if (typeof link === "string" && /^https?:\/\//.test(link) && URL.canParse(link)) return new Secret(link);
  } catch (error) {
    if (error instanceof ServerError && error.status === 400 && /no recovery flow/i.test(error.message)) {
      throw new Refusal(
        "Authentik has no recovery flow on its default brand, so it makes no link; the program sets one\n" +
          `  mend: ${up}`,
      );
    }
    if (error instanceof ServerError && error.status === 400 && /not applicable/i.test(error.message)) {
      throw new Refusal(
        "a policy on Authentik's recovery flow refuses this person, so it makes no link\n" +
          "  mend: look at the bindings of that flow in Authentik (Flows and Stages, Flows)",
      );
    }
    throw error;
  }
  throw new ServerError("Authentik", "POST", path, 200, "the answer has no link");
}

function messageOf({ name, username }: Account, link: Secret | undefined): Secret {
  if (!link) throw new Error("there is no link to send");
  return new Secret(
    `One-time link for ${name || username} to set a password and enrol TOTP. It works once, within ${HOURS} hours, for nobody else: ${link.reveal()}`,
  );
}

/** Authentik makes the link with the host by which the API was asked, which may be one that staff cannot reach. */
function hostNote(expected: string | undefined, link: Secret | undefined): string[] {
  if (!link || expected === undefined) return [];
  const { host } = new URL(link.reveal());
  if (host === expected) return [];
  return [`The link names ${host}; staff reach Authentik at https://${expected}: the same link works there.`];
}

/** Authentik's public host, where the configuration tells it. */
function hostOf(settings: StackSettings): string | undefined {
  const domain = settings.optional("domain")?.reveal();
  const hosts = JSON.parse(settings.optional("hosts")?.reveal() ?? "{}") as Record<string, string>;
  return domain === undefined ? undefined : authHost({ domain, hosts });
}

function roomOf(settings: StackSettings): Room {
  return {
    homeserver: settings.required("matrixHomeserver").reveal(),
    room: settings.required("matrixRoom").reveal(),
    token: settings.required("matrixToken"),
  };
}
