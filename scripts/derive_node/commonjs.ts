/** ECMAScript modules as CommonJS. */

import MagicString from "magic-string";
import ts from "typescript";

import { fault } from "./faults.ts";

const IN_COMMENTS = /((?:from|import\() ?)"(\.{1,2}\/[^"]*)"/g;

/** A relative specifier as CommonJS writes it: without `.js`, and no `/index`. */
export function specifier(name: string): string {
  if (!name.startsWith(".")) {
    return name;
  }
  const bare = name.replace(/\.js$/, "");
  return /[^.]\/index$/.test(bare) ? bare.slice(0, -"/index".length) : bare;
}

/** TypeScript whose relative specifiers have no `.js`, and whose tests are
 * Jest's. */
export function toCommonJsTypes(source: ts.SourceFile): string {
  const text = new MagicString(source.text);
  const visit = (node: ts.Node): void => {
    if (ts.isExportDeclaration(node) && !node.exportClause) {
      throw fault(node, "export *: name what is exported");
    }
    if (
      ts.isImportDeclaration(node) &&
      node.moduleSpecifier.getText() === '"vitest"'
    ) {
      text.remove(node.getStart(), node.getEnd() + "\n".length);
      return; // Jest's functions are global
    }
    if (
      ts.isPropertyAccessExpression(node) &&
      node.expression.getText() === "vi"
    ) {
      text.overwrite(node.getStart(), node.expression.getEnd(), "jest");
    } else if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier
    ) {
      rename(text, node.moduleSpecifier);
    } else if (ts.isImportTypeNode(node)) {
      rename(text, node.argument);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return text.toString();
}

function rename(text: MagicString, node: ts.Node): void {
  const before = node.getText();
  const after = `"${specifier(before.slice(1, -1))}"`;
  if (after !== before) {
    text.overwrite(node.getStart(), node.getEnd(), after);
  }
}

/** JavaScript with `require` and `module.exports`. */
export function toCommonJs(source: ts.SourceFile): string {
  const text = new MagicString(source.text);
  const exported: string[] = [];
  const imported = new Set(source.statements.flatMap(importedNames));
  for (const statement of source.statements) {
    convert(statement, text, exported, imported);
  }
  requireLate(source, text);
  const result = text
    .toString()
    .replace(/\/\*\*[^]*?\*\//g, (comment) =>
      comment.replace(
        IN_COMMENTS,
        (_, before: string, name: string) => `${before}"${specifier(name)}"`,
      ),
    );
  const whole = /^module\.exports = /m.test(result);
  if (whole && exported.length > 0) {
    throw fault(source, "a default export beside named ones");
  }
  // A module of types alone has to be one; a program need not be.
  const none = exported.length === 0 && result.includes("require(");
  const names = exported.join(", ");
  const end = whole || none ? "" : `\nmodule.exports = { ${names} };\n`;
  return strict(result) + end;
}

/** The header comments stay first. */
function strict(text: string): string {
  const header = /^(?:\/\/.*\n)*/.exec(text)?.[0] ?? "";
  return `${header}"use strict";\n\n${text.slice(header.length).trimStart()}`;
}

function convert(
  statement: ts.Statement,
  text: MagicString,
  exported: string[],
  imported: Set<string>,
): void {
  const replace = (by: string): void => {
    text.overwrite(statement.getStart(), statement.getEnd(), by);
  };
  if (ts.isImportDeclaration(statement)) {
    replace(required(statement));
  } else if (ts.isExportDeclaration(statement)) {
    replace(reexported(statement, imported, exported));
  } else if (ts.isExportAssignment(statement)) {
    text.overwrite(
      statement.getStart(),
      statement.expression.getStart(),
      "module.exports = ",
    );
  } else {
    exported.push(...namesExported(statement, text));
  }
}

function call(specified: ts.Expression | undefined): string {
  const name = specified?.getText().slice(1, -1) ?? "";
  return `require("${specifier(name)}");`;
}

function pair(from: string | undefined, to: string): string {
  return from === undefined || from === to ? to : `${from}: ${to}`;
}

function importedNames(statement: ts.Statement): string[] {
  const bindings =
    ts.isImportDeclaration(statement) && statement.importClause?.namedBindings;
  return bindings && ts.isNamedImports(bindings)
    ? bindings.elements.map((element) =>
        pair(element.propertyName?.text, element.name.text),
      )
    : [];
}

function required(statement: ts.ImportDeclaration): string {
  const from = call(statement.moduleSpecifier);
  const bindings = statement.importClause?.namedBindings;
  const whole = statement.importClause?.name?.text;
  const lines = whole === undefined ? [] : [`const ${whole} = ${from}`];
  if (bindings && ts.isNamespaceImport(bindings)) {
    lines.push(`const ${bindings.name.text} = ${from}`);
  } else if (bindings) {
    const names = importedNames(statement);
    lines.push(`const { ${names.join(", ")} } = ${from}`);
  }
  return lines.length > 0 ? lines.join("\n") : from;
}

function reexported(
  statement: ts.ExportDeclaration,
  imported: Set<string>,
  exported: string[],
): string {
  const clause = statement.exportClause;
  if (!clause || !ts.isNamedExports(clause)) {
    throw fault(statement, "export * as: import it, and export the name");
  }
  for (const element of clause.elements) {
    const local = element.propertyName?.text ?? element.name.text;
    exported.push(
      pair(
        element.name.text,
        statement.moduleSpecifier ? element.name.text : local,
      ),
    );
  }
  if (!statement.moduleSpecifier) {
    return "";
  }
  const names = clause.elements
    .map((element) => pair(element.propertyName?.text, element.name.text))
    .filter((name) => !imported.has(name));
  return names.length === 0
    ? ""
    : `const { ${names.join(", ")} } = ${call(statement.moduleSpecifier)}`;
}

function namesExported(statement: ts.Statement, text: MagicString): string[] {
  const modifiers = ts.canHaveModifiers(statement)
    ? (ts.getModifiers(statement) ?? [])
    : [];
  const word = modifiers.find(
    (modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword,
  );
  if (!word) {
    return [];
  }
  text.remove(word.getStart(), word.getEnd() + 1);
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
    return [statement.name?.text ?? ""];
  }
  if (
    !ts.isVariableStatement(statement) ||
    !(statement.declarationList.flags & ts.NodeFlags.Const)
  ) {
    throw fault(statement, "an export that is no function, class or const");
  }
  return statement.declarationList.declarations.map((declared) =>
    declared.name.getText(),
  );
}

/** `await import("./x.js")` becomes `require("./x")`, where it stands. */
function requireLate(source: ts.SourceFile, text: MagicString): void {
  const visit = (node: ts.Node): void => {
    const inner = ts.isAwaitExpression(node) ? node.expression : undefined;
    if (
      inner &&
      ts.isCallExpression(inner) &&
      inner.expression.kind === ts.SyntaxKind.ImportKeyword
    ) {
      const from = call(inner.arguments[0]).slice(0, -1);
      text.overwrite(node.getStart(), node.getEnd(), from);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
