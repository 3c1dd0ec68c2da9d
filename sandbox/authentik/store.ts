import { randomUUID } from "node:crypto";
import { StateFile } from "../state-file";
import type { Collection } from "./collections";

/** An object as it is stored: the request's fields plus what the server adds. */
export type Row = Record<string, unknown>;
/** An object together with the kind of thing it is. */
export interface Located {
  readonly collection: Collection;
  readonly row: Row;
}
interface State {
  counters: Record<string, number>;
  rows: Record<string, Row[]>;
  settings: Row;
}

/** All objects of the sandbox. They are kept on disk, so that a restart continues where it was. */
export class Store {
  private readonly file: StateFile<State>;

  constructor(
    file: string,
    readonly collections: ReadonlyMap<string, Collection>,
  ) {
    this.file = new StateFile<State>(file, () => ({ counters: {}, rows: {}, settings: {} }));
  }

  private get state(): State {
    return this.file.value;
  }

  /** Whether nothing was ever written: the moment to put the built-in objects there. */
  get fresh(): boolean {
    return Object.keys(this.state.rows).length === 0;
  }

  /** The one row of `/admin/settings/`. */
  get settings(): Row {
    return this.state.settings;
  }
  set settings(settings: Row) {
    this.state.settings = settings;
  }

  /** Puts the state on disk. */
  save(): void {
    this.file.save();
  }

  /** Puts on disk what is not there yet, before the server ends. */
  close(): void {
    this.file.flush();
  }

  /** The kind of this name; an unknown one is a mistake of the caller. */
  collection(name: string): Collection {
    const found = this.collections.get(name);
    if (!found) throw new Error(`no collection ${name} in the OpenAPI document`);
    return found;
  }

  /** All objects of a collection; of a union, those of all its members. */
  all(name: string): Located[] {
    const members = [...this.collections.values()].filter(
      (c) => !c.union && (c.name === name || c.family === name),
    );
    return members.flatMap((collection) =>
      (this.state.rows[collection.name] ?? []).map((row) => ({ collection, row })),
    );
  }

  /** The rows of one collection, without their kind. */
  rows(name: string): Row[] {
    return this.all(name).map((l) => l.row);
  }

  /** The object of one of these collections with this primary key. */
  byKey(families: readonly string[], key: unknown): Located | undefined {
    return families.flatMap((f) => this.all(f)).find((l) => l.row[l.collection.pkField] === key);
  }

  /** The object that a path addresses by its last segment. */
  byId(name: string, id: string): Located | undefined {
    const { idField } = this.collection(name);
    return this.all(name).find((l) => String(l.row[idField]) === id);
  }

  /** A new primary key: a number counted per table, or a uuid. */
  newKey({ item, pkField, family }: Collection): string | number {
    if (item.properties?.[pkField]?.type !== "integer") return randomUUID();
    return (this.state.counters[family] = (this.state.counters[family] ?? 0) + 1);
  }

  /** Adds an object whose primary key is set. */
  insert(collection: Collection, row: Row): Located {
    (this.state.rows[collection.name] ??= []).push(row);
    const key = row[collection.pkField];
    if (typeof key === "number")
      this.state.counters[collection.family] = Math.max(key, this.state.counters[collection.family] ?? 0);
    return { collection, row };
  }

  /** Deletes an object, and does to those that refer to it what the real database does. */
  remove({ collection, row }: Located): void {
    const key = row[collection.pkField];
    this.state.rows[collection.name] = (this.state.rows[collection.name] ?? []).filter((r) => r !== row);
    for (const holder of this.collections.values()) {
      for (const [field, { families, onDelete }] of holder.references) {
        if (!families.includes(collection.name) && !families.includes(collection.family)) continue;
        for (const held of [...(this.state.rows[holder.name] ?? [])]) {
          const value = held[field];
          if (Array.isArray(value)) held[field] = value.filter((v) => v !== key);
          else if (value !== key || key === undefined) continue;
          else if (onDelete === "cascade") this.remove({ collection: holder, row: held });
          else held[field] = null;
        }
      }
    }
  }
}
