import { readFileSync } from "node:fs";
import { join } from "node:path";

import { isPublic } from "../../components/applications/public-paths";
import { textOf } from "../../sandbox/plugins/wire";
import { ak, K8S, type Program } from "../program";

// How ingress-nginx and Authentik's outpost decide together, after `nginx.tmpl` of the one and `mode_forward.go`,
// `mode_common.go` and `auth.go` of the other (2026.5, which no longer reads `X-Original-URI`).

export interface Request {
  /** As the client sends it, unresolved. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Location {
  readonly path: string;
  readonly pathType: string;
  readonly service: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const nginx = (name: string) => `nginx.ingress.kubernetes.io/${name}`;

/** What docs/nginx.md tells the controller to refuse: a variable of nginx, and the expression for it. */
const REFUSED = [
  ...readFileSync(join(__dirname, "..", "..", "docs", "nginx.md"), "utf8").matchAll(
    /if \(\$(?<variable>\w+) (?<operator>~\*?) "(?<expression>[^"]+)"\) \{ return 400; \}/g,
  ),
].map(({ groups = {} }) => ({
  variable: groups.variable,
  expression: new RegExp(groups.expression ?? "", groups.operator === "~*" ? "i" : ""),
}));

/** Whether a controller that is told so refuses a path. */
export function isRefused(path: string): boolean {
  if (REFUSED.length === 0) throw new Error("docs/nginx.md refuses nothing");
  return REFUSED.some(({ variable, expression }) =>
    expression.test(variable === "request_uri" ? path : resolved(path)),
  );
}

/** Where a request of somebody without a session ends, with a controller that is told nothing. */
export function reaches(program: Program, slug: string, { path, headers = {} }: Request): string {
  const location = locate(locations(program), resolved(path));
  if (!location) return "nowhere";
  if (location.annotations[nginx("auth-url")] === undefined) return location.service;
  const asked = { ...lowerCase(headers), "x-original-url": `https://host${path}` };
  const configMap = location.annotations[nginx("auth-proxy-set-headers")]?.split("/")[1] ?? "";
  const { data } = program.recorder.one(K8S.configMap, configMap).inputs;
  // A header that is set to nothing is not sent.
  const told = { ...asked, ...lowerCase(data as Record<string, string>) };
  const skip = textOf(program.recorder.one(ak("ProviderProxy"), slug).inputs.skipPathRegex);
  return outpostLetsThrough(told, skip) ? location.service : "login";
}

function outpostLetsThrough(headers: Readonly<Record<string, string>>, skip: string): boolean {
  // An app password is tried as client credentials.
  if (headers.authorization) return true;
  const url = headers["x-original-url"] ?? "";
  const path = decodeURIComponent(url.replace(/^https:\/\/host|[?#].*$/g, ""));
  return isPublic(skip, path) || path.startsWith("/outpost.goauthentik.io");
}

function locations({ recorder }: Program): Location[] {
  return recorder.all(K8S.ingress).flatMap(({ inputs }) => {
    const { annotations } = inputs.metadata as { annotations: Record<string, string> };
    const { rules } = inputs.spec as {
      rules: {
        http: { paths: { path: string; pathType: string; backend: { service: { name: string } } }[] };
      }[];
    };
    return rules.flatMap(({ http }) =>
      http.paths.map(({ path, pathType, backend }) => ({
        path,
        pathType,
        service: backend.service.name,
        annotations,
      })),
    );
  });
}

/** An exact location first, then the longest folder. */
function locate(all: readonly Location[], path: string): Location | undefined {
  const exact = all.find((location) => location.pathType === "Exact" && location.path === path);
  const below = all
    .filter(({ pathType }) => pathType === "Prefix")
    .filter(({ path: folder }) => `${path}/`.startsWith(folder.replace(/\/?$/, "/")))
    .sort((a, b) => b.path.length - a.path.length);
  return exact ?? below[0];
}

/** The path by which nginx chooses a location: decoded, without dots and doubled slashes. */
function resolved(raw: string): string {
  const parts: string[] = [];
  for (const part of decodeURIComponent(raw.replace(/[?#].*$/, "")).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
