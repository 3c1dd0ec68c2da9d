import { ACTIONS, OPEN } from "./actions";
import { type Collection, collectionsOf } from "./collections";
import { answerOf, type ApiDocument, bodyOf, type Operation, resolve, type Schema } from "./document";
import { Objects } from "./objects";
import { Lister, readQuery } from "./query";
import { invalid, missing, Refusal } from "./refusal";
import { groupsOf, isSuperuser, Renderer } from "./render";
import { seed } from "./seed";
import { type Located, type Row, Store } from "./store";
import { EXPANSIONS } from "./tables";
import { Validator } from "./validation";

/** A request to the API, with its path below `/api/v3`. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly search: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: unknown;
}
/** What goes back. */
export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
}
interface Route {
  readonly template: string;
  readonly pattern: RegExp;
  readonly operation: Operation;
}

/** Where the real server's own answers break its document: flags that were never saved are left out. */
const UNTRUE = new Set(["admin_settings_retrieve", "admin_settings_partial_update"]);

/** The emulated API: what the document describes, done generically on the stored objects. */
export class Api {
  readonly store: Store;
  readonly renderer: Renderer;
  readonly objects: Objects;
  readonly lister: Lister;
  private readonly validator: Validator;
  private readonly routes = new Map<string, Route[]>();

