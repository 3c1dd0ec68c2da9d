import { probe, type Answer } from "../../live/probe";
import type { Resource } from "../../state/resources";
import { applyAgain, lookAtEach, ofType, type Check, type Examination, type Finding } from "./examination";

const START = "/outpost.goauthentik.io/start";

/** The root, as a client may write it that means to be taken for one that logs in. */
const PRETENDED = "/outpost.goauthentik.io/../";

/**
 * The embedded outpost serves each protected application on that application's own host, sends the browser to the public
 * Authentik and back to that host, and does not serve Authentik's own host. (`/outpost.goauthentik.io/ping` answers on
 * any host, and so proves nothing.) What stands before the application asks for a login, for a path that pretends to be the
 * outpost's, too (docs/nginx.md).
 */
export const outpost: Check = {
  name: "outpost callbacks",
  async run(examination) {
    const { publicUrl, way } = examination;
    const mend = applyAgain(examination);
    const auth = new URL(publicUrl).host;
    const proxied = ofType(examination, "ProviderProxy");
    const found = await lookAtEach(proxied, subjectOf, async ({ name, inputs }) => {
      const home = String(inputs.externalHost);
      const { status, location = "" } = await probe(`${home}${START}`, way);
      const finding = (meaning: string): Finding => ({
        severity: "error",
        subject: subjectOf({ name }),
        meaning: `${meaning}; nobody can log in to it`,
        mend,
      });
      if (status !== 302)
        return [finding(`the outpost answers ${status} on ${home}, not 302: it does not serve that host`)];
      const target = URL.canParse(location) ? new URL(location) : undefined;
      const back = target?.searchParams.get("redirect_uri") ?? "";
      if (target?.host !== auth)
        return [finding(`the outpost sends the browser to ${target?.host ?? "nowhere"}, not to ${auth}`)];
      if (!back.startsWith(`${home}/outpost.goauthentik.io/callback`))
        return [finding(`the login would come back to ${back || "nowhere"}, not to ${home}`)];
      return passedRound(examination, { name, home });
    });
    if (proxied.length > 0) {
      const { status } = await probe(`${publicUrl}${START}`, way);
      if (status !== 404) {
        found.push({
          severity: "error",
          subject: `host ${auth}`,
          meaning: `the outpost answers ${status} on Authentik's own host, where it has to answer 404: a provider is made for the wrong host`,
          mend: `set the external host of the proxy provider to its application's: ${mend}`,
        });
      }
    }
    return found;
  },
};

/** Whether somebody is sent to log in, or refused. */
function asksForLogin({ status, location = "" }: Answer): boolean {
  return (
    status >= 400 ||
    (status === 302 && /\/outpost\.goauthentik\.io\/start|\/application\/o\/authorize\//.test(location))
  );
}

/** Whether Authentik itself answers, as where one connects to it and not to the controller: its own pages, or none. */
function isAuthentik({ status, location = "" }: Answer): boolean {
  return status === 404 || /^(?:https?:\/\/[^/]+)?\/(?:flows|if)\//.test(location);
}

/** Whether the application is entered without a login. Where no controller is in between, nothing can be told. */
async function passedRound(
  { way }: Examination,
  { name, home }: { readonly name: string; readonly home: string },
): Promise<Finding[]> {
  const subject = subjectOf({ name });
  const root = await probe(`${home}/`, way);
  if (isAuthentik(root)) return [];
  if (!asksForLogin(root))
    return [
      {
        severity: "error",
        subject,
        meaning: `${home}/ is served without a login (${root.status}): what stands before it does not ask the outpost`,
        mend: "find out which Ingress serves that host: kubectl get ingress -A",
      },
    ];
  if (asksForLogin(await probe(home, { ...way, path: PRETENDED }))) return [];
  return [
    {
      severity: "error",
      subject,
      meaning: `${home}${PRETENDED} is served without a login: whoever writes a path so passes the outpost`,
      mend: "let the controller refuse such paths, as docs/nginx.md says",
    },
  ];
}

const subjectOf = ({ name }: Pick<Resource, "name">) => `application ${name}`;
