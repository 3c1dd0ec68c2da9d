/** Forms that names and texts from data must have before they become part of anything else. */

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * A host name in lower case, without scheme, port or path, or an IPv4 address. One that a URL cannot hold, or holds as
 * another, is none: `auth.1` ends in a number and so is a broken address, `xn--a` decodes to nothing.
 */
export function isHostName(text: string): boolean {
  const url = `https://${text}`;
  return HOST_NAME.test(text) && URL.canParse(url) && new URL(url).hostname === text;
}

/** A Kubernetes name that is also a DNS label. */
export const KUBERNETES_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Path and query of a URL on a host that is given elsewhere; it cannot end that host, nor climb out of a folder. */
export const URL_PATH = /^\/(?!\/)[A-Za-z0-9_.~/?&=-]*$/;

/** An OAuth client id: it stands in files and addresses of other programs. */
export const CLIENT_ID = /^[A-Za-z0-9._~:@/-]{1,255}$/;

/**
 * Text on one line that shows as it is: no control characters, no line separators, and none of the marks that turn
 * the direction of writing or hide, with which a name could pass for another's in a review.
 */
export const PLAIN_TEXT = /^(?!\s)[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]{1,200}(?<!\s)$/u;
