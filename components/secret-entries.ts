/**
 * Entries of a Kubernetes Secret as its `data` has them. Not `stringData`: an apply on the server's side owns the keys under
 * the name by which they were given and stores them under the other, so that a key left out later would stay in the cluster,
 * unseen by every preview (kubernetes/kubernetes issue 108008).
 */
export function encodedEntries(entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).map(([key, text]) => [key, Buffer.from(text, "utf8").toString("base64")]),
  );
}
