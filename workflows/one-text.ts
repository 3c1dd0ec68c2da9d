import { ServerError } from "../live/server-error";
import type { Forge } from "./environment";
import { Unclear, type ForgeApi } from "./forge-api";

/** Users as whom the token that a runner is given writes, on Forgejo and on Gitea. */
const AUTOMATIC = ["forgejo-actions", "gitea-actions"];

/** How often a creation is tried; before each, what is there is looked up again. */
const ATTEMPTS = 3;

/** Whose texts are ours. */
export class Author {
  private constructor(private readonly logins: readonly string[]) {}

  static async of(api: ForgeApi, forge: Forge): Promise<Author> {
    const login = forge.author ?? (await api.login());
    return new Author(login === undefined ? AUTOMATIC : [login]);
  }

  wrote({ user }: { readonly user?: { readonly login: string } | null }): boolean {
    const login = user?.login.toLowerCase();
    return login !== undefined && this.logins.some((own) => own.toLowerCase() === login);
  }

  /** @throws Error where what was just written would not be found again, and so be written twice. */
  check(created: { readonly user?: { readonly login: string } | null }): void {
    if (this.wrote(created)) return;
    throw new Error(
      `FORGEJO_AUTHOR: the token writes as ${created.user?.login ?? "nobody"}, not as ${this.logins.join(" or ")}: ` +
        "the next run would write a second time\n" +
        `  mend: set the variable FORGEJO_AUTHOR to ${created.user?.login ?? "that user"} (docs/continuous-integration.md)`,
    );
  }
}

/**
 * Creates something that there may be only one of. An answer that does not tell whether it was made leads to another
 * look, never straight to another creation.
 *
 * @param find those that are there, the oldest first; told whether a creation may have been made under another name.
 * @returns what is there, the oldest first, and whether it was made just now.
 */
export async function ensure<T>(
  api: ForgeApi,
  find: (tried: boolean) => Promise<readonly T[]>,
  create: () => Promise<T>,
): Promise<{ readonly found: readonly T[]; readonly created: boolean }> {
  let last: unknown;
  for (let attempt = 0; attempt <= ATTEMPTS; attempt += 1) {
    const found = await find(attempt > 0);
    // What an unclear creation made is ours: it has the body that was meant.
    if (found.length > 0) return { found, created: attempt > 0 };
    if (attempt === ATTEMPTS) break;
    try {
      return { found: [await create()], created: true };
    } catch (error) {
      if (!(error instanceof Unclear)) throw error;
      last = error;
    }
    await api.wait(attempt);
  }
  throw last instanceof ServerError ? last : new Error("nothing could be created");
}
