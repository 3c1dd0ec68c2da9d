import { Trial, type List } from "../../sandbox/trial";
import { bundle, PluginClient } from "../sandbox/plugin-client";

/** Secrets of the hand-built PLANA, of no worth; the tests look for them where none may be. */
export const LIVE_SECRETS = {
  secretKey: "hand-built-secret-key-".padEnd(60, "7"),
  databasePassword: "hand-built-database-password-31",
  bootstrapToken: "hand-built-bootstrap-token-32",
  smtpPassword: "hand-built-smtp-password-34",
  google: "hand-built-google-secret-33",
  client: (slug: string) => `hand-built-client-secret-of-${slug}-`.padEnd(64, "9"),
};

export const TENANTS_CLIENT = "pNQrL29SXWXiLgNHdPWvFiRR85cmyxrGdTwoXgas";
const PEOPLE = ["Boyan Rabchev", "Julian Lubenov", "Martin Kotrulev", "Ramona Gospodinova"];
const CLIENTS = ["forgejo", "grafana", "penpot", "matrix", "nextcloud", "vaultwarden"];

interface Pk {
  readonly pk: number;
}

function ingresses(namespace: string): string {
  return `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`;
}

/** PLANA as somebody built it by hand, with the ids of the facts. */
export class HandBuilt {
  private constructor(readonly trial: Trial) {}

  static async build(trial: Trial): Promise<HandBuilt> {
    const built = new HandBuilt(trial);
    await built.cluster();
    const groups = await built.groups();
    await built.people(groups);
    await built.applications();
    await built.google();
    await built.settings();
    return built;
  }

  make<T = Record<string, unknown>>(path: string, body: Readonly<Record<string, unknown>>): Promise<T> {
    return this.trial.authentik<T>(path, "POST", body);
  }

  /** Makes and deletes until the next object gets this number. */
  async burn(
    path: string,
    until: number,
    body: (name: string) => Readonly<Record<string, unknown>>,
  ): Promise<void> {
    for (let last = 0; last < until - 1;) {
      const { pk } = await this.make<Pk>(path, body(`burnt-${last}`));
      await this.remove(`${path}${pk}/`);
      if (pk >= until) throw new Error(`${path}: ${until} is already gone`);
      last = pk;
    }
  }