  constructor(
    readonly document: ApiDocument,
    stateFile: string,
    private readonly token: string,
    readonly url: () => string,
  ) {
    this.store = new Store(stateFile, collectionsOf(document));
    this.renderer = new Renderer(document, this.store, url);
    this.objects = new Objects(this.store, this.renderer);
    this.lister = new Lister(this.store, this.renderer);
    this.validator = new Validator(document);
    for (const [template, methods] of Object.entries(document.paths)) {
      const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, "([^/]+)")}$`);
      for (const [method, operation] of Object.entries(methods)) {
        const routes = this.routes.get(method) ?? [];
        // Fixed paths go before those with parameters: `/core/users/me/` is no user.
        if (template.includes("{")) routes.push({ template, pattern, operation });
        else routes.unshift({ template, pattern, operation });
        this.routes.set(method, routes);
      }
    }
    if (this.store.fresh) {
      seed(this);
      this.store.save();
    }
  }

  /** Answers one request; a refusal is an answer too. */
  answer(request: ApiRequest): ApiAnswer {
    const method = request.method.toLowerCase();
    try {
      const route = this.routes.get(method)?.find((r) => r.pattern.test(request.path));
      if (!route) {
        const known = Object.keys(this.document.paths).some((t) =>
          new RegExp(`^${t.replace(/\{\w+\}/g, "[^/]+")}$`).test(request.path),
        );
        if (known) throw new Refusal(405, { detail: `Method "${request.method}" not allowed.` });
        throw new Refusal(404, { detail: "Not found." });
      }
      const actor = OPEN.has(route.template) ? {} : this.authenticate(request.authorization);
      this.permit(route.template, actor);
      const query = readQuery(this.document, route.operation, request.search);
      const answer = this.perform(
        route,
        method,
        decodeURIComponent(route.pattern.exec(request.path)?.[1] ?? ""),
        query,
        this.bodyFor(route.operation, request.body),
        actor,
      );
      if (method !== "get") this.store.save();
      return this.checked(route.operation, answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 404 || error.status > 500)
        console.error(
          `sandbox authentik: ${request.method} ${request.path}: ${error.status} ${error.message}`,
        );
      return { status: error.status, body: error.body };
    }
  }

  /** Beyond what is open to all, and the own profile, the API is for administrators. */
  private permit(template: string, actor: Row): void {
    if (OPEN.has(template) || template === "/core/users/me/" || isSuperuser(this.store, actor)) return;
    throw new Refusal(403, { detail: "You do not have permission to perform this action." });
  }

  private authenticate(authorization: string | undefined): Row {
    const key = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
    if (key === undefined)
      throw new Refusal(403, { detail: "Authentication credentials were not provided." });
    const expired = (t: Row): boolean =>
      t.expiring !== false && typeof t.expires === "string" && Date.parse(t.expires) < Date.now();
    const held = this.store
      .rows("core/tokens")
      .find((t) => t.key === key && t.intent === "api" && !expired(t));
    const user =
      key === this.token
        ? this.store.rows("core/users").find((u) => u.username === "akadmin")
        : this.store.byKey(["core/users"], held?.user)?.row;
    if (!user || user.is_active === false) throw new Refusal(403, { detail: "Token invalid/expired" });
    return user;
  }

  private bodyFor(operation: Operation, body: unknown): Row {
    const schema = bodyOf(operation);
    if (!schema) return {};
    if (body === undefined && !operation.requestBody?.required) return {};
    const errors = this.validator.check(schema, body ?? {});
    if (errors) throw new Refusal(400, errors);
    return (body ?? {}) as Row;
  }

  private checked(operation: Operation, answer: ApiAnswer): ApiAnswer {
    const { schema } = answerOf(operation);
    if (UNTRUE.has(operation.operationId)) return answer;
    const errors = schema && answer.status < 300 ? this.validator.check(schema, answer.body) : undefined;
    if (!errors) return answer;
    console.error(
      `sandbox authentik: DEFECT: answer of ${operation.operationId} breaks the document: ${JSON.stringify(errors)}`,
    );
    return { status: 500, body: { detail: "the sandbox's answer breaks the OpenAPI document", errors } };
  }

  private perform(
    { template, operation }: Route,
    method: string,
    id: string,
    query: ReadonlyMap<string, unknown>,
    body: Row,
    actor: Row,
  ): ApiAnswer {
    const name = template.split("/{")[0]?.replace(/^\/|\/$/g, "") ?? "";
    const collection = this.store.collections.get(name);
    const detail = /\{\w+\}\/$/.test(template);
    const action = ACTIONS[`${method} ${template}`];
    const located = collection && template.includes("{") ? this.find(collection, id) : undefined;
    const { status, schema } = answerOf(operation);
    if (action) return { status, body: action({ api: this, located, query, body, actor }) };
    if (!collection || !(detail || template === `/${name}/`))
      throw new Refusal(501, { detail: `${method} ${template} is not emulated` });
    if (method === "post")
      return { status, body: this.shown(this.objects.create(collection, body, actor), schema) };
    if (!located) return { status, body: this.list(collection, query, actor) };
    if (method === "delete") this.store.remove(located);
    else if (method !== "get") this.objects.update(located, body, method === "put" ? "put" : "patch", actor);
    return { status, body: method === "delete" ? undefined : this.shown(located, schema) };
  }

  private find(collection: Collection, id: string): Located {
    const located = this.store.byId(collection.name, id);
    if (!located) throw missing(collection.itemName);
    return located;
  }

  private shown(located: Located, schema: Schema | undefined): Row {
    return this.renderer.render(located, schema ?? located.collection.item);
  }

  private list(collection: Collection, query: ReadonlyMap<string, unknown>, actor: Row): unknown {
    const without = new Set(
      Object.entries(EXPANSIONS).flatMap(([p, field]) => (query.get(p) === false ? [field] : [])),
    );
    const render = (l: Located): Row => this.renderer.render(l, collection.item, without);
    let found = this.lister.select(collection.name, query);
    if (collection.name === "core/applications" && query.get("superuser_full_list") !== true) {
      found = found.filter((l) => this.opens(l.row, actor));
    }
    return collection.paged ? this.lister.page(found, query, render) : found.map(render);
  }

  /** Whether a person sees an application: the API lists only those, unless asked for the full list. */
  opens(application: Row, user: Row): boolean {
    const bindings = this.store
      .rows("policies/bindings")
      .filter((b) => b.target === application.pk && b.enabled !== false);
    const groups = groupsOf(this.store, user).map((g) => g.pk);
    const passes = (b: Row): boolean =>
      (b.policy != null || b.user === user.pk || groups.includes(b.group)) !== (b.negate === true);
    return (
      bindings.length === 0 ||
      (application.policy_engine_mode === "all" ? bindings.every(passes) : bindings.some(passes))
    );
  }

  /** Puts an object there that the API cannot make, such as a session: for tests and for the seed. */
  plant(name: string, body: Row): Row {
    const collection = this.store.collections.get(name);
    if (!collection || collection.union) throw invalid("non_field_errors", `no collection ${name}`);
    const located = this.objects.create(collection, body);
    this.store.save();
    return this.checked(
      {
        operationId: `plant ${name}`,
        responses: { "200": { content: { "application/json": { schema: collection.item } } } },
      },
      { status: 200, body: this.renderer.render(located) },
    ).body as Row;
  }

  /** A named schema of the document. */
  schema(name: string): Schema {
    return resolve(this.document, { $ref: `#/components/schemas/${name}` });
  }
}
