/** Imports and exports of types: `@import`, and typedefs for those passed on. */

import ts from "typescript";

import { type Tag } from "./blocks.ts";
import { type Edits } from "./edits.ts";
import { fault } from "./faults.ts";

const ROOM = 80 - " * @import {  } from ".length;

/** Take the types out of all imports and exports, and say them in comments. */
export function convertImports(source: ts.SourceFile, edits: Edits): void {
  const tags: Tag[] = [];
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      tags.push(...importTags(statement, edits));
    } else if (ts.isExportDeclaration(statement)) {
      convertExport(statement, edits);
    }
  }
  const first = source.statements.find(ts.isImportDeclaration);
  if (first && tags.length > 0) {
    edits.insert(first.getStart(), { prose: [], tags }, "\n\n");
  }
}

function importTags(statement: ts.ImportDeclaration, edits: Edits): Tag[] {
  const clause = statement.importClause;
  const bindings = clause?.namedBindings;
  const from = statement.moduleSpecifier.getText();
  if (!clause) {
    return [];
  }
  if (bindings && ts.isNamedImports(bindings)) {
    const whole = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
    const isType = (one: ts.ImportSpecifier) => whole || one.isTypeOnly;
    const types = bindings.elements.filter(isType);
    const values = bindings.elements.filter((one) => !isType(one));
    keepNamed(statement, bindings, values, edits);
    return lines(types, from);
  }
  if (clause.phaseModifier !== ts.SyntaxKind.TypeKeyword) {
    return [];
  }
  edits.removeLine(statement);
  const name = bindings?.getText() ?? clause.name?.getText() ?? "";
  return [{ name: "import", rest: `${name} from ${from}` }];
}

function keepNamed(
  statement: ts.ImportDeclaration,
  bindings: ts.NamedImports,
  values: ts.ImportSpecifier[],
  edits: Edits,
): void {
  const clause = statement.importClause;
  if (values.length === bindings.elements.length) {
    return;
  }
  if (values.length > 0) {
    const names = values.map((one) => one.getText()).join(", ");
    edits.replace(bindings.getStart(), bindings.getEnd(), `{ ${names} }`);
  } else if (clause?.name && clause.phaseModifier === undefined) {
    edits.remove(clause.name.getEnd(), bindings.getEnd());
  } else {
    edits.removeLine(statement);
  }
}

function lines(types: ts.ImportSpecifier[], from: string): Tag[] {
  const rows: string[] = [];
  for (const type of types) {
    const name = type.getText().replace(/^type /, "");
    const longer = rows.length > 0 ? `${rows.at(-1) ?? ""}, ${name}` : name;
    if (rows.length > 0 && longer.length + from.length <= ROOM) {
      rows[rows.length - 1] = longer;
    } else {
      rows.push(name);
    }
  }
  return rows.map((names) => ({
    name: "import",
    rest: `{ ${names} } from ${from}`,
  }));
}

function convertExport(statement: ts.ExportDeclaration, edits: Edits): void {
  const clause = statement.exportClause;
  if (!clause || !ts.isNamedExports(clause)) {
    return;
  }
  const isType = (one: ts.ExportSpecifier) =>
    statement.isTypeOnly || one.isTypeOnly;
  const types = clause.elements.filter(isType);
  const values = clause.elements.filter((one) => !isType(one));
  if (types.length === 0) {
    return;
  }
  const from = statement.moduleSpecifier?.getText();
  if (from === undefined) {
    throw fault(
      statement,
      "types are exported where they stand, or from there",
    );
  }
  const tags = types.map((one) => ({
    name: "typedef",
    type: `import(${from}).${(one.propertyName ?? one.name).getText()}`,
    rest: one.name.getText(),
  }));
  if (values.length === 0) {
    edits.become(statement, { ...edits.docOf(statement), tags });
    return;
  }
  edits.insert(statement.getStart(), { prose: [], tags }, "\n\n");
  const names = values.map((one) => one.getText()).join(", ");
  edits.replace(clause.getStart(), clause.getEnd(), `{ ${names} }`);
}
