import { isSecretValue, RELEASE, secretOf, SET_BY_HAND } from "../state/resources";
import { isMap, isSecretName } from "./fields";

interface State {
  readonly deployment?: {
    readonly resources?: readonly {
      readonly type?: string;
      readonly inputs?: Record<string, unknown>;
      readonly outputs?: Record<string, unknown>;
    }[];
  };
}

export const SECRET_KIND = "kubernetes:core/v1:Secret";
/** What holds the texts of a Secret: inputs and outputs, and the copy that the provider keeps of its inputs. */
const TEXTS = ["data", "stringData"];
/** What `kubectl apply` keeps on an object: all that was applied, of a Secret its data too. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * An exported state in which what may be a secret among the values of a Helm release, and all that a Secret of the cluster
 * holds, is marked as one. An import writes down the values that a release was made with, and the texts of a Secret, and
 * marks none: they stand there in clear until the update that follows has replaced them. The same goes for the copy of a
 * Secret that `kubectl apply` keeps on it.
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
    if (typeof value !== "string" || value === "" || value === SET_BY_HAND || !mayBeSecret(path))
      return value;
    marks += 1;
    return secretOf(value);
  };
  const sealTexts = (texts: unknown, which: (key: string) => boolean = () => true) => {
    if (!isMap(texts) || isSecretValue(texts)) return;
    for (const [key, text] of Object.entries(texts)) {
      if (typeof text !== "string" || !which(key)) continue;
      Object.assign(texts, { [key]: secretOf(text) });
      marks += 1;
    }
  };
  for (const { type, inputs = {}, outputs = {} } of state.deployment?.resources ?? []) {
    if (type === RELEASE && isMap(inputs.values)) inputs.values = seal(inputs.values, []);
    if (type !== SECRET_KIND) continue;
    for (const each of [inputs, outputs, inputs.__inputs, outputs.__inputs]) {
      if (!isMap(each)) continue;
      for (const name of TEXTS) sealTexts(each[name]);
      if (isMap(each.metadata)) sealTexts(each.metadata.annotations, (key) => key === LAST_APPLIED);
    }
  }
  return marks > 0 ? JSON.stringify(state) : undefined;
}

/** Settings of the server, variables of its pods, and whatever is called a secret; not the name of one. */
function mayBeSecret(path: readonly string[]): boolean {
  if (path.some((name) => name === "existingSecret" || name === "secretName")) return false;
  const own = path[0] === "authentik" || (path.includes("env") && path.at(-1) === "value");
  return own || path.some((name) => isSecretName(name));
}
