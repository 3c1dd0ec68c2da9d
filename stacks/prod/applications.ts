import { FORGEJO_SOURCE } from "../../components/applications/consumers/forgejo";
import type { Application } from "../organisation";

/**
 * What is protected, and who may enter. Redirect paths are each application's own (its documentation). Assumed:
 * hosts other than Matomo's (see `plana-sso:hosts`), namespaces, Services, and access beyond `plana-staff`.
 */
export const applications: readonly Application[] = [
  {
    mode: "proxy",
    slug: "matomo-admin",
    name: "Matomo administration",
    description: "Web analytics; everything that is not on the public tracking-endpoint list",
    label: "analytics",
    namespace: "matomo",
    service: { name: "matomo", port: 80 },
    access: ["plana-staff"],
    existingProviderId: 13,
    // What trackers and embedded widgets call without a login. The opt-out iframe (/index.php?module=CoreAdminHome&
    // action=optOut) cannot be told from the administration by its path, and so stays protected.
    publicPaths: [
      { exact: "/matomo.php" },
      { exact: "/matomo.js" },
      { exact: "/piwik.php" },
      { exact: "/piwik.js" },
      { below: "/js/" },
      { pattern: "/plugins/*/tracker.min.js" },
    ],
  },
  {
    mode: "oidc",
    slug: "matomo",
    name: "Matomo",
    description: "Login button of Matomo (plugin LoginOIDC); an account there may write",
    label: "analytics",
    namespace: "matomo",
    consumer: "matomo",
    // Assumed: Matomo write is granted to finance, administration to the administrators.
    access: ["plana-finance", "plana-admins"],
    redirectPaths: ["/index.php?module=LoginOIDC&action=callback&provider=oidc"],
    existingProviderId: 14,
  },
  {
    mode: "oidc",
    slug: "forgejo",
    name: "Forgejo",
    description: "Source code",
    label: "forgejo",
    namespace: "forgejo",
    consumer: "forgejo",
    access: ["plana-staff"],
    redirectPaths: [`/user/oauth2/${FORGEJO_SOURCE}/callback`],
  },
  {
    mode: "oidc",
    slug: "grafana",
    name: "Grafana",
    description: "Dashboards and logs",
    label: "grafana",
    namespace: "monitoring",
    consumer: "grafana",
    access: ["plana-staff"],
    redirectPaths: ["/login/generic_oauth"],
  },
  {
    mode: "oidc",
    slug: "penpot",
    name: "Penpot",
    description: "Design",
    label: "penpot",
    namespace: "penpot",
    consumer: "penpot",
    access: ["plana-staff"],
    redirectPaths: ["/api/auth/oidc/callback"],
  },
  {
    mode: "oidc",
    slug: "matrix",
    name: "Matrix",
    description: "Chat (Synapse)",
    label: "matrix",
    namespace: "matrix",
    // Assumed: the homeserver that runs has the `idp_id` that is delivered, and nobody with only a password
    // (docs/deliver-credentials.md).
    consumer: "synapse",
    access: ["plana-staff"],
    redirectPaths: ["/_synapse/client/oidc/callback"],
  },
  {
    mode: "oidc",
    slug: "nextcloud",
    name: "Nextcloud",
    description: "Files and calendar",
    label: "nextcloud",
    namespace: "nextcloud",
    consumer: "nextcloud",
    access: ["plana-staff"],
    // Of the two that Nextcloud can send, the one with pretty addresses (consumers/nextcloud.ts).
    redirectPaths: ["/apps/user_oidc/code"],
  },
  {
    mode: "oidc",
    slug: "vaultwarden",
    name: "Vaultwarden",
    description: "Passwords",
    label: "vaultwarden",
    namespace: "vaultwarden",
    consumer: "vaultwarden",
    access: ["plana-staff"],
    redirectPaths: ["/identity/connect/oidc-signin"],
  },
  {
    mode: "tenants",
    slug: "odoo-tenants",
    name: "PLANA Odoo Platform",
    description: "Customer tenants; every login is audited",
    launchUrl: "https://erp.planapulse.ai",
    namespace: "odoo-platform",
    consumer: "generic",
    // Who may log in to customer tenants.
    access: ["tenant-impersonators"],
    existingProviderId: 10,
    // One client for every tenant. A client per tenant was deferred; it would be one entry here per tenant.
    clientId: "pNQrL29SXWXiLgNHdPWvFiRR85cmyxrGdTwoXgas",
    tenants: ["*.planapulse.app", "*.planapulse.online", "erp.planapulse.ai"],
  },
];
