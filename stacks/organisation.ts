import type { Access, Tile } from "../components/applications/application";
import type { ConsumerChoice } from "../components/applications/consumers";
import type { PublicPath } from "../components/applications/public-paths";
import type { Attributes, StaffGroup } from "../components/directory/model";

/** Everything a stack runs, as data. */
export interface Organisation {
  /** E-mail domain of staff. */
  readonly staffDomain: string;
  readonly groups: readonly StaffGroup[];
  /** Which groups a role brings. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** The group everyone is in, for whom TOTP is mandatory. */
  readonly staffGroup: string;
  /** The group with Authentik administration and cluster RBAC. */
  readonly adminGroup: string;
  readonly people: readonly RosterEntry[];
  readonly applications: readonly Application[];
}

/** A person as the roster names them. The username and the address follow from the name. */
export interface RosterEntry {
  readonly first: string;
  readonly last: string;
  /** Name that people see, where it is not first and last name. */
  readonly displayName?: string;
  /** Names of roles; what a role brings is in `roles`. */
  readonly roles?: readonly string[];
  /** Groups beyond those of the roles. */
  readonly groups?: readonly string[];
  /** Address, where it is not `first.last` of the staff domain in plain letters. */
  readonly email?: string;
  /**
   * Attributes in Authentik, whole: what is set there by hand is then taken back, the language that the person chose
   * in their settings included. Absent: they are the person's own.
   */
  readonly attributes?: Attributes;
  /** The person is leaving: disabled and out of every group. */
  readonly leaving?: true;
  /** Number of the user in the Authentik that runs already: a hint for adoption, never an identity. */
  readonly existingId?: number;
}

interface ApplicationData {
  /** Slug in Authentik, name of the resources. */
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  /** Groups that may enter: at least one. */
  readonly access: Access;
  /** How it shows on people's page, beside its name and description. */
  readonly tile?: Tile;
  /** Number of the provider in the Authentik that runs already: a hint for adoption, never an identity. */
  readonly existingProviderId?: number;
}

interface DeliveredData extends ApplicationData {
  /** In which form the credentials are delivered. */
  readonly consumer: ConsumerChoice;
  /** Namespace of the consuming application. */
  readonly namespace: string;
  /** Raised by one, it reissues the client secret. */
  readonly secretGeneration?: number;
}

/** An application that logs in with OIDC on a host of its own. */
export interface OidcApplication extends DeliveredData {
  readonly mode: "oidc";
  /** Label of the host: `<label>.<domain>`. */
  readonly label: string;
  /** Paths on that host to which a login may come back. */
  readonly redirectPaths: readonly [string, ...string[]];
  /** Redirect URIs beyond those on the host, whole. */
  readonly redirectUris?: readonly string[];
}

/** One OIDC client for every tenant of the platform. */
export interface TenantPlatform extends DeliveredData {
  readonly mode: "tenants";
  readonly clientId: string;
  /** `*.<domain>` for every tenant of a domain, or a single host. */
  readonly tenants: readonly [string, ...string[]];
  /** Redirect URIs beyond those, as regexes for Python's `re.fullmatch`. */
  readonly redirectRegexes?: readonly string[];
  /** Where a click on the tile leads. */
  readonly launchUrl: string;
}

/** An application behind the embedded outpost. */
export interface ProxiedApplication extends ApplicationData {
  readonly mode: "proxy";
  readonly label: string;
  readonly namespace: string;
  readonly service: { readonly name: string; readonly port: number };
  readonly publicPaths: readonly PublicPath[];
}

export type Application = OidcApplication | TenantPlatform | ProxiedApplication;
