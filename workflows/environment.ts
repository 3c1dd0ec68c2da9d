import { readFileSync } from "node:fs";

import { z } from "zod";

import { Secret } from "../live/secret";

/** Where a workflow runs, as the runner says it. */
export interface Forge {
  /** Address of Forgejo or Gitea, without a slash at its end. */
  readonly url: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly token: Secret;
  /** Login under which the token writes; absent: the server is asked. */
  readonly author?: string;
  /** The run in the browser; absent outside a runner. */
  readonly run?: string;
}

const text = (expected: string) => z.string({ error: expected }).trim().min(1, expected);

/** `GITHUB_*` is what both Forgejo and Gitea set for compatibility; `FORGEJO_*` overrides it for a run by hand. */
const ENVIRONMENT = z.object({
  url: text("the address of the forge, e.g. https://git.example.org").regex(
    /^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/,
    "an address without user and query, e.g. https://git.example.org",
  ),
  repository: text("owner/name").regex(/^[\w.-]+\/[\w.-]+$/, "owner/name"),
  token: text("a token that may write issues of this repository"),
  author: z.string().optional(),
  number: z.string().optional(),
});

/** Names of the variables by field, the first that is set wins. */
const VARIABLES = {
  url: ["FORGEJO_URL", "GITHUB_SERVER_URL"],
  repository: ["FORGEJO_REPOSITORY", "GITHUB_REPOSITORY"],
  token: ["FORGEJO_TOKEN", "GITHUB_TOKEN"],
  author: ["FORGEJO_AUTHOR"],
  number: ["GITHUB_RUN_NUMBER"],
} as const satisfies Record<keyof z.input<typeof ENVIRONMENT>, readonly string[]>;

/**
 * Reads what the runner says about the forge: the one place where these variables are read.
 *
 * @throws Error that names every variable that is missing or malformed.
 */
export function readForge(env: NodeJS.ProcessEnv): Forge {
  const given = Object.fromEntries(
    Object.entries(VARIABLES).map(([field, names]) => [field, names.map((name) => env[name]).find(Boolean)]),
  );
  const result = ENVIRONMENT.safeParse(given);
  if (!result.success) {
    const lines = result.error.issues.map(({ path, message }) => {
      const field = path[0] as keyof typeof VARIABLES;
      const value = field === "token" || !given[field] ? "not set" : JSON.stringify(given[field]);
      return `  ${VARIABLES[field].join(" or ")}: ${value}; expected ${message}`;
    });
    throw new Error(
      `The forge is not known:\n${lines.join("\n")}\n  mend: see docs/continuous-integration.md`,
    );
  }
  const { token, number, author, ...rest } = result.data;
  const url = rest.url.replace(/\/+$/, "");
  return {
    ...rest,
    url,
    token: new Secret(token),
    author,
    run: number ? `${url}/${rest.repository}/actions/runs/${number}` : undefined,
  };
}

const EVENT = z.object({
  pull_request: z.object({ number: z.int().positive() }),
});

/**
 * Number of the pull request that a workflow runs for.
 *
 * @param given what the command line says; it wins over the event.
 * @throws Error where there is none.
 */
export function pullRequestOf(env: NodeJS.ProcessEnv, given?: string): number {
  if (given !== undefined) {
    if (!/^[1-9]\d{0,8}$/.test(given))
      throw new Error(`--pull ${given}: expected the number of a pull request`);
    return Number(given);
  }
  const file = env.GITHUB_EVENT_PATH;
  if (!file)
    throw new Error(
      "GITHUB_EVENT_PATH: not set; expected the event of a pull request\n  mend: --pull <number>",
    );
  let event: unknown;
  try {
    event = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new Error(`GITHUB_EVENT_PATH: ${file}: expected a readable JSON file\n  mend: --pull <number>`);
  }
  const result = EVENT.safeParse(event);
  if (result.success) return result.data.pull_request.number;
  throw new Error(
    `GITHUB_EVENT_PATH: ${file}: expected the event of a pull request, with pull_request.number\n  mend: --pull <number>`,
  );
}
