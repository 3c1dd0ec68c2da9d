/** Milliseconds after which it is said again that something goes on. */
const STILL = 15_000;

/** Milliseconds from which on it is also said how to stop it: a server that never answers keeps the engine waiting. */
const LONG = 60_000;

/**
 * Does something of which little is seen meanwhile, and says now and then that it goes on.
 *
 * @param name what is waited for; no secret.
 * @param stop what stops the command.
 * @param every milliseconds after which it is said again.
 */
export async function whileWaiting<T>(
  name: string,
  act: () => Promise<T>,
  say: (text: string) => void,
  stop = "Ctrl-C",
  every = STILL,
): Promise<T> {
  const started = Date.now();
  const still = setInterval(() => {
    const since = Date.now() - started;
    const how = since < LONG ? "" : `; ${stop} stops it, and the same command goes on`;
    say(`  … ${name}: not yet, after ${Math.round(since / 1000)} s${how}`);
  }, every);
  try {
    return await act();
  } finally {
    clearInterval(still);
  }
}
