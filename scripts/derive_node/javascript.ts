/** TypeScript as JavaScript: types go, or become JSDoc; the rest stays as written. */

import ts from "typescript";

import { type Tag } from "./blocks.ts";
import { Edits } from "./edits.ts";
import { fault } from "./faults.ts";
import { convertImports } from "./imports.ts";
import { queryResult } from "./knex.ts";
import {
  functionTags,
  hostOf,
  returnTags,
  type Signature,
  statementOf,
} from "./signatures.ts";
import { templateTags, typedef } from "./typedefs.ts";

const REFUSED = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.EnumDeclaration, "an enum: write a union of strings"],
  [ts.SyntaxKind.ModuleDeclaration, "a namespace, or `declare module`"],
  [ts.SyntaxKind.ImportEqualsDeclaration, "import =: write import … from"],
  [ts.SyntaxKind.NonNullExpression, "`!`: say what happens if it is absent"],
  [ts.SyntaxKind.TypeAssertionExpression, "<T>x: write x as T"],
  [ts.SyntaxKind.Decorator, "a decorator"],
  [ts.SyntaxKind.AbstractKeyword, "an abstract class"],
]);

const TYPE_MODIFIERS = new Map<ts.SyntaxKind, string | undefined>([
  [ts.SyntaxKind.PrivateKeyword, "private"],
  [ts.SyntaxKind.ProtectedKeyword, "protected"],
  [ts.SyntaxKind.ReadonlyKeyword, "readonly"],
  [ts.SyntaxKind.PublicKeyword, undefined],
  [ts.SyntaxKind.OverrideKeyword, undefined],
]);

/** The text of `source` as an ECMAScript module, not formatted yet. */
export async function toJavaScript(source: ts.SourceFile): Promise<string> {
  const edits = new Edits(source);
  convertImports(source, edits);
  const visit = (node: ts.Node): void => {
    if (convert(node, edits)) {
      ts.forEachChild(node, visit);
    }
  };
  ts.forEachChild(source, visit);
  const text = named(separated(await edits.finish()));
  return /^(?:import|export) /m.test(text) ? text : `${text}\nexport {};\n`;
}

/** Comments that speak of files, which are called otherwise. */
function named(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/.*/g, (comment) =>
    comment.replace(/(?<=\w)\.ts\b/g, ".js"),
  );
}

/** Comments that stand alone, with a blank line between them. */
function separated(text: string): string {
  return text
    .replace(/^(\/\/.*)\n(?=\/\*\*\s*(?:\* )?@import)/gm, "$1\n\n")
    .replace(/^((?:\/\*\*.*| )\*\/)\n(?=\/\*\*)/gm, "$1\n\n");
}

/** Convert a node; whether what is in it is to be looked at. */
function convert(node: ts.Node, edits: Edits): boolean {
  const refused = REFUSED.get(node.kind);
  if (refused !== undefined) {
    throw fault(node, refused);
  }
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return false;
  }
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
    edits.become(node, typedef(node, edits.docOf(node)));
    return false;
  }
  if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) {
    return false;
  }
  if (isSignature(node)) {
    convertFunction(node, edits);
  } else if (ts.isVariableDeclaration(node)) {
    convertVariable(node, edits);
  } else if (ts.isPropertyDeclaration(node)) {
    return convertProperty(node, edits);
  } else if (ts.isClassLike(node)) {
    convertClass(node, edits);
  } else if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) {
    convertCast(node, edits);
  } else if (ts.isNewExpression(node)) {
    convertNew(node, edits);
  } else if (ts.isCallExpression(node)) {
    convertCall(node, edits);
  }
  return true;
}

function isSignature(node: ts.Node): node is Signature {
  return (
    ts.isFunctionLike(node) && "parameters" in node && !ts.isTypeNode(node)
  );
}

function convertFunction(node: Signature, edits: Edits): void {
  if (!node.body) {
    throw fault(node, "an overload: write one signature");
  }
  const host = hostOf(node);
  if (host) {
    edits.document(host, [...modifierTags(node, edits), ...functionTags(node)]);
  } else {
    for (const tag of returnTags(node)) {
      edits.mark(node.getStart(), tag);
    }
  }
  removeTypeParameters(node, edits);
  for (const parameter of node.parameters) {
    if (ts.getModifiers(parameter)) {
      throw fault(parameter, "a parameter property: write the field");
    }
    convertParameter(parameter, host === undefined, edits);
  }
  if (node.type) {
    edits.remove(node.type.pos - 1, node.type.getEnd());
  }
}

function convertParameter(
  parameter: ts.ParameterDeclaration,
  inline: boolean,
  edits: Edits,
): void {
  const { name, type } = parameter;
  if (name.getText() === "this") {
    const next = parameter.parent.parameters[1];
    edits.remove(parameter.getStart(), next?.getStart() ?? parameter.getEnd());
    return;
  }
  if (inline && type) {
    const text = type.getText();
    const optional = parameter.questionToken ? `${text} | undefined` : text;
    edits.mark(parameter.getStart(), { name: "type", type: optional });
  }
  edits.remove(
    name.getEnd(),
    type?.getEnd() ?? parameter.questionToken?.getEnd() ?? name.getEnd(),
  );
}

function convertVariable(node: ts.VariableDeclaration, edits: Edits): void {
  const { name, type, initializer } = node;
  const host = statementOf(node);
  if (type) {
    if (host) {
      edits.document(host, [variableTag(type, initializer)]);
    } else if (!ts.isCatchClause(node.parent)) {
      edits.mark(node.getStart(), { name: "type", type: type.getText() });
    }
    edits.remove(name.getEnd(), type.getEnd());
  } else if (host && initializer && ts.isSatisfiesExpression(initializer)) {
    const satisfied = initializer.type.getText();
    edits.document(host, [{ name: "satisfies", type: satisfied }]);
  } else if (host && initializer && ts.isNewExpression(initializer)) {
    edits.document(host, newTags(initializer));
  }
}

