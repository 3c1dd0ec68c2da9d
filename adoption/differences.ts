import type { Json } from "../live/authentik";
import { kindOf } from "../identity/kinds";
import { RELEASE, SECRET, UNKNOWN, type Properties, type Resource, type Step } from "../state/resources";
import { clusterDifferences } from "./cluster-differences";
import { liveValue, pairsOf, reason, shortened, shown, typeName, type Pair } from "./fields";
import { releaseDifferences } from "./release-differences";

/** One field that the first `up` would write on an adopted object. */
export interface Difference {
  readonly urn: string;
  readonly type: string;
  /** Name of the resource. */
  readonly name: string;
  readonly field: string;
  readonly live: unknown;
  readonly program: unknown;
  /** Why it changes nothing on the server; absent for what is overwritten. */
  readonly harmless?: string;
}

/** Steps that say again what a step beside them says. */
const ALONGSIDE = new Set(["create-replacement", "delete-replaced"]);

/**
 * What an update would change on an object that is there, field by field. A field that is equal on the server changes
 * nothing, whatever the engine remembers of it.
 *
 * @param object the live object, as the server answers it.
 */
export function differencesOf(step: Step, object: Json | undefined): Difference[] {
  const { before, after, urn } = step;
  if (!before || ALONGSIDE.has(step.op)) return [];
  const { type, name } = before;
  if (step.op !== "update" || !after) {
    // The object would not stay what it is: nothing of it is harmless.
    return [{ urn, type, name, field: `(${step.op})`, live: undefined, program: undefined }];
  }
  const fields = [...new Set(Object.keys(step.differences).map((path) => path.split(/[.[]/)[0] ?? path))];
  if (type === RELEASE) return releaseDifferences(urn, fields, before, after);
  if (type.startsWith("kubernetes:")) return clusterDifferences(step, before, after, object);
  const known = object && kindOf(type) ? object : undefined;
  const found = fields.flatMap((field) => {
    const live = known ? liveValue(type, field, known) : valueOf(before, field);
    return told(after, pairsOf({ field, live, program: after.inputs[field] }));
  });
  return found.length > 0 ? found : withoutField(after, known);
}

/** An update of which the engine names no field, or none that holds anything. */
function withoutField(after: Resource, object: Json | undefined): Difference[] {
  const fields = object ? differingFields(after, object).map(({ field }) => field) : [];
  if (object && fields.length > 0) {
    return fields.flatMap((field) =>
      told(
        after,
        pairsOf({ field, live: liveValue(after.type, field, object), program: after.inputs[field] }),
      ),
    );
  }
  const { urn, type, name } = after;
  const harmless = "a default that the import leaves out; no field differs";
  return [{ urn, type, name, field: "(no field)", live: undefined, program: undefined, harmless }];
}

/** What the provider writes for settings that the program leaves out, where the server may have others. */
const RESET: Readonly<Record<string, Properties>> = {
  SystemSettings: { footerLinks: [], paginationDefaultPageSize: 20, paginationMaxPageSize: 100 },
};

/**
 * What making an object would change of the only one there is, which is written whole: no import reads it beforehand.
 *
 * @param object the live object, as the API answers it.
 */
export function differencesOfOnlyOne(resource: Resource, object: Json): Difference[] {
  const { type } = resource;
  const written = { ...RESET[typeName(type)], ...resource.inputs };
  const pairs = Object.entries(written).flatMap(([field, program]) =>
    field.startsWith("__") ? [] : pairsOf({ field, live: liveValue(type, field, object), program }),
  );
  return told(resource, pairs).filter(({ harmless }) => harmless === undefined);
}

function told({ urn, type, name }: Resource, pairs: readonly Pair[]): Difference[] {
  return pairs.map((pair) => ({
    urn,
    type,
    name,
    field: pair.field,
    live: shown(pair.field, pair.live),
    program: shown(pair.field, pair.program),
    harmless: reason(type, pair),
  }));
}

function valueOf({ inputs, outputs }: { inputs: Properties; outputs: Properties }, field: string): unknown {
  return outputs[field] ?? inputs[field];
}

/**
 * Inputs of a resource that are not what the server has. What is never read back, or secret, is not compared.
 *
 * @param object the live object, as the API answers it.
 */
export function differingFields({ type, inputs }: Pick<Resource, "type" | "inputs">, object: Json): Pair[] {
  return Object.entries(inputs).flatMap(([field, program]) => {
    if (field.startsWith("__") || program === SECRET || program === UNKNOWN) return [];
    const live = liveValue(type, field, object);
    if (live === SECRET || reason(type, { field, live, program }) !== undefined) return [];
    return [{ field, live: shortened(shown(field, live)), program: shortened(shown(field, program)) }];
  });
}
