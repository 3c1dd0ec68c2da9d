/** Forms that names and texts from data must have before they become part of anything else. */

import { isIPv4 } from "node:net";

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

/** A Kubernetes name that may have dots, each part of it as a DNS label: of what is cluster-wide and no namespace. */
export const KUBERNETES_SUBDOMAIN = HOST_NAME;

/** Name of a Kubernetes Service: a letter first (DNS-1035). */
export const SERVICE_NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether an Ingress could be for this host: its rules take no addresses. */
export function isIngressHost(host: string): boolean {
  return !isIPv4(host);
}

/** Whether what is sent to a host, as a URL writes it, stays in a machine or a private network. */
export function isNear(hostname: string): boolean {
  if (hostname.startsWith("[")) return /^\[(?:::1|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*)\]$/.test(hostname);
  return (
    !hostname.includes(".") ||
    /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/.test(hostname) ||
    /\.(svc|local|localhost|internal|test)$/.test(hostname)
  );
}

/** Path and query of a URL on a host that is given elsewhere; it cannot end that host, nor climb out of a folder. */
export const URL_PATH = /^\/(?!\/)[A-Za-z0-9_.~/?&=-]*$/;

/** An OAuth client id: it stands in files and addresses of other programs. */
export const CLIENT_ID = /^[A-Za-z0-9._~:@/-]{1,255}$/;

/**
 * Text on one line that shows as it is: no control characters, no line separators, and none of the marks that turn
 * the direction of writing or show nothing, with which a name could pass for another's in a review.
 */
export const PLAIN_TEXT =
  /^(?!\s)[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]{1,200}(?<!\s)$/u;
