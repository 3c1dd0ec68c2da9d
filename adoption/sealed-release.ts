import { isSecretValue, RELEASE, secretOf } from "../state/resources";
import { isMap, isSecretName } from "./fields";

interface State {
  readonly deployment?: {
    readonly resources?: readonly { readonly type?: string; readonly inputs?: Record<string, unknown> }[];
  };
}

/**
 * An exported state in which what may be a secret among the values of a Helm release is marked as one. The import of a
 * release writes down the values it was made with, and marks none: the secret key stands there in clear until the
 * upgrade that follows has replaced them.
 *
 * @returns undefined where there is nothing to mark.
 */
export function sealed(exported: string): string | undefined {
  const state = JSON.parse(exported) as State;
  let marks = 0;
  const seal = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((each) => seal(each, path));
    if (isSecretValue(value)) return value;
    if (isMap(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, seal(inner, [...path, name])]),
      );
    }
    if (typeof value !== "string" || value === "" || !mayBeSecret(path)) return value;
    marks += 1;
    return secretOf(value);
  };
  for (const { type, inputs } of state.deployment?.resources ?? []) {
    if (type === RELEASE && isMap(inputs?.values)) inputs.values = seal(inputs.values, []);
  }
  return marks > 0 ? JSON.stringify(state) : undefined;
}

/** Settings of the server, variables of its pods, and whatever is called a secret; not the name of one. */
function mayBeSecret(path: readonly string[]): boolean {
  if (path.some((name) => name === "existingSecret" || name === "secretName")) return false;
  const own = path[0] === "authentik" || (path.includes("env") && path.at(-1) === "value");
  return own || path.some((name) => isSecretName(name));
}
