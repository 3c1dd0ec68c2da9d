import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { lookUpBuiltins } from "../components/builtin";
import { Delivery } from "../components/applications/delivery";
import { OidcClient } from "../components/applications/oidc-client";
import { ProxiedApplication } from "../components/applications/proxied-application";
import { Scopes } from "../components/applications/scopes";
import { ClusterAdmins } from "../components/directory/cluster-admins";
import { Groups } from "../components/directory/groups";
import type { Person } from "../components/directory/model";
import { People } from "../components/directory/people";
import { Audit } from "../components/login/audit";
import { Brand } from "../components/login/brand";
import { Google } from "../components/login/google";
import { Lockout } from "../components/login/lockout";
import { Recovery } from "../components/login/recovery";
import { RecoveryCodes } from "../components/login/recovery-codes";
import { SecondFactor } from "../components/login/second-factor";
import { EmbeddedOutpost } from "../components/outpost/embedded-outpost";
import { ProtectedRoute } from "../components/outpost/protected-route";
import { SecretKeySeal } from "../components/server/secret-key-seal";
import { Server } from "../components/server/server";
import { authHost, clientOf, hostOf, redirectUrisOf } from "./hosting";
import type { Settings } from "./config";
import { refuseOlder } from "./generations";
import type { Application, Organisation } from "./organisation";
import { refuse } from "./problem";
import { inWaves } from "./waves";

/** What a stack tells whoever reads its outputs. */
export interface Outputs {
  readonly authentik: { readonly url: string; readonly admin: string };
  readonly applications: Readonly<Record<string, ApplicationOutput>>;
  /** Password the database user must have, where it was generated. */
  readonly databasePassword?: pulumi.Output<string>;
}

export interface ApplicationOutput {
  readonly name: string;
  readonly mode: Application["mode"];
  readonly url: string;
  readonly access: readonly string[];
  readonly issuer?: string;
}

/** Builds everything a stack runs from its settings, its data and the people on its roster. */
export async function compose(
  settings: Settings,
  organisation: Organisation,
  roster: readonly Person[],
): Promise<Outputs> {
  // Nothing is registered before Authentik has answered, the data is known to be no older than what runs, and the secret
  // key to be the same.
  const [builtins] = await Promise.all([
    lookUpBuiltins(settings.authentikUrl),
    refuseOlder(settings, organisation.applications),
  ]);
  checkOutpost(settings, builtins.embeddedOutpost);
  const secrets = seedSecrets(settings);
  await new SecretKeySeal("secret-key", { secretKey: secrets.secretKey }).accepted();

  const namespace = `${settings.namespacePrefix}authentik`;
  const host = authHost(settings);
  const authentikUrl = `https://${host}`;
  const server = new Server("authentik", {
    namespace,
    host,
    chart: settings.chart,
    database: { ...settings.database, password: secrets.databasePassword },
    secretKey: secrets.secretKey,
    bootstrapToken: secrets.bootstrapToken,
    furtherSettings: settings.serverSettings,
    replicas: settings.replicas,
    ingress: settings.ingress,
    clusterDomain: settings.clusterDomain,
    waitUntilReady: settings.waitForServer,
    adoptRelease: settings.adoptRelease,
  });

  const groups = new Groups("groups", { groups: organisation.groups });
  const people = new People("people", { groups });
  // The provider's update of a group writes its members, too, as the last refresh found them (its source, 2026.5): done
  // after a person's, it would bring back whom the same `up` takes out.
  await groups.written();
  await inWaves(roster, 64, (person) => people.add(person));
  new ClusterAdmins("cluster-admins", {
    name: `${settings.namespacePrefix}${organisation.adminGroup}`,
    group: organisation.adminGroup,
    clusterRole: settings.clusterAdminRole,
  });

  const staffGroup = groups.id(organisation.staffGroup);
  const secondFactor = new SecondFactor("second-factor", { builtins, staffGroup });
  new RecoveryCodes("recovery-codes");
  new Lockout("lockout", { authenticationFlow: builtins.flows.authentication, failedLogins: 5 });
  const recovery = new Recovery("recovery", { secondFactor });
  new Brand("brand", { builtins, recoveryFlow: recovery.flow });
  new Audit("audit", { retention: "days=365", notify: groups.id(organisation.adminGroup) });
  if (settings.google) {
    new Google("google", {
      ...settings.google,
      staffDomain: organisation.staffDomain,
      secondFactor,
      builtins,
    });
  }

  const scopes = new Scopes("scopes", { builtins });
  const namespaceOf = consumerNamespaces(organisation.applications, settings);
  const proxied: pulumi.Output<number>[] = [];
  const outputs: Record<string, ApplicationOutput> = {};
  await inWaves(organisation.applications, 16, (application) => {
    const { slug, name, mode, description, access, tile } = application;
    const appHost =
      application.mode === "tenants" ? new URL(application.launchUrl).host : hostOf(application, settings);
    const url = application.mode === "tenants" ? application.launchUrl : `https://${appHost}`;
    const common = { name, description, access, groups, builtins, launchUrl: url, tile };
    outputs[slug] = { name, mode, url, access };
    if (application.mode === "proxy") {
      const { publicPaths, service } = application;
      const client = new ProxiedApplication(slug, { ...common, host: appHost, publicPaths });
      proxied.push(client.providerId);
      new ProtectedRoute(slug, {
        host: appHost,
        namespace: namespaceOf(application.namespace),
        service,
        outpost: server.outpost,
        publicPaths,
        ingress: settings.ingress,
      });
      return client.application;
    }
    const existing = clientOf(settings.clients, slug);
    const redirectUris = redirectUrisOf(application, settings);
    const client = new OidcClient(slug, {
      ...common,
      scopes,
      authentikUrl,
      redirectUris,
      clientId: existing?.clientId ?? (application.mode === "tenants" ? application.clientId : undefined),
      clientSecret: existing?.clientSecret,
      secretGeneration: application.secretGeneration,
    });
    outputs[slug] = { name, mode, url, access, issuer: client.credentials.issuer };
    const delivery = new Delivery(slug, {
      credentials: client.credentials,
      consumer: application.consumer,
      namespace: namespaceOf(application.namespace),
      host: appHost,
      authentikUrl,
      adminGroup: organisation.adminGroup,
      redirectUri: redirectUris.find(({ matching }) => matching === "strict")?.url,
    });
    return delivery.secret;
  });
  new EmbeddedOutpost("embedded-outpost", {
    id: builtins.embeddedOutpost,
    authentikUrl,
    namespace,
    providers: proxied,
  });

  return {
    authentik: { url: authentikUrl, admin: `${authentikUrl}/if/admin/` },
    applications: outputs,
    // An output that is undefined is warned of at every update.
    ...(settings.database.password ? {} : { databasePassword: secrets.databasePassword }),
  };
}

