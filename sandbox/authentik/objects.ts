import { text } from "./text";
import { randomUUID } from "node:crypto";
import type { Collection } from "./collections";
import { invalid, Refusal } from "./refusal";
import type { Renderer } from "./render";
import { randomText, RULES } from "./rules";
import type { Located, Row, Store } from "./store";
import { GENERATED, UNIQUE } from "./tables";

/**
 * How an object is written. A creation takes defaults for the fields that it does not name; a PUT has to name what is
 * required and leaves all others as they are, as Django REST framework does; a PATCH need not even name those.
 */
export type Mode = "create" | "put" | "patch";

/** Creates and changes objects under the rules that hold for every kind: defaults, references, uniqueness. */
export class Objects {
  constructor(
    private readonly store: Store,
    private readonly renderer: Renderer,
  ) {}

  /** Stores a new object. `body` is taken as valid; `actor` is whose token made the request. */
  create(collection: Collection, body: Row, actor?: Row): Located {
    const { pkField } = collection;
    const row = this.merge(collection, { [pkField]: undefined }, body, "create");
    for (const [field, schema] of Object.entries(collection.item.properties ?? {})) {
      if (field === pkField || row[field] !== undefined || collection.references.has(field)) continue;
      if (schema.readOnly && schema.format === "uuid") row[field] = randomUUID();
      else if (schema.readOnly && schema.format === "date-time" && !schema["x-nullable"])
        row[field] = new Date().toISOString();
    }
    for (const [field, length] of Object.entries(GENERATED[collection.name] ?? {}))
      row[field] ??= randomText(length);
    // Who asks owns what names no owner: tokens, authenticators.
    if (collection.references.has("user") && collection.name !== "policies/bindings") row.user ??= actor?.pk;
    RULES[collection.name]?.({ row, body, mode: "create", store: this.store, actor });
    this.check(collection, row);
    row[pkField] ??= this.store.newKey(collection);
    const located = this.store.insert(collection, row);
    this.memberships(located, body);
    return located;
  }

  /** Changes an object by PUT or PATCH. */
  update(located: Located, body: Row, mode: "put" | "patch", actor?: Row): void {
    const { collection, row } = located;
    const next = this.merge(collection, row, body, mode);
    RULES[collection.name]?.({ row: next, before: row, body, mode, store: this.store, actor });
    this.check(collection, next, row);
    Object.assign(row, next);
    this.memberships(located, body);
  }

  private merge(collection: Collection, row: Row, body: Row, mode: Mode): Row {
    const next = { ...row };
    const { name, request, item } = collection;
    const missing = mode === "create" ? Object.entries((request ?? item).properties ?? {}) : [];
    for (const [field, schema] of missing) {
      if (
        field in body ||
        field in (GENERATED[name] ?? {}) ||
        schema.readOnly ||
        field === collection.pkField
      )
        continue;
      const one = collection.references.has(field) && !schema.items;
      next[field] = one ? null : this.renderer.default(name, field, schema);
    }
    Object.assign(next, structuredClone(body));
    if (name === "core/groups") delete next.users;
    return next;
  }

  /** A group's `users` is the other side of the users' `groups`. */
  private memberships({ collection, row }: Located, body: Row): void {
    if (collection.name !== "core/groups" || !Array.isArray(body.users)) return;
    for (const user of this.store.rows("core/users")) {
      const others = [user.groups].flat().filter((g) => g !== row.pk && g !== undefined);
      user.groups = body.users.includes(user.pk) ? [...others, row.pk] : others;
    }
  }

  private check(collection: Collection, row: Row, before?: Row): void {
    for (const [field, { families }] of collection.references) {
      for (const key of [row[field]].flat()) {
        if (key == null || (collection.name === "core/groups" && field === "children")) continue;
        if (!this.store.byKey(families, key))
          throw invalid(field, `Invalid pk "${text(key)}" - object does not exist.`);
      }
    }
    const unique = UNIQUE[collection.name] ?? UNIQUE[collection.family];
    const peers = this.store
      .rows(UNIQUE[collection.name] ? collection.name : collection.family)
      .filter((r) => r !== before);
    for (const set of unique?.sets ?? []) {
      const taken = peers.some((p) => set.every((f) => row[f] != null && p[f] === row[f]));
      if (!taken) continue;
      const [field = ""] = set;
      if (set.length > 1)
        throw new Refusal(400, {
          non_field_errors: [`The fields ${set.join(", ")} must make a unique set.`],
        });
      const plain = unique?.of === "" || field === "client_id";
      throw invalid(
        field,
        plain ? "This field must be unique." : `${unique?.of ?? ""} with this ${field} already exists.`,
      );
    }
  }
}
