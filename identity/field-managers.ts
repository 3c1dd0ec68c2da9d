import type { Json } from "../live/authentik";

/** What one manager has set on an object, as the API server notes it down. */
export interface ManagedFields {
  readonly manager?: string;
  readonly fieldsV1?: unknown;
}

/** Who has set what on an object of the cluster. */
export function managedFieldsOf(object: Json | undefined): readonly ManagedFields[] {
  const { managedFields = [] } = (object?.metadata ?? {}) as {
    readonly managedFields?: readonly ManagedFields[];
  };
  return managedFields;
}

/** As the provider calls itself when it makes an object and when it changes one, and as older ones were called (its source). */
const PROVIDER = /^pulumi-(resource-)?kubernetes/;

/**
 * Whether the provider has made or changed an object of the cluster. Its name alone does not tell: a namespace that is there
 * already is as the program would make it.
 */
export function isByProvider(object: Json): boolean {
  return managedFieldsOf(object).some(({ manager = "" }) => PROVIDER.test(manager));
}
