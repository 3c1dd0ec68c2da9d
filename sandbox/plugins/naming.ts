import { type Properties, textOf } from "./wire";

/** Fills in a name that the program leaves out: the one it got before, else the resource's with a random ending. */
export function named(news: Properties, olds: Properties, resource: string, suffix: string): Properties {
  if (news.name !== undefined) return news;
  return { ...news, name: textOf(olds.name) || `${resource}-${suffix}` };
}