  async remove(path: string): Promise<void> {
    const { sandbox } = this.trial;
    const response = await fetch(`${sandbox.authentik.url}/api/v3${path}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${sandbox.token}` },
    });
    if (response.status !== 204) throw new Error(`DELETE ${path}: ${response.status}`);
  }

  /** Writes to the cluster as `kubectl` does. */
  async kubectl(
    method: "POST" | "PATCH" | "DELETE",
    path: string,
    body?: object,
    manager = "kubectl-client-side-apply",
  ): Promise<void> {
    const { sandbox } = this.trial;
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await fetch(`${sandbox.kubernetes.url}${path}?fieldManager=${manager}`, {
      method,
      headers: { authorization: `Bearer ${sandbox.token}`, "content-type": type },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  /** A route that is there before the program's. */
  async route(
    namespace: string,
    name: string,
    host: string,
    path: string,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const backend = { service: { name: "somewhere", port: { number: 80 } } };
    await this.kubectl("POST", ingresses(namespace), {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name, namespace, labels },
      spec: {
        ingressClassName: "nginx",
        rules: [{ host, http: { paths: [{ path, pathType: "Prefix", backend }] } }],
      },
    });
  }

  removeRoute(namespace: string, name: string): Promise<void> {
    return this.kubectl("DELETE", `${ingresses(namespace)}/${name}`);
  }

  async flow(slug: string): Promise<string> {
    const { results } = await this.trial.authentik<List<{ pk: string }>>(`/flows/instances/?slug=${slug}`);
    return results[0]?.pk ?? "";
  }

  private async groups(): Promise<Record<string, string>> {
    const pks: Record<string, string> = {};
    for (const name of ["plana-staff", "plana-admins", "plana-finance", "tenant-impersonators"]) {
      const { pk } = await this.make<{ pk: string }>("/core/groups/", {
        name,
        is_superuser: name === "plana-admins",
        // Set by hand; the provider writes attributes whole.
        attributes: name === "plana-finance" ? { cost_centre: "4711" } : {},
      });
      pks[name] = pk;
    }
    return pks;
  }

  private async people(groups: Readonly<Record<string, string>>): Promise<void> {
    const path = "/core/users/";
    const person = (name: string, more: Readonly<Record<string, unknown>> = {}) => {
      const username = name.toLowerCase().replace(" ", ".");
      const of = [groups["plana-staff"]];
      return this.make(path, {
        username,
        name,
        email: `${username}@plana.solutions`,
        groups: of,
        path: "users",
        ...more,
      });
    };
    const stopgap = (name: string) => ({ username: name, name });
    await this.burn(path, 6, stopgap);
    await person("Chudomir Monevski", {
      groups: [groups["plana-staff"], groups["plana-admins"], groups["tenant-impersonators"]],
    });
    for (const name of PEOPLE) await person(name);
    // Somebody who is not in the program.
    await person("Old Contractor");
    await this.burn(path, 24, stopgap);
    // Renamed by hand: only the address tells who it is.
    await person("Elena Encheva-Blagoeva", { username: "elena", attributes: { room: "4.12" } });
  }

  private async applications(): Promise<void> {
    const flows = {
      authorization_flow: await this.flow("default-provider-authorization-implicit-consent"),
      invalidation_flow: await this.flow("default-provider-invalidation-flow"),
    };
    const oidc = (name: string, slug: string, more: Readonly<Record<string, unknown>> = {}) =>
      this.make<Pk>("/providers/oauth2/", {
        name,
        ...flows,
        client_id: `hand-built-${slug}`,
        client_secret: LIVE_SECRETS.client(slug),
        redirect_uris: [{ matching_mode: "strict", url: `https://${slug}.trial.example.org/old` }],
        grant_types: ["authorization_code"],
        ...more,
      });
    const application = (
      slug: string,
      name: string,
      provider: number,
      more: Readonly<Record<string, unknown>> = {},
    ) => this.make("/core/applications/", { slug, name, provider, policy_engine_mode: "any", ...more });
    await this.burn("/providers/oauth2/", 10, (name) => ({ name, ...flows, redirect_uris: [] }));
    const tenants = await oidc("Odoo tenants", "odoo-tenants", { client_id: TENANTS_CLIENT });
    const forgejo = await oidc("forgejo", "forgejo");
    const grafana = await oidc("Grafana (by hand)", "grafana");
    const proxy = await this.make<Pk>("/providers/proxy/", {
      name: "Matomo behind the outpost",
      ...flows,
      mode: "forward_single",
      external_host: "https://analytics.trial.example.org",
      basic_auth_enabled: true,
    });
    const matomo = await oidc("Matomo login button", "matomo");
    await application("odoo-tenants", "PLANA Odoo Platform", tenants.pk);
    // An icon set by hand.
    await application("forgejo", "Forgejo", forgejo.pk, {
      meta_icon: "https://icons.example.org/forgejo.png",
    });
    await application("grafana", "Grafana", grafana.pk);
    await application("matomo-admin", "Matomo administration", proxy.pk);
    await application("matomo", "Matomo", matomo.pk);
    // Somebody let one person in beside the groups.
    const { results } = await this.trial.authentik<List<Pk>>("/core/users/?username=old.contractor");
    const { results: forgejos } = await this.trial.authentik<List<{ pk: string }>>(
      "/core/applications/?slug=forgejo",
    );
    await this.make("/policies/bindings/", {
      target: forgejos[0]?.pk,
      user: results[0]?.pk,
      order: 0,
    });
    for (const slug of CLIENTS.slice(2)) await application(slug, slug, (await oidc(slug, slug)).pk);
    // Not in the program.
    await application("legacy-wiki", "Wiki", (await oidc("legacy-wiki", "legacy-wiki")).pk);
  }

  private async google(): Promise<void> {
    await this.make("/sources/oauth/", {
      slug: "google",
      name: "Google (by hand)",
      provider_type: "google",
      consumer_key: "hand-built-google-client",
      consumer_secret: LIVE_SECRETS.google,
      authentication_flow: await this.flow("default-source-authentication"),
      enrollment_flow: await this.flow("default-source-enrollment"),
      authorization_url: "https://accounts.google.com/o/oauth2/v2/auth",
      access_token_url: "https://oauth2.googleapis.com/token",
      profile_url: "https://openidconnect.googleapis.com/v1/userinfo",
      oidc_jwks_url: "https://www.googleapis.com/oauth2/v3/certs",
    });
  }

  /** What is set by hand on objects that Authentik ships, and one of the program's own names made beforehand. */
  private async settings(): Promise<void> {
    await this.trial.authentik("/admin/settings/", "PATCH", {
      footer_links: [{ name: "Help", href: "https://help.example.org" }],
    });
    const connection = await this.make<{ pk: string }>("/outposts/service_connections/kubernetes/", {
      name: "Local Kubernetes Cluster",
      local: true,
    });
    const { results } = await this.trial.authentik<List<{ pk: string }>>("/outposts/instances/");
    await this.trial.authentik(`/outposts/instances/${results[0]?.pk ?? ""}/`, "PATCH", {
      service_connection: connection.pk,
    });
    await this.make("/policies/password/", {
      name: "plana-password",
      length_min: 12,
      error_message: "At least 12 characters, hard to guess.",
      check_zxcvbn: true,
      zxcvbn_score_threshold: 3,
      hibp_allowed_count: 1,
      // Which the provider neither reads nor, as false, writes.
      check_have_i_been_pwned: true,
    });
  }

  /** The chart with its settings in the values, so with a Secret of its own. */
  private async cluster(): Promise<void> {
    const plugins = bundle();
    const plugin = await PluginClient.start(plugins.file, "kubernetes");
    try {
      await plugin.configure({ kubeconfig: this.trial.sandbox.env.KUBECONFIG ?? "" });
      for (const name of ["authentik", "forgejo", "monitoring", "matomo"])
        await this.kubectl("POST", "/api/v1/namespaces", { metadata: { name } }, "kubectl-create");
      const { inputs } = await plugin.check("kubernetes:helm.sh/v3:Release", {
        name: "authentik",
        namespace: "authentik",
        chart: "authentik",
        version: "2026.5.6",
        repositoryOpts: { repo: "https://charts.goauthentik.io" },
        values: {
          authentik: {
            secret_key: LIVE_SECRETS.secretKey,
            bootstrap_token: LIVE_SECRETS.bootstrapToken,
            postgresql: {
              host: "pg01",
              name: "authentik",
              user: "authentik",
              password: LIVE_SECRETS.databasePassword,
            },
            email: { host: "mail.example.org", password: LIVE_SECRETS.smtpPassword },
          },
          postgresql: { enabled: false },
          server: {
            replicas: 3,
            env: [{ name: "AUTHENTIK_COOKIE_DOMAIN", value: "file:///run/settings/cookie-domain" }],
            ingress: { enabled: true, ingressClassName: "nginx", hosts: ["auth.trial.example.org"] },
            podAnnotations: { "example.org/note": "kept by hand" },
          },
          worker: { env: [{ name: "AUTHENTIK_WORKER__THREADS", value: "4" }] },
        },
      });
      await plugin.create("kubernetes:helm.sh/v3:Release", inputs);
      // Made by hand, of another type and with a port of the pods where the program has its name.
      const services = "/api/v1/namespaces/authentik/services";
      await this.kubectl("POST", services, {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "authentik-proxy", namespace: "authentik" },
        spec: {
          type: "ExternalName",
          externalName: "authentik-server.authentik.svc.cluster.local",
          ports: [{ name: "http", port: 80, targetPort: 9000 }],
        },
      });
      // Set by somebody else, whose it stays.
      const labels = { metadata: { labels: { team: "sso" } } };
      await this.kubectl("PATCH", `${services}/authentik-proxy`, labels, "labeller");
      // As the README of an application has it: `kubectl apply -f secret.yaml`, which keeps a copy of it all.
      const secret = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "forgejo-oidc", namespace: "forgejo" },
        data: { OIDC_CLIENT_SECRET: Buffer.from(LIVE_SECRETS.client("forgejo")).toString("base64") },
      };
      const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(secret) };
      const metadata = { ...secret.metadata, annotations };
      await this.kubectl("POST", "/api/v1/namespaces/forgejo/secrets", { ...secret, metadata });
    } finally {
      await plugin.stop();
      plugins.remove();
    }
  }
}
