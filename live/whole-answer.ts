/** The connection was lost inside an answer. */
export class BrokenOff extends Error {}

/**
 * Fetches an answer to its end: one that breaks off, or stands still, is then within the time limit of whoever fetches it,
 * and repeated, as one that does not come at all.
 *
 * @throws BrokenOff
 */
export const fetchWhole: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const body = await response.arrayBuffer().catch(() => {
    throw new BrokenOff();
  });
  // Where there may be no body (204), not even an empty one may be given.
  return new Response(body.byteLength === 0 ? null : body, response);
};
