import { RELEASE, type Resource } from "../../state/resources";

/** A token that can be rotated. */
export interface TokenKind {
  /** Key of the stack's configuration that holds it. */
  readonly key: string;
  /** Identifier in Authentik, where the present key does not tell. */
  readonly identifier: string;
  /** The user it acts as, where the present key does not tell. */
  readonly username: string;
  /** What holds the token besides the configuration, and so is applied. */
  readonly holds: (resource: Resource) => boolean;
  /** The generated value that a configured one takes the place of, by name of its resource. */
  readonly generated?: string;
  /** Inputs in which what holds it may change, by the last part of its type. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Whether the provider may ask the servers first; not while its own token changes. */
  readonly refresh: boolean;
  /** What the program does where the new key's configuration is not merged. */
  readonly unmerged: string;
}

/** Identifier that Authentik gives the token of `AUTHENTIK_BOOTSTRAP_TOKEN`. */
export const BOOTSTRAP = "authentik-bootstrap-token";

/** Tokens by the word of `--which`. */
export const TOKENS = {
  /** Read by the server from its settings, and only while its database is empty; a token of akadmin ever after. */
  bootstrap: {
    key: "plana-sso:bootstrapToken",
    identifier: BOOTSTRAP,
    username: "akadmin",
    holds: ({ type, name }) =>
      (type === "kubernetes:core/v1:Secret" && name === "authentik-settings") || type === RELEASE,
    generated: "bootstrap-token",
    fields: { Secret: ["stringData", "data"], Release: ["values", "checksum"] },
    refresh: true,
    unmerged: "gives the server another key than the new one",
  },
  /** With which the program and the operator commands talk to Authentik. */
  automation: {
    key: "authentik:token",
    identifier: "plana-automation",
    username: "akadmin",
    holds: ({ type }) => type === "pulumi:providers:authentik",
    fields: {},
    // The state remembers the provider's old token, and a refresh would use it.
    refresh: false,
    unmerged: "asks with the old key, which is refused",
  },
} as const satisfies Readonly<Record<string, TokenKind>>;

export type TokenName = keyof typeof TOKENS;
