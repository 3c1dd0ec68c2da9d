/** Milliseconds after which it is said again that something goes on. */
const STILL = 15_000;

/**
 * Milliseconds from which on it is also said how to stop it: a server that never answers keeps the engine waiting. The first
 * Ctrl-C lets it end in order, which waits for that server, too.
 */
const LONG = 60_000;

/**
 * Does something of which little is seen meanwhile, and says now and then that it goes on.
 *
 * @param name what is waited for; no secret.
 * @param every milliseconds after which it is said again.
 */
export async function whileWaiting<T>(
  name: string,
  act: () => Promise<T>,
  say: (text: string) => void,
  every = STILL,
): Promise<T> {
  const started = Date.now();
  const still = setInterval(() => {
    const since = Date.now() - started;
    const how = since < LONG ? "" : "; Ctrl-C twice stops it, and the same command goes on";
    say(`  … ${name}: not yet, after ${Math.round(since / 1000)} s${how}`);
  }, every);
  try {
    return await act();
  } finally {
    clearInterval(still);
  }
}
