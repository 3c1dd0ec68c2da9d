import type { StaffGroup } from "../../components/directory/model";

/** The groups of staff and what each grants. */
export const groups: readonly StaffGroup[] = [
  { name: "plana-staff", grants: "default access to all internal tools" },
  { name: "plana-admins", grants: "Authentik administration and cluster RBAC", superuser: true },
  { name: "plana-finance", grants: "Matomo write, Stripe admin, billing reports" },
  { name: "tenant-impersonators", grants: "may log in to customer tenants; every such login is audited" },
];

/** Which groups a role brings, beside `plana-staff`, in which everyone is. */
export const roles: Readonly<Record<string, readonly string[]>> = {
  cto: ["plana-admins", "tenant-impersonators"],
  ceo: ["plana-finance"],
  "senior-developer": ["plana-admins"],
  // The senior developers who are designated to log in to customer tenants.
  "tenant-support": ["tenant-impersonators"],
  accountant: ["plana-finance"],
};