/**
 * A function that is given a type gets its result from it as well, and an error
 * where that may be nothing, and it returns nothing: not so with `@satisfies`.
 */
function variableTag(type: ts.TypeNode, value: ts.Expression | undefined): Tag {
  const isFunction =
    value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value));
  const isEmpty = isFunction && ts.isBlock(value.body) && !returns(value.body);
  return { name: isEmpty ? "satisfies" : "type", type: type.getText() };
}

/** Whether a value is returned somewhere in it. */
function returns(node: ts.Node): boolean {
  if (ts.isReturnStatement(node)) {
    return node.expression !== undefined;
  }
  const isOther = ts.isFunctionLike(node);
  return !isOther && (ts.forEachChild(node, returns) ?? false);
}

function convertProperty(node: ts.PropertyDeclaration, edits: Edits): boolean {
  const modifiers = node.modifiers ?? [];
  if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)) {
    edits.removeLine(node);
    return false;
  }
  const { name, type, initializer } = node;
  const token = node.questionToken ?? node.exclamationToken;
  const text = type?.getText() ?? "";
  const tags = modifierTags(node, edits);
  if (type) {
    const optional = node.questionToken ? `${text} | undefined` : text;
    tags.push({ name: "type", type: optional });
  } else if (initializer && ts.isNewExpression(initializer)) {
    tags.push(...newTags(initializer));
  }
  edits.document(node, tags);
  edits.remove(name.getEnd(), (type ?? token ?? name).getEnd());
  return true;
}

/** Remove the modifiers that JavaScript does not have; give them as tags. */
function modifierTags(
  node: Signature | ts.PropertyDeclaration,
  edits: Edits,
): Tag[] {
  const found = (ts.canHaveModifiers(node) ? ts.getModifiers(node) : []) ?? [];
  const typed = found.filter(({ kind }) => TYPE_MODIFIERS.has(kind));
  for (const modifier of typed) {
    edits.remove(modifier.getStart(), modifier.getEnd() + 1);
  }
  const secret = node.name && ts.isPrivateIdentifier(node.name);
  return typed.flatMap(({ kind }) => {
    const name = TYPE_MODIFIERS.get(kind);
    return name === undefined || secret ? [] : [{ name }];
  });
}

function convertClass(node: ts.ClassLikeDeclaration, edits: Edits): void {
  const tags = templateTags(node.typeParameters);
  removeTypeParameters(node, edits);
  for (const clause of node.heritageClauses ?? []) {
    if (clause.token === ts.SyntaxKind.ImplementsKeyword) {
      const types = clause.types.map((type) => type.getText());
      tags.push(...types.map((type) => ({ name: "implements", type })));
      edits.remove(clause.getFullStart(), clause.getEnd());
      continue;
    }
    for (const parent of clause.types.filter((type) => type.typeArguments)) {
      tags.push({ name: "extends", type: parent.getText() });
      edits.remove(parent.expression.getEnd(), parent.getEnd());
    }
  }
  edits.document(node, tags);
}

function convertCast(
  node: ts.AsExpression | ts.SatisfiesExpression,
  edits: Edits,
): void {
  const { expression, parent, type } = node;
  const declared = ts.isVariableDeclaration(parent) && statementOf(parent);
  if (ts.isSatisfiesExpression(node) && declared && !parent.type) {
    edits.remove(expression.getEnd(), node.getEnd());
    return;
  }
  const tag = {
    name: ts.isAsExpression(node) ? "type" : "satisfies",
    type: type.getText(),
  };
  if (ts.isParenthesizedExpression(parent)) {
    edits.mark(parent.getStart(), tag);
    edits.remove(expression.getEnd(), node.getEnd());
    return;
  }
  edits.mark(node.getStart(), tag);
  edits.open(node.getStart());
  edits.replace(expression.getEnd(), node.getEnd(), ")");
}

function newTags(node: ts.NewExpression): Tag[] {
  const types = node.typeArguments?.map((type) => type.getText());
  const name = node.expression.getText();
  return types ? [{ name: "type", type: `${name}<${types.join(", ")}>` }] : [];
}

function convertNew(node: ts.NewExpression, edits: Edits): void {
  const given = node.typeArguments;
  if (!given) {
    return;
  }
  edits.remove(given.pos - 1, closing(node, given.end));
  const { parent } = node;
  const said =
    (ts.isVariableDeclaration(parent) && statementOf(parent)) ||
    ts.isPropertyDeclaration(parent);
  for (const tag of said ? [] : newTags(node)) {
    edits.mark(node.getStart(), tag);
    edits.open(node.getStart());
    edits.append(node.getEnd(), ")");
  }
}

function convertCall(node: ts.CallExpression, edits: Edits): void {
  const given = node.typeArguments;
  if (given) {
    const { host, type } = queryResult(node);
    edits.document(host, [{ name: "type", type }]);
    edits.remove(given.pos - 1, closing(node, given.end));
  }
}

/** Where the `>` ends that comes after a list of types. */
function closing(node: ts.Node, end: number): number {
  return node.getSourceFile().text.indexOf(">", end) + 1;
}

function removeTypeParameters(
  node: Signature | ts.ClassLikeDeclaration,
  edits: Edits,
): void {
  const list = node.typeParameters;
  if (list) {
    edits.remove(list.pos - 1, closing(node, list.end));
  }
}
