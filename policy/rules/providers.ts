import { isGiven, listOf, textOf, valueOf, type Resource, type Stack } from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { AUTHENTIK } from "../tokens";

const GRANTS = new Set(["authorization_code", "refresh_token"]);

/** Ways by which a token of one application is taken by another. */
const FEDERATION = ["jwtFederationProviders", "jwtFederationSources", "jwksSources"];

function federation(provider: Resource): string[] {
  return FEDERATION.flatMap((property) =>
    isGiven(valueOf(provider, property)) ? [`${property} is set: tokens of others are taken as logins`] : [],
  );
}

function oauth2Faults(provider: Resource): string[] {
  const grants = listOf(provider, "grantTypes");
  const faults = federation(provider);
  if (!grants.includes("authorization_code"))
    faults.push("grantTypes lacks authorization_code: every login fails");
  for (const grant of grants) {
    if (typeof grant !== "string" || !GRANTS.has(grant))
      faults.push(`grant type ${shown(grant)} knows no second factor, or shows tokens to the browser`);
  }
  if (!isGiven(valueOf(provider, "signingKey")))
    faults.push("no signing key: tokens are signed with the client secret");
  const type = valueOf(provider, "clientType") ?? "confidential";
  if (type !== "confidential") faults.push(`client type ${shown(type)}: whoever has a code has the token`);
  const issuer = valueOf(provider, "issuerMode") ?? "per_provider";
  if (issuer !== "per_provider") faults.push(`issuer mode ${shown(issuer)}: a token names no application`);
  return faults;
}

/** Paths that are never public; whatever lets one through lets everything through. */
const PROTECTED = [
  "/",
  "/index.php",
  "/index.php/matomo.php",
  "/matomo.php/x",
  "/js/../index.php",
  "/admin",
  "/x",
  "/a/b.c",
];

/** What is wrong with the expressions of paths that pass without a login: one RE2 per line, unanchored. */
export function skipPathFault(regexes: string): string | undefined {
  for (const line of regexes === "" ? [] : regexes.split("\n")) {
    const bare = line.replace(/\\./g, "").replace(/\[[^\]]*\]/g, "");
    if (!/^\^[^^]*[^\\]\$$/.test(line)) return `${shown(line)} is not anchored at both ends`;
    if (bare.includes("|")) return `${shown(line)} has an alternative, which the anchors do not hold`;
    if (bare.includes(".") || bare.includes("(?")) return `${shown(line)} has a part that matches anything`;
    const regex = readable(line);
    if (!regex)
      return `${shown(line)} is no expression that can be checked here; expected one of the program's`;
    const open = PROTECTED.find((path) => regex.test(path));
    if (open) return `${shown(line)} lets ${open} pass`;
    const fault = formFault(line);
    if (fault) return `${shown(line)} ${fault}`;
  }
  return undefined;
}

/** One segment of a path, as the program writes it where it varies. */
const SEGMENT = "[A-Za-z0-9_-][A-Za-z0-9_.-]*";
const BELOW = `(${SEGMENT}/)*(${SEGMENT})?`;

/** What the program writes where nothing is public. */
const NO_PATH = "^-$";

/** Samples find what lets much pass; a path that no sample has is found by how it is written. */
function formFault(line: string): string | undefined {
  if (line === NO_PATH) return undefined;
  const inner = line.slice(1, -1);
  const fixed = inner.endsWith(BELOW) ? inner.slice(0, -BELOW.length) : inner;
  const parts = fixed.split(SEGMENT);
  if (parts.some((part) => /[.*+?^${}()|[\]\\]/.test(part.replace(/\\[^A-Za-z0-9]/g, ""))))
    return "is no path as the program writes it";
  const path = parts.map((part) => part.replace(/\\(.)/g, "$1")).join("\0");
  if (!/^\/[^/\0]/.test(path)) return "does not begin with a fixed folder or file";
  if (path.includes("//")) return "has a segment that is empty, which servers drop";
  // `/index.php/x` is `/index.php` to PHP.
  return /\.php\/|index\.php/i.test(path) ? "leads to a script that serves everything" : undefined;
}

/** Nothing where it is none; RE2 also knows classes and escapes that JavaScript does not. */
function readable(line: string): RegExp | undefined {
  try {
    return new RegExp(line, "u");
  } catch {
    return undefined;
  }
}

function proxyFaults(provider: Resource): string[] {
  const faults = federation(provider);
  const mode = valueOf(provider, "mode");
  if (mode !== "forward_single") faults.push(`mode ${shown(mode ?? "proxy")}; expected forward_single`);
  const host = textOf(provider, "externalHost");
  if (!/^https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host))
    faults.push(`external host ${shown(host)}; expected https and one host`);
  for (const property of ["cookieDomain", "basicAuthEnabled"]) {
    if (isGiven(valueOf(provider, property)))
      faults.push(`${property} is set: a login is shared beyond the application`);
  }
  const paths = valueOf(provider, "skipPathRegex");
  const fault =
    paths === undefined
      ? undefined
      : typeof paths === "string"
        ? skipPathFault(paths)
        : "is not told by the data";
  if (fault) faults.push(`skipPathRegex: ${fault}`);
  return faults;
}

/** The outpost finds a provider by its host, and of two it takes whichever comes first. */
function sharedHosts(stack: Stack): Violation[] {
  const owners = new Map<string, Resource>();
  const providers = [...stack.all(AUTHENTIK.proxy)].sort((one, other) => (one.name < other.name ? -1 : 1));
  return providers.flatMap((provider) => {
    const host = textOf(provider, "externalHost").toLowerCase().replace(/\/+$/, "");
    const owner = owners.get(host);
    if (owner) return violation(provider, `${host} is the host of ${owner.name} and of ${provider.name}`);
    if (host !== "") owners.set(host, provider);
    return [];
  });
}

/** Rules about how a provider gives tokens. */
export const providerRules: readonly Rule[] = [
  {
    name: "oauth2-provider-strict",
    level: "mandatory",
    reason:
      "Grants other than a browser's go past the second factor; without grants nobody logs in; an unsigned or shared token proves nothing.",
    mend: "grantTypes authorization_code and refresh_token, a signing key, a confidential client, an issuer of its own, no federation",
    type: AUTHENTIK.oauth2,
    resource: (provider) =>
      oauth2Faults(provider).flatMap((fault) => violation(provider, `${provider.name}: ${fault}`)),
  },
  {
    name: "proxy-provider-strict",
    level: "mandatory",
    reason:
      "Whatever a proxied application serves without a login is open to the world; the outpost matches paths unanchored.",
    mend: "mode forward_single, https, every public path an expression of its own from ^ to $",
    type: AUTHENTIK.proxy,
    resource: (provider) =>
      proxyFaults(provider).flatMap((fault) => violation(provider, `${provider.name}: ${fault}`)),
  },
  {
    name: "proxy-host-of-one-provider",
    level: "mandatory",
    reason:
      "The outpost finds an application by its host: of two, the one with more public paths or more groups may answer.",
    mend: "give each proxied application a host of its own",
    stack: sharedHosts,
  },
];
