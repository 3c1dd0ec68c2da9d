import { operate } from "../../operations";
import manifest from "../../package.json";

/** Commands that a text names, each as it is typed: `npm run …`, without comments, redirections and conditions. */
export function commandsIn(text: string): string[] {
  const found =
    text.match(/npm run (?:-s )?[a-z]+(?: -- (?:(?:"[^"\n]*"|'[^'\n]*'|[^\s`"',;()|#>])+ ?)+)?/g) ?? [];
  return found.map((command) => command.trim());
}

/**
 * What is wrong with a command, were it typed: undefined where it would be begun.
 *
 * @param command as `npm run ops -- person add Ivan Petrov`.
 */
export async function faultOf(command: string): Promise<string | undefined> {
  const [, script = "", rest = ""] = /^npm run (?:-s )?([a-z]+)(?: -- (.*))?$/.exec(command) ?? [];
  if (!Object.hasOwn(manifest.scripts, script)) return `no script ${script}`;
  if (script !== "ops" || rest === "") return undefined;
  const words = [...rest.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
  const said: string[] = [];
  const state = { begun: false };
  await operate(
    words,
    () => {
      state.begun = true;
      return Promise.reject(new Error("begun"));
    },
    { say: (text) => said.push(text), print: () => undefined, logTo: { write: () => undefined } },
  );
  const helped = words.includes("--help") && said.length === 0;
  return state.begun || helped ? undefined : said.join("\n");
}
