import { text } from "./text";
import { type Operation, resolve, type ApiDocument } from "./document";
import { invalid, Refusal } from "./refusal";
import type { Renderer } from "./render";
import type { Located, Row, Store } from "./store";
import { EXPANSIONS, FILTERS } from "./tables";

/** Parameters that page, order or search; or that another rule answers. */
const CONTROL = new Set([
  "page",
  "page_size",
  "ordering",
  "search",
  "superuser_full_list",
  ...Object.keys(EXPANSIONS),
]);
const OPERATORS: Record<string, (value: unknown, wanted: unknown) => boolean> = {
  exact: (v, w) => v === w || text(v) === w,
  iexact: (v, w) => text(v).toLowerCase() === text(w).toLowerCase(),
  icontains: (v, w) => text(v).toLowerCase().includes(text(w).toLowerCase()),
  startswith: (v, w) => text(v).startsWith(text(w)),
  gt: (v, w) => text(v) > text(w),
  lt: (v, w) => v != null && text(v) < text(w),
  isnull: (v, w) => (v == null || (Array.isArray(v) && v.length === 0)) === w,
};

/** The query of a request, checked against its operation: a name that is not documented is refused. */
export function readQuery(
  document: ApiDocument,
  operation: Operation,
  search: URLSearchParams,
): Map<string, unknown> {
  const known = new Map((operation.parameters ?? []).filter((p) => p.in === "query").map((p) => [p.name, p]));
  const out = new Map<string, unknown>();
  for (const name of new Set(search.keys())) {
    const parameter = known.get(name);
    if (!parameter) throw invalid(name, "Unknown query parameter.");
    const schema = resolve(document, parameter.schema);
    const element = schema.items ? resolve(document, schema.items) : schema;
    const values = search.getAll(name).map((text) => {
      if (element.type === "boolean") {
        if (text !== "true" && text !== "false") throw invalid(name, "Must be a valid boolean.");
        return text === "true";
      }
      if (element.type === "integer" || element.type === "number") {
        if (!/^-?\d+(\.\d+)?$/.test(text)) throw invalid(name, "Enter a number.");
        return Number(text);
      }
      if (element.format === "uuid" && !/^[0-9a-f-]{36}$/i.test(text))
        throw invalid(name, `“${text}” is not a valid UUID.`);
      if (element.enum && !element.enum.includes(text))
        throw invalid(name, `Select a valid choice. ${text} is not one of the available choices.`);
      return text;
    });
    out.set(name, schema.items ? values : values[0]);
  }
  for (const { name, required } of known.values())
    if (required && !out.has(name)) throw invalid(name, "This field is required.");
  return out;
}

/** Lists objects the way the API does: filtered, searched, ordered. */
export class Lister {
  constructor(
    private readonly store: Store,
    private readonly renderer: Renderer,
  ) {}

  /** The objects of `name` that `query` asks for. A documented parameter that is not modelled is refused with 501. */
  select(name: string, query: ReadonlyMap<string, unknown>): Located[] {
    let found = this.store.all(name);
    for (const [parameter, wanted] of query) {
      if (CONTROL.has(parameter)) continue;
      const path = (FILTERS[`${name}.${parameter}`] ?? FILTERS[parameter] ?? parameter).split("__");
      const operator = path.length > 1 ? OPERATORS[path.at(-1) ?? ""] : undefined;
      const compare = operator ?? OPERATORS.exact;
      const fields = operator ? path.slice(0, -1) : path;
      if (!compare || !this.filterable(name, fields))
        throw new Refusal(501, { detail: `${name}: query parameter ${parameter} is not emulated` });
      const choices: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
      // A filter of the values that there are (`AllValuesMultipleFilter`).
      const unknown = choices.find(
        (choice) => !this.store.all(name).some(({ row }) => row[parameter] === choice),
      );
      if (parameter === "managed" && name.startsWith("propertymappings/") && unknown !== undefined)
        throw invalid(
          parameter,
          `Select a valid choice. ${text(unknown)} is not one of the available choices.`,
        );
      found = found.filter((l) => this.reach(l, fields).some((v) => choices.some((w) => compare(v, w))));
    }
    const search = query.get("search");
    if (typeof search === "string" && search !== "") {
      const text = search.toLowerCase();
      found = found.filter((l) =>
        Object.values(l.row).some((v) => typeof v === "string" && v.toLowerCase().includes(text)),
      );
    }
    const ordering = query.get("ordering");
    if (typeof ordering !== "string" || ordering === "") return found;
    const field = ordering.replace(/^-/, "");
    const sign = ordering.startsWith("-") ? -1 : 1;
    const key = (l: Located): string | number => {
      const value = this.renderer.values(l)[field];
      return typeof value === "number" ? value : text(value);
    };
    return [...found].sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0));
  }

  private filterable(name: string, [field = ""]: string[]): boolean {
    const { item, request } = this.store.collection(name);
    const schema = { ...item.properties, ...request?.properties }[field];
    if (schema?.type === "object") return false;
    return schema !== undefined || field === "user" || field === "policybindingmodel_ptr_id";
  }

  /** The values at the end of a path such as `user__username`, through references; lists give several. */
  private reach(located: Located, [field = "", ...rest]: string[]): unknown[] {
    const value = this.renderer.values(located)[field];
    const families = located.collection.references.get(field)?.families;
    if (rest.length === 0)
      return field === "target"
        ? this.bindingTarget(value)
        : Array.isArray(value)
          ? [...(value as unknown[]), value]
          : [value];
    const next = [value].flat().flatMap((key) => (families && this.store.byKey(families, key)) ?? []);
    return next.flatMap((l) => (rest[0] === "id" ? [l.row.pk] : this.reach(l, rest)));
  }

  /** Bindings are stored under the target's own key, but filtered by that of its policy-binding base. */
  private bindingTarget(key: unknown): unknown[] {
    const binding = this.store.byKey(["flows/bindings"], key);
    return [binding ? binding.row.policybindingmodel_ptr_id : key];
  }

  /** One page of rendered objects, in the envelope the API uses. */
  page(found: Located[], query: ReadonlyMap<string, unknown>, render: (l: Located) => Row): Row {
    const { pagination_default_page_size: usual, pagination_max_page_size: most } = this.store.settings;
    const size = Math.max(1, Math.min(Number(query.get("page_size") ?? usual), Number(most)));
    const current = Number(query.get("page") ?? 1);
    const total = Math.max(1, Math.ceil(found.length / size));
    if (current < 1 || current > total) throw new Refusal(404, { detail: "Invalid page." });
    const start = (current - 1) * size;
    const shown = found.slice(start, start + size);
    return {
      pagination: {
        next: current < total ? current + 1 : 0,
        previous: current > 1 ? current - 1 : 0,
        count: found.length,
        current,
        total_pages: total,
        start_index: shown.length > 0 ? start + 1 : 0,
        end_index: start + shown.length,
      },
      results: shown.map(render),
      autocomplete: {},
    };
  }
}
