import type { Forge } from "./environment";
import { ForgeApi, type Patience } from "./forge-api";
import { Author, ensure } from "./one-text";
import { carries, markerOf, same, textOf, type Kind } from "./own-text";

/** What one issue of the forge tells for as long as it is so. */
export interface Matter {
  readonly kind: Kind;
  readonly stack: string;
  readonly title: string;
}

/**
 * Opens the one issue of a matter, or brings it up to date in place.
 *
 * @returns its number.
 */
export async function openIssue(
  forge: Forge,
  { kind, stack, title }: Matter,
  body: string,
  patience?: Patience,
): Promise<number> {
  const api = new ForgeApi(forge, patience);
  const marker = markerOf(kind, stack);
  const text = textOf(
    marker,
    body,
    forge.run ? `in the log of [this run](${forge.run})` : "in the log of the run",
  );
  const author = await Author.of(api, forge);
  const find = async (tried: boolean) =>
    (await api.openIssues()).filter(
      (issue) => (author.wrote(issue) && carries(issue.body, marker)) || (tried && same(issue.body, text)),
    );
  const { found, created } = await ensure(api, find, () => api.createIssue(title, text));
  const [first, ...further] = found;
  if (!first) throw new Error("the forge answers no issue");
  if (created) author.check(first);
  for (const { number } of further) await close(api, number, `The same as #${first.number}.`);
  if (!same(first.body, text) || first.title !== title)
    await api.updateIssue(first.number, { title, body: text });
  return first.number;
}

/**
 * Closes what is open of a matter, with a word why.
 *
 * @returns the numbers of the issues that were closed.
 */
export async function closeIssue(
  forge: Forge,
  { kind, stack }: Omit<Matter, "title">,
  why: string,
  patience?: Patience,
): Promise<number[]> {
  const api = new ForgeApi(forge, patience);
  const marker = markerOf(kind, stack);
  const author = await Author.of(api, forge);
  const open = (await api.openIssues()).filter((one) => author.wrote(one) && carries(one.body, marker));
  for (const { number } of open) await close(api, number, why);
  return open.map(({ number }) => number);
}

/** The word first: an issue that is closed without one is worse than a word on one that is still open. */
async function close(api: ForgeApi, index: number, why: string): Promise<void> {
  const said = await api.comments(index);
  if (!said.some(({ body }) => body.trim() === why)) await api.createComment(index, why);
  await api.updateIssue(index, { state: "closed" });
}
