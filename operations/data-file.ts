import { readFileSync } from "node:fs";

import ts from "typescript";

import { rewriteWhole } from "../shell/whole-file";
import { ChangedMeanwhile } from "./refusal";

/** A file of data: an exported array of object literals. It is edited as text, so that what is not meant stays as it is. */
export class DataFile {
  private constructor(
    readonly path: string,
    /** What was read, or written last. */
    private before: string,
    private text = before,
  ) {}

  /** @throws Error when there is no such file. */
  static read(path: string): DataFile {
    return new DataFile(path, readFileSync(path, "utf8"));
  }

  /** The source of a property's value, of the object that has `key: "value"`; undefined where either is missing. */
  property(key: string, value: string, name: string): string | undefined {
    const object = this.find(key, value);
    return object && initializerOf(object, name)?.getText();
  }

  has(key: string, value: string): boolean {
    return this.find(key, value) !== undefined;
  }

  /**
   * Sets a property of the object that has `key: "value"`; adds it at the end where it is missing.
   *
   * @param source the new value, as source.
   * @throws Error when there is no such object.
   */
  set(key: string, value: string, name: string, source: string): this {
    const object = this.find(key, value);
    if (!object) throw new Error(`${this.path}: no object with ${key}: ${JSON.stringify(value)}`);
    const old = initializerOf(object, name);
    if (old) return this.replace(old.getStart(), old.getEnd(), source);
    const last = object.properties.at(-1);
    if (!last) throw new Error(`${this.path}: an empty object`);
    const { line } = ts.getLineAndCharacterOfPosition(object.getSourceFile(), last.getStart());
    const opened = ts.getLineAndCharacterOfPosition(object.getSourceFile(), object.getStart()).line;
    const indent = /^\s*/.exec(this.text.split("\n")[line] ?? "")?.[0] ?? "";
    const between = line === opened ? " " : `\n${indent}`;
    const comma = object.properties.hasTrailingComma ? "," : "";
    const end = object.properties.hasTrailingComma ? object.properties.end - 1 : last.getEnd();
    return this.replace(end, end + comma.length, `,${between}${name}: ${source}${comma}`);
  }

  /** @throws ChangedMeanwhile where the file no longer says what was read. */
  save(): void {
    if (!rewriteWhole(this.path, this.before, this.text)) throw new ChangedMeanwhile(this.path);
    this.before = this.text;
  }

  private replace(start: number, end: number, source: string): this {
    this.text = this.text.slice(0, start) + source + this.text.slice(end);
    return this;
  }

  private find(key: string, value: string): ts.ObjectLiteralExpression | undefined {
    const file = ts.createSourceFile(this.path, this.text, ts.ScriptTarget.Latest, true);
    let found: ts.ObjectLiteralExpression | undefined;
    const visit = (node: ts.Node): void => {
      if (found) return;
      if (ts.isObjectLiteralExpression(node)) {
        const initializer = initializerOf(node, key);
        if (initializer && ts.isStringLiteralLike(initializer) && initializer.text === value) found = node;
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  }
}

/** The value of a plain property of an object. */
export function initializerOf(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  return object.properties.map(propertyOf).find((property) => property?.[0] === name)?.[1];
}

/** Name and value of a plain property; undefined of a method, a spread or a computed name. */
export function propertyOf(
  property: ts.ObjectLiteralElementLike,
): readonly [string, ts.Expression] | undefined {
  if (!ts.isPropertyAssignment(property)) return undefined;
  const { name, initializer } = property;
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? [name.text, initializer] : undefined;
}
