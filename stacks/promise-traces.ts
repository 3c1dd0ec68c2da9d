/**
 * Spares the traces that Pulumi keeps of every promise, several per resource, in case one leaks: they are printed only
 * under `PULUMI_DEBUG_PROMISE_LEAKS`, but each is mapped back to TypeScript at once, which took more than half of the
 * time of a large program. Traces of errors stay whole.
 */
export function sparePromiseTraces(): void {
  // Types say it is always there, but plain Node has none.
  const mapped = (Error as Partial<typeof Error>).prepareStackTrace?.bind(Error);
  // Without a mapping the engine's own traces are cheap.
  if (!mapped || process.env.PULUMI_DEBUG_PROMISE_LEAKS) return;
  Error.prepareStackTrace = (error, frames) =>
    frames[0]?.getFunctionName() === "debuggablePromise" ? String(error) : (mapped(error, frames) as unknown);
}
