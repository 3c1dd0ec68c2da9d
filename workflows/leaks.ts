import { load } from "js-yaml";

import { KEYS, PROJECT } from "../stacks/config-keys";

/** Where a secret stands in clear. The value itself is never told. */
export interface Leak {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** Variables whose values are secrets of this project. */
const VARIABLES = [
  "AUTHENTIK_TOKEN",
  "AUTHENTIK_SECRET_KEY",
  "AUTHENTIK_BOOTSTRAP_(?:TOKEN|PASSWORD)",
  "AUTHENTIK_POSTGRESQL__PASSWORD",
  "AUTHENTIK_EMAIL__PASSWORD",
  "PULUMI_CONFIG_PASSPHRASE",
  "PULUMI_ACCESS_TOKEN",
  "AWS_SECRET_ACCESS_KEY",
  "FORGEJO_TOKEN",
].join("|");

/** What no file may hold: the forms in which secrets of this project, and of what it talks to, are written. */
export const PATTERNS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", new RegExp(["-----BEGIN", "[A-Z ]*PRIVATE KEY"].join(" "))],
  ["a bearer token", /bearer\s+[A-Za-z0-9_\-.=]{24,}/i],
  ["a password in a URL", /[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'`$<>{}()]+:[^\s/:@"'`$<>{}()]{6,}@/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\./],
  [
    "a token of a forge or a cloud",
    /\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{10,})/,
  ],
  ["a client secret of Google", /GOCSPX-[\w-]{20,}/],
  ["a Pulumi access token", /\bpul-[0-9a-f]{40}\b/],
  ["a key of a kubeconfig", /\bclient-key-data["']?\s*:\s*["']?[A-Za-z0-9+/]{40,}/],
  // A value that begins with $ or < is a reference or a placeholder, one with a bracket or a dot is code.
  [
    "a secret of a variable",
    new RegExp(`\\b(?:${VARIABLES})["']?\\s*[=:]\\s*["']?[\\w+/=!@#%^&*-]{16,}(?![\\w.([])`),
  ],
];

/** Where a variable is set and not mentioned, every value that is written out is one too many. */
const SETTING: readonly [file: RegExp, pattern: RegExp] = [
  /\.(?:ya?ml|env)$|(?:^|\/)\.env/,
  new RegExp(`^\\s*(?:- |export )?["']?(?:${VARIABLES})["']?\\s*[=:]\\s*["']?[^\\s"'$<]`),
];

/** Keys of a stack's configuration that are secrets. */
export const SECRET_KEYS: readonly string[] = [
  "authentik:token",
  "authentik:headers",
  ...Object.entries(KEYS)
    .filter(([, key]) => "secret" in key)
    .map(([name]) => `${PROJECT}:${name}`),
];

const STACK_FILE = /(?:^|\/)Pulumi\.[^/]+\.ya?ml$/;

/** Secrets that stand in clear in a file of this repository. */
export function leaksOf(file: string, text: string): Leak[] {
  const lines = text.split("\n");
  const found = lines.flatMap((line, index) =>
    patternsFor(file)
      .filter(([, pattern]) => pattern.test(line))
      .map(([what]) => ({ file, line: index + 1, what })),
  );
  return STACK_FILE.test(file) ? [...found, ...plainConfig(file, text)] : found;
}

function patternsFor(file: string): typeof PATTERNS {
  const [files, pattern] = SETTING;
  return files.test(file) ? [...PATTERNS, ["a secret that is set in clear", pattern]] : PATTERNS;
}

/** Secret keys of a stack file whose value is not `secure:`, at any depth. */
function plainConfig(file: string, text: string): Leak[] {
  let document: unknown;
  try {
    document = load(text);
  } catch {
    return [{ file, line: 1, what: "no YAML, so nobody can tell" }];
  }
  const config = (document as { config?: unknown } | null | undefined)?.config;
  if (typeof config !== "object" || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) => {
    if (!SECRET_KEYS.includes(key) || isSecure(value)) return [];
    const line =
      text.split("\n").findIndex((one) => one.trimStart().replace(/^["']/, "").startsWith(key)) + 1;
    return [{ file, line, what: `${key} in clear (pulumi config set --secret ${key})` }];
  });
}

/** `clients` may hold `secure:` values, and the ids of clients in clear. */
function isSecure(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const entries = Object.entries(value);
  if ("secure" in value) return entries.length === 1 && typeof value.secure === "string";
  return entries.every(([key, inner]) => key === "clientId" || isSecure(inner));
}
