/** What differs between organisations. Defaults are PLANA's facts. */
export interface Knobs {
  /** E-mail domain of staff. */
  readonly staffDomain: string;
  /** Group of everyone, for whom TOTP is mandatory. */
  readonly staffGroup: string;
  /** Groups that may administer Authentik and the cluster. */
  readonly superuserGroups: readonly string[];
  /** Group that may log in to customer tenants. */
  readonly impersonatorGroup: string;
  /** Slug of the application that serves every tenant. */
  readonly tenantApplication: string;
  /** `*.<domain>` for every tenant of a domain, or a single host. */
  readonly tenantDomains: readonly string[];
  /** Type tokens of what a stack holds beside what the program makes. */
  readonly furtherKinds: readonly string[];
}

const strings = (description: string, value: readonly string[], minItems = 1) => ({
  type: "array" as const,
  items: { type: "string" as const, minLength: 1 },
  minItems,
  description,
  default: [...value],
});
const string = (description: string, value: string) => ({
  type: "string" as const,
  minLength: 1,
  description,
  default: value,
});

/** The JSON schema of every knob: the one place where they and their defaults stand. */
export const KNOBS = {
  staffDomain: string("e-mail domain of staff", "plana.solutions"),
  staffGroup: string("group of everyone, for whom TOTP is mandatory", "plana-staff"),
  superuserGroups: strings("groups that may administer Authentik and the cluster", ["plana-admins"]),
  impersonatorGroup: string("group that may log in to customer tenants", "tenant-impersonators"),
  tenantApplication: string("slug of the application that serves every tenant", "odoo-tenants"),
  tenantDomains: strings("domains of tenants: `*.<domain>` or one host", [
    "*.planapulse.app",
    "*.planapulse.online",
    "erp.planapulse.ai",
  ]),
  furtherKinds: strings("type tokens of what a stack holds beside what the program makes", [], 0),
} as const;

export type KnobName = keyof typeof KNOBS;

export const DEFAULTS: Knobs = {
  staffDomain: KNOBS.staffDomain.default,
  staffGroup: KNOBS.staffGroup.default,
  superuserGroups: KNOBS.superuserGroups.default,
  impersonatorGroup: KNOBS.impersonatorGroup.default,
  tenantApplication: KNOBS.tenantApplication.default,
  tenantDomains: KNOBS.tenantDomains.default,
  furtherKinds: KNOBS.furtherKinds.default,
};