/** Where the outpost's id is known, another one means another Authentik than the one this stack belongs to. */
function checkOutpost({ stack, embeddedOutpostId, authentikUrl }: Settings, live: string): void {
  if (embeddedOutpostId === undefined || embeddedOutpostId === live) return;
  refuse(stack, [
    {
      key: "plana-sso:embeddedOutpostId",
      value: embeddedOutpostId,
      expected: `${live}, the embedded outpost of Authentik at ${authentikUrl}`,
      mend: `make sure that this is the right Authentik; if it is: pulumi config set plana-sso:embeddedOutpostId ${live} --stack ${stack}`,
    },
  ]);
}

/** The secrets a server starts from: configured, or generated where the stack says so. */
function seedSecrets(settings: Settings) {
  const generated = (name: string, length: number) =>
    new random.RandomPassword(name, { length, special: false }, { protect: true }).result;
  return {
    secretKey: settings.secretKey ?? generated("secret-key", 60),
    bootstrapToken: settings.bootstrapToken ?? generated("bootstrap-token", 60),
    databasePassword: settings.database.password ?? generated("database-password", 40),
  };
}

/**
 * Namespaces of the consuming applications: in production Flux made them; a trial on an empty cluster makes them, each
 * once.
 */
function consumerNamespaces(
  applications: readonly Application[],
  { namespacePrefix, createConsumerNamespaces }: Settings,
) {
  const names = new Set(applications.map((application) => `${namespacePrefix}${application.namespace}`));
  const created = new Map<string, kubernetes.core.v1.Namespace>();
  if (createConsumerNamespaces) {
    for (const name of names) {
      // Deleting a namespace deletes all that is in it.
      created.set(name, new kubernetes.core.v1.Namespace(name, { metadata: { name } }, { protect: true }));
    }
  }
  return (application: string): pulumi.Input<string> => {
    const name = `${namespacePrefix}${application}`;
    return created.get(name)?.metadata.name ?? name;
  };
}
