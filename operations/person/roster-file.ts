import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import ts from "typescript";

import { run } from "../../shell/process";
import { rewriteWhole } from "../../shell/whole-file";
import { compositionOf } from "../../state/stack-file";
import type { RosterEntry } from "../../stacks/organisation";
import { Refusal, type Context } from "../context";
import { initializerOf, propertyOf } from "../data-file";
import { ChangedMeanwhile } from "../refusal";

/** Name of the list in the file. */
const LIST = "people";

interface Found {
  readonly object: ts.ObjectLiteralExpression;
  readonly entry: RosterEntry;
}

/** A stack's `people.ts`, edited as text, so that comments and everything else stay as they are. */
export class RosterFile {
  private constructor(
    readonly path: string,
    /** What the file says. */
    readonly text: string,
    private readonly list: ts.ArrayLiteralExpression,
    private readonly found: readonly Found[],
  ) {}

  /** The program's folder: the file is `stacks/<composition>/people.ts` of it. */
  private get folder(): string {
    return join(this.path, "..", "..", "..");
  }

  /** The people as the file has them. */
  get entries(): readonly RosterEntry[] {
    return this.found.map(({ entry }) => entry);
  }

  /**
   * The roster of the composition that a stack runs; where that has none of its own, it runs production's.
   *
   * @throws Refusal when the file is missing, or is no plain list.
   */
  static of({ workspace }: Context): RosterFile {
    const composition = compositionOf(workspace);
    const paths = [composition, "prod"].map((name) => join(workspace.folder, "stacks", name, "people.ts"));
    const path = paths.find((each) => existsSync(each));
    if (path === undefined) throw new Refusal(`${paths.join(" and ")}: there is no such file`);
    return RosterFile.parse(path, readFileSync(path, "utf8"));
  }

  /** @throws Refusal when the text is no plain list. */
  static parse(path: string, text: string): RosterFile {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const list = listOf(source);
    if (!list) throw unreadable(path, `\`export const ${LIST} = [ … ]\``);
    const found = list.elements.map((element) => {
      const value = ts.isObjectLiteralExpression(element) ? plain(element) : undefined;
      const entry = value as Partial<RosterEntry> | undefined;
      if (!ts.isObjectLiteralExpression(element) || !isEntry(entry))
        throw unreadable(path, `a plain person instead of ${JSON.stringify(element.getText())}`);
      return { object: element, entry };
    });
    return new RosterFile(path, text, list, found);
  }

  /** The text with one more person, at the end. */
  async with(entry: RosterEntry): Promise<string> {
    const { elements } = this.list;
    const last = elements.at(-1);
    const end = this.list.getEnd() - 1;
    const comma = last && !elements.hasTrailingComma ? "," : "";
    const at = last?.getEnd() ?? end;
    const before = this.text.slice(0, at) + comma + this.text.slice(at, end);
    const line = before.endsWith("\n") ? "" : "\n";
    return this.formatted(`${before}${line}  ${sourceOf(entry)},\n${this.text.slice(end)}`);
  }

  /** The text with a person marked as leaving; the same text where it is marked already. */
  async leaving(entry: RosterEntry): Promise<string> {
    const object = this.found.find((each) => each.entry === entry)?.object;
    const last = object?.properties.at(-1);
    if (!last || entry.leaving) return this.text;
    const said = object && initializerOf(object, "leaving");
    const [start, end, source] = said
      ? [said.getStart(), said.getEnd(), "true"]
      : [last.getEnd(), last.getEnd(), ", leaving: true"];
    return this.formatted(this.text.slice(0, start) + source + this.text.slice(end));
  }

  /**
   * @throws ChangedMeanwhile where the file no longer says what was read; Refusal with what to write by hand, where it
   * cannot be written.
   */
  save(text: string): void {
    let written: boolean;
    try {
      written = rewriteWhole(this.path, this.text, text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal(
        `${this.path} cannot be written: ${why}\n  mend: make it writable and run this again, or write by hand:\n${this.difference(text)}`,
      );
    }
    if (!written) throw new ChangedMeanwhile(this.path);
  }

  /** The lines that a new text takes out and puts in. */
  difference(text: string): string {
    const before = this.text.split("\n");
    const after = text.split("\n");
    let head = 0;
    while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
    let tail = 0;
    const shorter = Math.min(before.length, after.length) - head;
    while (tail < shorter && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
    const lines = [
      ...before.slice(head, before.length - tail).map((line) => `-${line}`),
      ...after.slice(head, after.length - tail).map((line) => `+${line}`),
    ];
    return lines.length === 0 ? "" : [`${relative(this.folder, this.path)}:${head + 1}`, ...lines].join("\n");
  }

  /**
   * As the repository's formatter has it, where the file is formatted at all: no line changes that is not meant. The
   * formatter loads itself as an ES module, so it runs as a command; without it a line may be too long.
   */
  private async formatted(text: string): Promise<string> {
    const prettier = join(this.folder, "node_modules", "prettier", "bin", "prettier.cjs");
    if (!existsSync(prettier)) return text;
    const format = async (stdin: string) => {
      const { code, stdout, stderr } = await run(
        process.execPath,
        [prettier, "--stdin-filepath", this.path],
        { cwd: this.folder, env: process.env, stdin },
      );
      if (code !== 0)
        throw new Refusal(`${this.path} could not be formatted; nothing was changed:\n${stderr}`);
      return stdout;
    };
    const [before, after] = await Promise.all([format(this.text), format(text)]);
    return before === this.text ? after : text;
  }
}

function unreadable(path: string, expected: string): Refusal {
  return new Refusal(`${path}: expected ${expected}\n  mend: edit the file by hand`);
}

function listOf(source: ts.SourceFile): ts.ArrayLiteralExpression | undefined {
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!initializer || name.getText() !== LIST) continue;
      const inner =
        ts.isAsExpression(initializer) || ts.isSatisfiesExpression(initializer)
          ? initializer.expression
          : initializer;
      if (ts.isArrayLiteralExpression(inner)) return inner;
    }
  }
  return undefined;
}

/** The value of a literal; undefined for anything that would have to be run. */
function plain(node: ts.Expression): unknown {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(plain);
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const pairs = node.properties.map((property) => {
    const [name, value] = propertyOf(property) ?? [""];
    return [name, value && plain(value)] as const;
  });
  return pairs.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(pairs);
}

function isEntry(value: Partial<RosterEntry> | undefined): value is RosterEntry {
  return typeof value?.first === "string" && typeof value.last === "string";
}

function sourceOf({ first, last, email, roles }: RosterEntry): string {
  const parts = [`first: ${JSON.stringify(first)}`, `last: ${JSON.stringify(last)}`];
  if (email !== undefined) parts.push(`email: ${JSON.stringify(email)}`);
  if (roles && roles.length > 0) parts.push(`roles: ${JSON.stringify(roles)}`);
  return `{ ${parts.join(", ")} }`;
}
