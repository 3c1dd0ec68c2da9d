import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

/**
 * What Authentik ships and the program refers to: looked up once per program, before any resource is registered.
 * Ids are plain strings in preview too, so they can be used as `import` ids.
 *
 * Built-in objects are made by Authentik's blueprints. They are looked up rather than managed, so that the program
 * never fights a blueprint; the few that must change are adopted where the blueprint does not name the field.
 */
export interface Builtins {
  /** Flow uuids. */
  readonly flows: {
    readonly authentication: string;
    readonly implicitConsent: string;
    readonly providerInvalidation: string;
  };
  /** Stage uuids. */
  readonly stages: {
    readonly identification: string;
    readonly mfaValidation: string;
    readonly totpSetup: string;
  };
  /** Uuids of the managed scope mappings. */
  readonly scopes: {
    readonly openid: string;
    readonly email: string;
    readonly profile: string;
    readonly offlineAccess: string;
    readonly entitlements: string;
    readonly proxy: string;
  };
  /** Uuid of the certificate `authentik Self-signed Certificate`, which signs tokens. */
  readonly signingKey: string;
  /** The brand with domain `authentik-default`, with its live values. */
  readonly brand: authentik.GetBrandResult;
  /** Uuid of the outpost that runs inside the server pods. */
  readonly embeddedOutpost: string;
}

/** Name under which Authentik ships the outpost that runs inside the server. */
export const EMBEDDED_OUTPOST = "authentik Embedded Outpost";

/** Domain of the brand that Authentik ships. */
export const DEFAULT_BRAND = "authentik-default";

/**
 * Looks up every built-in object once.
 *
 * @param url where Authentik is, for the error message.
 * @throws pulumi.RunError that says whether Authentik is unreachable, refuses the token, or lacks an object, with the mend.
 */
export async function lookUpBuiltins(url: string): Promise<Builtins> {
  const flow = async (slug: string) => (await found(url, `flow ${slug}`, authentik.getFlow({ slug }))).id;
  const stage = async (name: string) => (await found(url, `stage ${name}`, authentik.getStage({ name }))).id;
  const scope = async (name: string) => {
    const managed = `goauthentik.io/providers/${name}`;
    return (
      await found(url, `scope mapping ${managed}`, authentik.getPropertyMappingProviderScope({ managed }))
    ).id;
  };

  // The first look-up alone, so that an unreachable Authentik or a refused token is said once, not fifteen times.
  const brand = await found(url, `brand ${DEFAULT_BRAND}`, authentik.getBrand({ domain: DEFAULT_BRAND }));

  const [
    authentication,
    implicitConsent,
    providerInvalidation,
    identification,
    mfaValidation,
    totpSetup,
    openid,
    email,
    profile,
    offlineAccess,
    entitlements,
    proxy,
    certificate,
    outpost,
  ] = await Promise.all([
    flow("default-authentication-flow"),
    flow("default-provider-authorization-implicit-consent"),
    flow("default-provider-invalidation-flow"),
    stage("default-authentication-identification"),
    stage("default-authentication-mfa-validation"),
    stage("default-authenticator-totp-setup"),
    scope("oauth2/scope-openid"),
    scope("oauth2/scope-email"),
    scope("oauth2/scope-profile"),
    scope("oauth2/scope-offline_access"),
    scope("oauth2/scope-entitlements"),
    scope("proxy/scope-proxy"),
    found(
      url,
      "signing key",
      authentik.getCertificateKeyPair({
        name: "authentik Self-signed Certificate",
        // By default the private key would come along.
        fetchKey: false,
        fetchCertificate: false,
      }),
    ),
    found(url, `outpost ${EMBEDDED_OUTPOST}`, authentik.getOutpost({ name: EMBEDDED_OUTPOST })),
  ]);

  return {
    flows: { authentication, implicitConsent, providerInvalidation },
    stages: { identification, mfaValidation, totpSetup },
    scopes: { openid, email, profile, offlineAccess, entitlements, proxy },
    signingKey: certificate.id,
    brand,
    embeddedOutpost: outpost.id ?? missing(url, `outpost ${EMBEDDED_OUTPOST}`),
  };
}

async function found<T>(url: string, what: string, lookUp: Promise<T>): Promise<T> {
  try {
    return await lookUp;
  } catch (error) {
    throw new pulumi.RunError(explain(url, what, error instanceof Error ? error.message : String(error)));
  }
}

function missing(url: string, what: string): never {
  throw new pulumi.RunError(explain(url, what, "not found"));
}

/** Says what a failed look-up means and what to do; the server's answer can be a page of HTML, so it is cut. */
function explain(url: string, what: string, message: string): string {
  const answer = message.replace(/\s+/g, " ").slice(0, 300);
  if (
    /ECONNREFUSED|connection refused|no such host|ENOTFOUND|timeout|deadline|dial tcp|EOF|reset/i.test(
      message,
    )
  ) {
    return (
      `Authentik at ${url} cannot be reached (looking up ${what}); nothing was changed.\n` +
      `  expected: an Authentik API at that address\n` +
      `  mend:     pulumi config set authentik:url <https://…>   (or set AUTHENTIK_URL), or start the server\n` +
      `  answer:   ${answer}`
    );
  }
  if (/\b(HTTP )?40[13] |Token invalid|credentials were not provided|Forbidden|Unauthorized/i.test(message)) {
    return (
      `Authentik at ${url} refused the API token (looking up ${what}); nothing was changed.\n` +
      `  expected: a token of a user with Authentik administration\n` +
      `  mend:     pulumi config set --secret authentik:token   (or set AUTHENTIK_TOKEN)\n` +
      `  answer:   ${answer}`
    );
  }
  if (/no value given for required property|cannot unmarshal|unknown field/i.test(message)) {
    return (
      `Authentik at ${url} and the provider are of different releases (looking up ${what}); nothing was changed.\n` +
      `  expected: server and provider of one release, the server upgraded first\n` +
      `  mend:     docs/continuous-integration.md, Updates\n` +
      `  answer:   ${answer}`
    );
  }
  if (/not found|no match|404|does not exist|is not one of the available choices/i.test(message)) {
    return (
      `Authentik at ${url} has no ${what}, which every installation ships; nothing was changed.\n` +
      `  expected: a server of the pinned version whose default blueprints have been applied\n` +
      `  mend:     apply the default blueprints again in the admin interface (Customization, Blueprints)\n` +
      `  answer:   ${answer}`
    );
  }
  return (
    `Authentik at ${url} could not be asked for ${what}; nothing was changed.\n` +
    `  expected: an answer of its API\n` +
    `  mend:     look at the server's log, then run the command again\n` +
    `  answer:   ${answer}`
  );
}
