import { CLIENT_ID, isHostName, KUBERNETES_NAME, PLAIN_TEXT, SERVICE_NAME, URL_PATH } from "./forms";
import type { Application } from "./organisation";
import type { Problem } from "./problem";

const CORRECT = "correct it in the stack's applications.ts";

/** What Synapse takes (its `config/oidc.py`). */
const SYNAPSE_IDP_ID = /^[a-z][a-z0-9._-]{0,249}$/;

/** One flag of Penpot; its list is separated by blanks. */
const PENPOT_FLAG = /^(?:enable|disable)-[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * Everything in an application that has another form than it must have to become part of a URL, a Kubernetes name, a
 * file of its consumer or a line that a reviewer reads.
 *
 * @param host public host of the application, where it has one.
 */
export function checkForms(application: Application, host: string | undefined): Problem[] {
  const problems: Problem[] = [];
  const wrong = (field: string, value: unknown, expected: string) =>
    problems.push({
      key: `applications: ${application.slug}`,
      value: `${field}: ${String(value)}`,
      expected,
      mend: CORRECT,
    });
  for (const field of ["name", "description"] as const) {
    if (!PLAIN_TEXT.test(application[field])) {
      wrong(field, application[field], "one line of visible text, at most 200 characters");
    }
  }
  for (const [field, value] of Object.entries(application.tile ?? {})) {
    const expected = typeof value === "string" ? tileFault(field, value) : undefined;
    if (expected !== undefined) wrong(`tile.${field}`, value, expected);
  }
  if (!KUBERNETES_NAME.test(application.namespace)) {
    wrong("namespace", application.namespace, "a Kubernetes name: lower case letters, digits and dashes");
  }
  if (host !== undefined && !isHostName(host)) {
    wrong("host", host, "a host name in lower case, without scheme, port or path");
  }
  if (application.mode === "proxy") {
    const { name, port } = application.service;
    if (!SERVICE_NAME.test(name)) wrong("service", name, "the name of a Kubernetes Service, a letter first");
    // Services are named after it.
    if (/^[0-9]/.test(application.slug))
      wrong("slug", application.slug, "a letter first, as in every name of a Kubernetes Service");
    if (!Number.isInteger(port) || port < 1 || port > 65535) wrong("service port", port, "a port number");
    return problems;
  }
  const { consumer, secretGeneration = 1 } = application;
  if (typeof consumer !== "string" && consumer.name === "synapse") {
    const { idpId = "authentik" } = consumer;
    if (!SYNAPSE_IDP_ID.test(idpId))
      wrong("idpId", idpId, "lower-case letters, digits and . _ -, a letter first");
  }
  if (typeof consumer !== "string" && consumer.name === "penpot") {
    for (const flag of consumer.flags ?? []) {
      if (!PENPOT_FLAG.test(flag)) wrong("flag", flag, "enable-<name> or disable-<name>");
    }
  }
  if (!Number.isSafeInteger(secretGeneration) || secretGeneration < 1) {
    wrong("secretGeneration", secretGeneration, "a whole number from 1, raised by one");
  }
  if (application.mode === "oidc") {
    for (const path of application.redirectPaths) {
      if (!URL_PATH.test(path)) wrong("redirect path", path, "a path that begins with one slash");
    }
    return problems;
  }
  if (!CLIENT_ID.test(application.clientId)) {
    wrong("clientId", application.clientId, "letters, digits and . _ ~ : @ / -, at most 255");
  }
  if (!isLaunchUrl(application.launchUrl)) wrong("launchUrl", application.launchUrl, LAUNCH_URL);
  return problems;
}

/** What a text of a tile must be, where it is not. */
function tileFault(field: string, value: string): string | undefined {
  if (field === "launchUrl") return isLaunchUrl(value) ? undefined : LAUNCH_URL;
  if (field === "icon")
    return isHttps(value) ||
      /^(?:fa:\/\/)?[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/.test(value)
      ? undefined
      : "an https:// address, fa:// and a name, or the path of a file that Authentik holds";
  return PLAIN_TEXT.test(value) ? undefined : "one line of visible text, at most 200 characters";
}

const LAUNCH_URL =
  "an address that begins with https:// and holds no user, with % only in %(username)s, %(email)s and %(name)s";

/** Authentik fills in the person with Python's `%` (its `core/models.py`, 2026.5); any other one is an error there. */
function isLaunchUrl(text: string): boolean {
  return isHttps(text) && !text.replace(/%\((?:username|email|name)\)s/g, "").includes("%");
}

/** `javascript:` would run in the browser of whoever clicks on the tile. */
function isHttps(text: string): boolean {
  if (!URL.canParse(text) || !/^https:\/\/[\x21-\x7e]+$/.test(text)) return false;
  const { username, password, hostname } = new URL(text);
  return !username && !password && isHostName(hostname);
}
